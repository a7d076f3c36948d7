"""The code that a reader sees: short cells, and numbers that were computed."""

import ast

from tools.folding import is_story
from tools.length import visible_lines
from tools.notebooks import tags

__all__ = ["assertions", "constant_names", "is_constant", "parsed", "whole_faults"]

LINES = 20
ANSWERS = {"exercise", "solution"}  # a sub-answer of an exercise is no constant
# Of NumPy and math what makes a number of numbers: a formula of constants stays a constant.
ARITHMETIC = frozenset(
    {"abs", "allclose", "ceil", "cos", "e", "exp", "exp2", "floor", "inf", "isclose", "log"}
    | {"log10", "log1p", "log2", "pi", "power", "round", "sin", "sqrt", "tan", "tanh"}
)
CHANGES = frozenset({"add", "append", "clear", "extend", "insert", "pop", "setdefault", "update"})
BUILTINS = frozenset(
    {"abs", "divmod", "float", "format", "int", "len", "max", "min", "pow", "print", "range"}
    | {"round", "sorted", "str", "sum"}
)


def parsed(source: str) -> ast.Module:
    """Parse a cell, its magics left out."""
    lines = (line for line in source.split("\n") if not line.lstrip().startswith(("%", "!")))
    return ast.parse("\n".join(lines))


def assertions(tree) -> list[ast.AST]:
    """Return the assertions of some code: `assert`, `numpy.testing.assert_...`, `raises`."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += [node] if node.func.attr.startswith(("assert_", "raises")) else []
    return found


def is_constant(node, constants) -> bool:
    """Tell whether an expression is made of literals, arithmetic and names of such."""
    if isinstance(node, ast.Name):
        return node.id in constants or node.id in BUILTINS
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in ("np", "math"):
        return node.attr in ARITHMETIC
    if isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp):
        return False
    return all(is_constant(part, constants) for part in ast.iter_child_nodes(node))


def _bindings(tree):
    """(target, value) of all that binds or changes a name; None for a value that is not known."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            yield node.target, None
        elif isinstance(node, ast.For | ast.comprehension):
            yield node.target, node.iter
        elif isinstance(node, ast.arg):
            yield ast.Name(node.arg), None
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CHANGES:
            yield node.func.value, None


def constant_names(trees) -> set[str]:
    """Return the names of a page that are only ever assigned constants, in or out of loops."""
    values: dict[str, list] = {}
    for target, value in (pair for tree in trees for pair in _bindings(tree)):
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                values.setdefault(part.id, []).append(value)
    constants: set[str] = set()
    while True:  # what depends on itself, as in a loop that descends, never becomes one
        more = {
            name
            for name, found in values.items()
            if all(value is not None and is_constant(value, constants) for value in found)
        }
        if more == constants:
            return constants
        constants = more


def _sides(node):
    """What an assertion compares: all of it, or the arguments that are not tolerances."""
    return [node.test] if isinstance(node, ast.Assert) else node.args


def _printed(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
            yield node


def whole_faults(page, name):
    """Lines a cell, assertions in sight, and what is printed or asserted of constants alone."""
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    trees = {cell.id: parsed(cell.source) for cell in code if not tags(cell) & ANSWERS}
    constants = constant_names(trees.values())
    shown = 0
    for cell in code:
        tree = trees.get(cell.id)
        if tree is None:
            continue
        for node in assertions(tree):
            if all(is_constant(side, constants) for side in _sides(node)):
                yield f"cell {cell.id}: asserts what is made of constants: {ast.unparse(node)[:60]}"
        if not is_story(cell):
            continue
        shown += len(assertions(tree))
        if (lines := visible_lines(cell)) > LINES:
            yield f"cell {cell.id}: {lines} visible lines, at most {LINES}"
        for node in _printed(tree):
            if all(is_constant(argument, constants) for argument in node.args):
                yield f"cell {cell.id}: prints what is made of constants: {ast.unparse(node)[:60]}"
    if shown > 1:
        yield f"{shown} assertions in sight, at most one; move them into proof cells"
