"""A small chapter, whose exercises need no JAX, and what students make of its sheet."""

import json

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dl_lib.course import read_chapter, write_sheet
from dl_lib.course._notebooks import parse
from tools.new_chapter import exercise_cells
from tools.notebooks import setup_source, write

__all__ = ["NAME", "RIGHT", "chapter_of", "hand_in", "sheet_cells", "solve", "write_chapter"]

NAME = "part/small"
FACTS = {"kind": "code", "difficulty": 1, "points": 2, "minutes": 5}
IMPORTS = "import math\nimport time"
RIGHT = {
    "small-1": "# exercise: small-1\nroot = math.sqrt(2)",
    "small-2": "# exercise: small-2\nGIVEN = 7\n\n\ndef double(x):\n    return 2 * x\n\n\n"
    "third = GIVEN / 3",
    "small-3": "# exercise: small-3\nanswer = 40 + 2",
}
EXPLANATION = "The secret explanation of exercise"


def write_chapter(folder):
    """Write the chapter into a folder of parts."""
    page = new_notebook()
    page.metadata["chapter"] = {}
    page.cells = [
        new_markdown_cell("# A small chapter", id="title"),
        new_code_cell(setup_source(""), id="setup"),
        new_code_cell(IMPORTS, id="imports"),
        *exercise_cells(
            "small-1",
            "A root",
            "The root of 2? See [there](#there), [here](../part/other.ipynb#x) or\n"
            "[elsewhere](https://example.org).\n\n$$\nx^2 = 2\n$$ (eq-two)",
            "root = ...",
            FACTS,
            EXPLANATION,
            "root = math.sqrt(2)  # the secret solution",
            {"root": 'assert math.isclose(root**2, 2), "its square is not 2"'},
        ),
        *exercise_cells(
            "small-2",
            "Twice and a third",
            "Double a number; and a third of `GIVEN`.",
            'GIVEN = 7\n\n\ndef double(x):\n    """Twice x."""\n    ...\n\n\nthird = ...',
            FACTS,
            EXPLANATION,
            "def double(x):\n    return 2 * x\n\n\nthird = GIVEN / 3",
            {
                "double": 'assert double(4) == 8, "twice four is not that"',
                "third": 'assert math.isclose(third * 3, GIVEN), "three of it are not GIVEN"',
            },
        ),
        *exercise_cells(
            "small-3",
            "The answer",
            "What is the answer?",
            "answer = ...",
            FACTS | {"points": 1},
            EXPLANATION,
            "answer = 40 + 2",
            {"answer": 'assert answer - 40 == 2, "take forty away"'},
        ),
    ]
    write(page, folder / f"{NAME}.ipynb")
    return folder


def chapter_of(folder):
    """Write and read the chapter."""
    return read_chapter(NAME, write_chapter(folder))


def sheet_cells(folder):
    """The cells of the sheet of the chapter, as they come back from a student who did nothing."""
    return parse(write_sheet([NAME], folder / "out", folder=folder).read_bytes())


def solve(cells, **answers):
    """Answer right, but for some answers, named small_1 and so on."""
    answers = RIGHT | {label.replace("_", "-"): text for label, text in answers.items()}
    return [
        cell | {"source": answers[cell["id"]]} if cell["id"] in answers else dict(cell)
        for cell in cells
    ]


def hand_in(cells):
    """The bytes of a notebook of some cells."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode()
