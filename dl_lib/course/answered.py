"""The first line of every check on a sheet: has this been answered at all?"""

import ast
import inspect
import textwrap
from typing import Any

__all__ = ["answered"]


def answered(**answers: Any) -> None:
    """Stop at what still stands as the sheet left it, with a message that says so.

    Args
        answers: {name: what the student's cell made of it}
    Raises
        AssertionError: if a value is `...`, or a function has nothing but `...` to do or to return
    Chapter
        reference/teach
    """
    for name, answer in answers.items():
        if _is_open_value(answer) or (inspect.isfunction(answer) and _is_open(answer)):
            raise AssertionError(f"{name} is still open: write your answer in place of the ...")


def _is_open_value(answer):
    parts = answer if type(answer) in (tuple, list) else [answer]
    return any(part is ... for part in parts)


def _is_open(function):
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):  # its source is not at hand: the check will tell
        return False
    (definition,) = tree.body[:1] or [None]
    if not isinstance(definition, ast.FunctionDef):
        return False
    body = definition.body[1:] if ast.get_docstring(definition) else definition.body
    return all(isinstance(node, ast.Expr | ast.Return) and _is_dots(node.value) for node in body)


def _is_dots(node):
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return all(isinstance(part, ast.Constant) and part.value is ... for part in parts)
