"""Reading and writing the book's notebooks the same way everywhere."""

import os
import re
import subprocess
from pathlib import Path

import nbformat

from tools.environments import ROOT

__all__ = [
    "CHAPTERS",
    "chapter_paths",
    "name_of",
    "read",
    "repository_url",
    "setup_source",
    "slide_type",
    "tags",
    "write",
]

CHAPTERS = ROOT / "chapters"


def chapter_paths() -> list[Path]:
    """Return the notebooks of the book, in the order of their names."""
    return [p for p in sorted(CHAPTERS.rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]


def name_of(path: Path) -> str:
    """Return "part/chapter" for the path of a notebook."""
    return f"{path.parent.name}/{path.stem}"


def read(path: Path):
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def write(notebook, path: Path) -> None:
    """Write a notebook without what changes from one run to the next."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook, indent=1) + "\n", encoding="utf-8")


def tags(cell) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def slide_type(cell) -> str:
    """Return where a cell goes when the chapter is shown as slides."""
    if tags(cell) & {"exercise", "solution", "check", "remove-cell"}:
        return "skip"
    if cell.cell_type == "markdown":
        if re.search(r"^:::\{(exercise|solution)-(start|end)\}", cell.source, re.M):
            return "skip"
        if re.search(r"^##? ", cell.source, re.M):
            return "slide"
        return "subslide"
    return "fragment"


def repository_url(root: Path = ROOT) -> str:
    """Return the public https address of the book's repository, or "" where there is none.

    BOOK_REPO_URL decides; without it the git remote does, if it is an https address. A remote that
    is a path or an ssh address would put something private or dead on every page.
    """
    url = os.environ.get("BOOK_REPO_URL")
    if url is None:
        command = ["git", "-C", str(root), "remote", "get-url", "origin"]
        try:
            url = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        except OSError:  # no git on this machine
            url = ""
    url = url.strip().removesuffix(".git").rstrip("/")
    # An address may carry a name and a password: those never reach a page.
    return url if url.startswith("https://") and "@" not in url else ""


def setup_source(url: str) -> str:
    """Return the first code cell of every notebook, which makes `dl_lib` importable."""
    head = 'import importlib.util\n\nif importlib.util.find_spec("dl_lib") is None:'
    if url:
        return f'{head}  # on Colab\n    %pip install -q "dl_lib[data] @ git+{url}"'
    return f'{head}\n    raise ImportError("run `pip install .[data]` in the folder of the book")'
