"""How long a page takes, by formula: its words, its equations and its lines of code.

Read silently, at 240 words a minute (the mean of 190 studies, Brysbaert 2019), it takes about half
of what a lecture does. With the rates of a lecture the five longest of the first ten chapters came
out above the 90 minutes that they needed more than, and the five others below.
"""

import re
from typing import NamedTuple

from tools.folding import is_story

__all__ = ["LECTURE", "READING", "Rates", "minutes", "visible_lines"]


class Rates(NamedTuple):
    """How fast a page is gone through."""

    words: float  # a minute; a formula inside a sentence is one word
    equation: float  # minutes for one on lines of its own
    lines: float  # a minute, of code that is not folded


READING = Rates(words=240, equation=0.5, lines=12)
LECTURE = Rates(words=130, equation=1.0, lines=6)  # spoken slowly, written down, talked through

DISPLAY = re.compile(r"^\$\$$.*?^\$\$.*?$", re.M | re.S)
BOX = re.compile(r"^:{3,}\{admonition\}[^\n]*\n:class:[^\n]*dropdown.*?^:{3,}$", re.M | re.S)


def visible_lines(cell) -> int:
    """Return how many lines of code a reader sees in a cell, blank ones apart."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def minutes(cells, rates: Rates = READING) -> int:
    """Return the minutes for some cells of a page, without its exercises and what is folded."""
    words = equations = lines = 0
    aside = False
    for cell in cells:
        if cell.cell_type == "markdown":
            if heading := re.search(r"^## (.*)$", cell.source, re.M):
                aside = heading.group(1) == "Exercises"
            if aside:
                continue
            text = BOX.sub("", cell.source)
            equations += len(DISPLAY.findall(text))
            text = re.sub(r"\$[^$]+\$", "x", DISPLAY.sub("", text))
            words += len(re.findall(r"\w[\w'’-]*", re.sub(r"\]\([^)]*\)|^\(.*\)=$", "]", text)))
        elif is_story(cell) and not aside:
            lines += visible_lines(cell)
    return round(words / rates.words + rates.equation * equations + lines / rates.lines)
