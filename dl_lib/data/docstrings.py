"""What Python's libraries say about themselves: the docstrings in their files."""

import inspect
import os
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from dl_lib.data.optional import package_folder

__all__ = ["docstrings"]

_LIBRARIES = ("jax", "matplotlib", "networkx", "numpy", "python", "scipy", "skimage", "sklearn")
_SKIPPED = {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "__pycache__"}
# A line that ends with a colon, and under it a string in three quotes.
_DOCSTRING = re.compile(r""":[ \t]*(?:#[^\n]*)?\n\s+[rRuU]?(\"{3}|'{3})(.*?)\1""", re.DOTALL)


def docstrings() -> dict[str, list[str]]:
    """Docstrings of Python's standard library and of seven packages that the book uses.

    Files are read, and neither imported nor parsed: a pattern finds docstrings of classes and
    functions in half a second, 97 in 100 of those that Python's own parser finds in twelve. They
    differ between versions, so no exact count of anything in them holds for long.

    Returns
        {library: its docstrings, in the order of its files, no text twice}; texts that stand in
        two libraries are left out. In all about 23,000 of 2.3 million words
    Raises
        ImportError: if one of the packages is not installed
    Source
        The authors of Python, JAX, matplotlib, NetworkX, NumPy, SciPy, scikit-image and
        scikit-learn.
    Chapter
        attention/pretraining
    """
    found = {name: dict.fromkeys(_read(_folder(name))) for name in _LIBRARIES}
    times = {}
    for texts in found.values():
        for text in texts:
            times[text] = times.get(text, 0) + 1
    return {name: [t for t in texts if times[t] == 1] for name, texts in found.items()}


def _folder(library: str) -> Path:
    if library == "python":
        return Path(sysconfig.get_path("stdlib"))
    return package_folder(library, "docstrings")


def _read(folder: Path) -> Iterator[str]:
    """Yield the docstrings of the files in a folder and in those below it, by their names."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _SKIPPED)
        for name in sorted(files):
            if name.endswith(".py"):
                source = (Path(place) / name).read_text(encoding="utf-8", errors="replace")
                for match in _DOCSTRING.finditer(source):
                    if text := inspect.cleandoc(match[2]):
                        yield text
