"""Running the cells of a student, and the book's checks on what they made.

The checks see what the book lends them, put back as it was, and of the student only the names that
were asked for: who redefines `jnp` breaks his own cell and no other.
"""

import builtins
import linecache
import re
import traceback
from types import ModuleType

from dl_lib.course.answered import answered

__all__ = ["LONGEST_MESSAGE", "Bench"]

LONGEST_MESSAGE = 500
# What IPython takes and Python does not: magics, commands of the shell, questions.
NOT_PYTHON = re.compile(r"^(\s*)(?:[%!].*|[\w.]+\?\??)$", re.M)


class Bench:
    """Where the answers of one submission run, one after the other, as in a notebook."""

    def __init__(self, imports: str):
        self.imports = imports
        self._earlier: dict = {}  # what the cells so far have defined

    def answer(self, label: str, cells: list[str]) -> str:
        """Run the cells of one exercise and return what stopped them, "" if nothing did."""
        self._lent: dict = {"answered": answered, "display": print, "__name__": "__main__"}
        exec(self.imports, self._lent)
        kept = [(m, dict(vars(m))) for m in _modules(self._lent)]
        self._own = {**self._earlier, **self._lent}
        stopped = [_run(cell, self._own, f"<{label} {n}>") for n, cell in enumerate(cells)]
        for module, names in kept:
            _put_back(module, names)
        lent = self._lent
        self._earlier = {k: v for k, v in self._own.items() if lent.get(k, k) is not v}
        return "; ".join(filter(None, stopped))

    def check(self, check: str, blank: str, names: list[str]) -> str:
        """Return what a check says to the answer, "" where it passes."""
        if missing := [name for name in names if name not in self._own]:
            return f"{missing[0]} is not defined"
        namespace = dict(self._lent)
        exec(blank, namespace)  # a check may use what the blank gives, as the book gives it
        namespace |= {name: self._own[name] for name in names}
        return _run(check, namespace, "<check>", is_check=True)


def _modules(namespace):
    return [builtins, *(v for v in namespace.values() if isinstance(v, ModuleType))]


def _put_back(module, names):
    for name, thing in names.items():
        if vars(module).get(name) is not thing:
            setattr(module, name, thing)


def _run(source, namespace, file, is_check=False):
    """Run code and return what stopped it, in words."""
    source = NOT_PYTHON.sub(r"\1pass", source)
    # inspect.getsource finds the code of functions here, as it does in a notebook.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    try:
        exec(compile(source, file, "exec"), namespace)
    except BaseException as error:  # students' code may raise anything, SystemExit too
        return _in_words(error, file, is_check)[:LONGEST_MESSAGE]
    return ""


def _in_words(error, file, is_check):
    try:
        message = str(error)
    except BaseException:
        message = "(its message cannot be read)"
    if is_check and isinstance(error, AssertionError):
        return message or "the check does not hold"
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: does not parse: {error.msg}"
    if isinstance(error, SystemExit):
        return "it ends the interpreter (exit, quit or sys.exit)"
    if isinstance(error, MemoryError):
        return "it needs more memory than it may take"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<")]
    own = [frame.lineno for frame in frames if frame.filename == file and not is_check]
    place = f"line {own[-1]}: " if own else ""
    return f"{place}{type(error).__name__}: {message}"
