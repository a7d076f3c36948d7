"""Start a chapter that keeps the contract: `make chapter NAME=part/chapter`.

The new notebook has every part that a chapter has, with the targets of its rows in the atlas, and
passes the lint. What it says is up to you.
"""

import csv
import sys
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.lint import KINDS
from tools.notebooks import CHAPTERS, repository_url, setup_source, write
from tools.refresh import main as refresh_all

__all__ = ["new_chapter"]

TITLE = """\
# {title}

*After this page you can say what this chapter is about and show it on data.*

Open with a situation in which the reader needs what the chapter derives."""

ROW = """\
({target})=
Say in plain words what *{name}* is for; then derive it, from `{equation}`."""

IMPORTS = """\
import jax
import jax.numpy as jnp

from dl_lib import plotting

plotting.use_book_style()"""

SUMMARY = """\
## Summary

Three sentences that a reader will remember.

**References.** Name the paper in which each idea appeared first."""


def new_chapter(name: str, folder: Path = CHAPTERS) -> Path:
    """Write the notebook of a new chapter, unexecuted, and return its path."""
    part, chapter = name.split("/")
    path = folder / part / f"{chapter}.ipynb"
    if path.exists():
        raise FileExistsError(f"{name} is there already")
    notebook = new_notebook()
    notebook.metadata["chapter"] = {
        "objectives": ["say what this chapter is about"],
        "prerequisites": [],
        "data": [],
        "minutes": 30,
    }
    title = chapter.replace("_", " ").capitalize()
    notebook.cells = [
        _text("title", TITLE.format(title=title)),
        _code("setup", setup_source(repository_url()), tags=["remove-cell"]),
        _code("imports", IMPORTS),
        *(_text(f"row-{row['id']}", ROW.format(**row)) for row in _rows(name)),
        _text("exercises", "## Exercises"),
        *(c for n, kind in enumerate(sorted(KINDS), 1) for c in _exercise(chapter, n, kind)),
        _text("summary", SUMMARY),
    ]
    write(notebook, path)
    return path


def _rows(name):
    with open(CHAPTERS / "atlas.csv", newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["notebook"] == name]


def _text(cell_id, source):
    return new_markdown_cell(source, id=cell_id)


def _code(cell_id, source, **metadata):
    return new_code_cell(source, id=cell_id, metadata=metadata)


def _exercise(chapter, number, kind):
    label, cell = f"{chapter}-{number}", f"ex{number}"
    facts = {"kind": kind, "difficulty": 1, "points": 1, "minutes": 5}
    start = f":::{{exercise-start}} A {kind}\n:label: {label}\n:::\n\nWhat is $2 + {number}$?"
    solution = f":::{{solution-start}} {label}\n:class: dropdown\n:::\n\nCount on from two."
    answer = f"answer = {2 + number}"
    return [
        _text(f"{cell}-start", start),
        _code(cell, f"# exercise: {label}\nanswer = ...", tags=["exercise"], exercise=facts),
        _text(f"{cell}-end", ":::{exercise-end}\n:::"),
        _text(f"{cell}-solution-start", solution),
        _code(f"{cell}-solution", f"# solution: {label}\n{answer}", tags=["solution"]),
        _text(f"{cell}-solution-end", ":::{solution-end}\n:::"),
        _code(f"{cell}-check", f"# check: {label}\nassert {answer[9:]} == answer", tags=["check"]),
    ]


if __name__ == "__main__":
    new_chapter(sys.argv[1])
    refresh_all(sys.argv[1:])
    print(f"chapters/{sys.argv[1]}.ipynb is there; add it to _toc.yml")
