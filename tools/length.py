"""How long a page takes, by formula: its words, its equations and its lines of code.

The rates are those of a lecture. With them the five longest of the first ten chapters came out
above the 90 minutes that they needed more than, and the five others below.
"""

import re

from tools.folding import is_story

__all__ = ["EQUATION", "LINES_A_MINUTE", "WORDS_A_MINUTE", "minutes", "visible_lines"]

WORDS_A_MINUTE = 130  # spoken slowly; a formula inside a sentence is one word
EQUATION = 1.0  # minutes for one on lines of its own: it is written down and talked through
LINES_A_MINUTE = 6  # of code that is not folded

DISPLAY = re.compile(r"^\$\$$.*?^\$\$.*?$", re.M | re.S)
BOX = re.compile(r"^:{3,}\{admonition\}[^\n]*\n:class:[^\n]*dropdown.*?^:{3,}$", re.M | re.S)


def visible_lines(cell) -> int:
    """Return how many lines of code a reader sees in a cell, blank ones apart."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def minutes(cells) -> int:
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
    return round(words / WORDS_A_MINUTE + EQUATION * equations + lines / LINES_A_MINUTE)
