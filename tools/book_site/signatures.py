"""Signatures as written: `Float[Array, "batch features"]`, not what it expands to."""

import ast
import inspect
import re
import textwrap

__all__ = ["setup", "signature_of"]

_LONG_NAMES = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")


def _source_tree(thing):
    try:
        source = textwrap.dedent(inspect.getsource(thing))
        return ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return None


def _without_first(arguments):
    """The arguments less `self`."""
    positional = arguments.posonlyargs or arguments.args
    if positional:
        del positional[0]
    return arguments


def _init(cls):
    """The `__init__` that a class has written, or inherits from the next that has."""
    trees = (_source_tree(base) for base in cls.__mro__)
    bodies = (tree.body for tree in trees if isinstance(tree, ast.ClassDef))
    functions = (node for body in bodies for node in body if isinstance(node, ast.FunctionDef))
    return next((node for node in functions if node.name == "__init__"), None)


def _fields(tree):
    """The arguments that a class without `__init__` takes: its fields, in order."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(f"{node.target.id}: {ast.unparse(node.annotation)}")
    return f"({', '.join(found)})" if found else None


def signature_of(thing, *, method=False):
    """(arguments, return annotation) in the words of the source, or None where there is none."""
    tree = _source_tree(thing)
    if isinstance(tree, ast.ClassDef):
        if init := _init(thing):
            return f"({ast.unparse(_without_first(init.args))})", None
        fields = _fields(tree)
        return (fields, None) if fields else None
    if not isinstance(tree, ast.FunctionDef):
        return None
    arguments = _without_first(tree.args) if method else tree.args
    returns = ast.unparse(tree.returns) if tree.returns else None
    return f"({ast.unparse(arguments)})", returns


def _sign(app, what, name, obj, options, signature, return_annotation):
    if name.split(".")[0] != "dl_lib" or what not in ("function", "method", "class"):
        return None
    bound = what == "method" and not isinstance(inspect.getattr_static(obj, "__self__", 0), type)
    written = signature_of(obj, method=bound)
    if written or not signature:  # an exception, for one, has none, and Sphinx 9 takes none for it
        return written
    return _LONG_NAMES.sub("", signature), return_annotation


def setup(app):
    """Replace what autodoc worked out."""
    app.connect("autodoc-process-signature", _sign)
