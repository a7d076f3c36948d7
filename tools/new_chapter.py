"""Start a chapter that keeps the contract: `make chapter NAME=part/chapter`.

The new notebook has every part that a chapter has, with the targets of its rows in the atlas, and
passes the lint. What it says is up to you.
"""

import sys
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.atlas import load_rows
from tools.lint.exercises import DRILL, DRILLS, KINDS
from tools.notebooks import CHAPTERS, repository_url, setup_source, write
from tools.refresh import main as refresh_all
from tools.refresh import prepare

__all__ = ["exercise_cells", "new_chapter"]

TITLE = """\
# {title}

*After this page you can say what this chapter is about and show it on data.*

Open with a situation in which the reader needs what the chapter derives."""

ROW = """\
({target})=
Say in plain words what *{name}* is for; then derive it, from `{equation}`."""

PYTORCH = """\
:::{admonition} Coming from PyTorch
:class: dropdown

| PyTorch | here |
|---|---|
| `torch.sum(x)` | `jnp.sum(x)` |
:::"""

IMPORTS = """\
import jax.numpy as jnp
import matplotlib.pyplot as plt

from dl_lib import plotting

plotting.use_book_style()"""

SCHEMATIC = """\
plotting.shapes(
    [("X", "n", "d"), ("w", "d", ""), "=", ("y", "n", "")],
    sizes={"n": 1.4, "d": 0.9},
)
plt.show()"""

SCRATCH = """\
x = jnp.arange(5.0)
mine = (x * x).sum()
print(f"mine {mine:.0f}, the library's {jnp.vdot(x, x):.0f}")"""

PROOF = """\
# ✓ equal to the library
assert mine == jnp.vdot(x, x)"""

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
        "introduces": {"terms": [], "names": ["jnp.arange", "jnp.vdot"]},
        "borrows": {},
    }
    title = chapter.replace("_", " ").capitalize()
    alt = {"image": {"alt": "A matrix of n rows and d columns meets a vector of d numbers"}}
    notebook.cells = [
        _text("title", TITLE.format(title=title), tags=["core"]),
        _code("setup", setup_source(repository_url()), tags=["remove-cell"]),
        _text("pytorch", PYTORCH),
        _code("imports", IMPORTS, tags=["imports"]),
        *(_text(f"row-{row['id']}", ROW.format(**row)) for row in _rows(name)),
        _code("schematic", SCHEMATIC, tags=["drawing", "schematic"], mystnb=alt),
        _text("scratch-intro", "Name `jnp.arange` and `jnp.vdot` before the code uses them."),
        _code("scratch", SCRATCH, tags=["core"]),
        _code("scratch-proof", PROOF, tags=["proof"]),
        _text("exercises", "## Exercises"),
        *(c for n, kind in _kinds() for c in _example(chapter, n, kind)),
        _text("summary", SUMMARY),
    ]
    prepare(notebook)
    write(notebook, path)
    return path


def _rows(name):
    return [row for row in load_rows() if row["notebook"] == name]


def _text(cell_id, source, **metadata):
    return new_markdown_cell(source, id=cell_id, metadata=metadata)


def _code(cell_id, source, **metadata):
    return new_code_cell(source, id=cell_id, metadata=metadata)


def exercise_cells(label, title, question, blank, facts, explanation, solution, checks) -> list:
    """Return the cells of one exercise.

    `facts` are its kind, difficulty, points and minutes, and of a drill the objective; `checks`
    are {sub-answer: code that asserts it, with a message}.
    """
    cell = "ex" + label.rpartition("-")[2]
    option = ""
    if facts["kind"] == DRILL:
        cell, option = cell.replace("ex", "drill"), ":nonumber:\n"
    start = f":::{{exercise-start}} {title}\n:label: {label}\n{option}:::\n\n{question}"
    gate = f":::{{solution-start}} {label}\n:class: dropdown\n:::\n\n{explanation}"
    only = len(checks) == 1
    return [
        _text(f"{cell}-start", start),
        _code(cell, f"# exercise: {label}\n{blank}", tags=["exercise"], exercise=facts),
        _text(f"{cell}-end", ":::{exercise-end}\n:::"),
        _text(f"{cell}-solution-start", gate),
        _code(f"{cell}-solution", f"# solution: {label}\n{solution}", tags=["solution"]),
        _text(f"{cell}-solution-end", ":::{solution-end}\n:::"),
        *(
            _code(
                f"{cell}-check" if only else f"{cell}-check-{number}",
                f"# check: {label}{'' if only else ' ' + answer}\n{code}",
                tags=["check"],
            )
            for number, (answer, code) in enumerate(checks.items(), 1)
        ),
    ]


def _kinds():
    """(number, kind) of the exercises of a new chapter, drills first."""
    drills = [(number, DRILL) for number in range(1, DRILLS + 1)]
    return drills + list(enumerate(sorted(KINDS), 1))


def _example(chapter, number, kind):
    facts = {"kind": kind, "difficulty": 1, "points": 1, "minutes": 1}
    facts |= {"objective": 1} if kind == DRILL else {}
    return exercise_cells(
        label=f"{chapter}-drill-{number}" if kind == DRILL else f"{chapter}-{number}",
        title=f"A {kind}",
        question=f"What is $2 + {number}$?",
        blank="answer = ...",
        facts=facts,
        explanation="Count on from two.",
        solution=f"answer = {2 + number}",
        checks={"answer": f'assert answer - 2 == {number}, "take two away: what is left?"'},
    )


if __name__ == "__main__":
    new_chapter(sys.argv[1])
    refresh_all(sys.argv[1:])
    print(f"chapters/{sys.argv[1]}.ipynb is there; add it to _toc.yml")
