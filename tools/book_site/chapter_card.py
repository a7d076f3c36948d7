"""The card at the head of a chapter: what it is for, what it needs, how long it takes.

It is made from the notebook's metadata and from `chapters/timings.csv`, so that no chapter says it
a second time in prose that can go stale.
"""

import csv
import json
import math
import re
from pathlib import Path

from docutils import nodes

from .links import BookLink

__all__ = ["costs", "run_time", "setup", "timings"]


def costs(root):
    """{notebook: (CPU seconds, megabytes or None)} as measured when the outputs were stored."""
    path = Path(root, "chapters", "timings.csv")
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    peaks = [float(row.get("peak_mb") or "nan") for row in rows]
    return {
        row["notebook"]: (float(row["cpu_seconds"]), None if math.isnan(peak) else peak)
        for row, peak in zip(rows, peaks, strict=True)
    }


def timings(root):
    """{notebook: CPU seconds}."""
    return {name: seconds for name, (seconds, _) in costs(root).items()}


def run_time(seconds):
    """A measured time in words a reader can use."""
    return f"{seconds:.0f} s" if seconds >= 1 else "under a second"


def _inline(text):
    """Nodes for one line of text with `code` and $math$ in it."""
    out = []
    for piece in re.split(r"(`[^`]+`|\$[^$]+\$|\*[^*]+\*)", text):
        if piece.startswith("`"):
            out.append(nodes.literal(piece[1:-1], piece[1:-1]))
        elif piece.startswith("$"):
            out.append(nodes.math(piece[1:-1], piece[1:-1]))
        elif piece.startswith("*"):
            out.append(nodes.emphasis(piece[1:-1], piece[1:-1]))
        elif piece:
            out.append(nodes.Text(piece))
    return out


def _fact(label, children):
    """One labeled fact of the card's line."""
    fact = nodes.inline(classes=["card-fact"])
    fact += nodes.inline(label, label, classes=["card-label"])
    fact += nodes.Text(" ")
    fact += children
    return fact


def _links(names):
    out = []
    for name in names:
        if out:
            out.append(nodes.Text(", "))
        out.append(BookLink(name, kind="chapter", target=name))
    return out


def _facts(name, chapter, seconds):
    """The line of facts; what a chapter does not have is left out."""
    line = nodes.paragraph(classes=["card-facts"])
    if chapter.get("minutes"):
        line += _fact("Reading", [nodes.Text(f"{chapter['minutes']} min")])
    if name in seconds:
        line += _fact("Runs in", [nodes.Text(run_time(seconds[name]))])
    if chapter.get("data"):
        line += _fact("Data", _inline(", ".join(chapter["data"])))
    needs = chapter.get("prerequisites") or []
    line += _fact("You need", _links(needs) or [nodes.Text("Python and school calculus")])
    return line


def card(name, chapter, seconds):
    """The whole card as one docutils node."""
    box = nodes.container(classes=["chapter-card"])
    objectives = chapter.get("objectives") or []
    if objectives:
        lead = "On the way you learn to"
        box += nodes.paragraph(lead, lead, classes=["card-lead"])
        items = nodes.bullet_list(classes=["card-objectives"])
        for text in objectives:
            items += nodes.list_item("", nodes.paragraph("", "", *_inline(text)))
        box += items
    box += _facts(name, chapter, seconds)
    return box


def _insert(app, doctree):
    docname = app.env.docname
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb" or not docname.startswith("chapters/"):
        return
    timing_file = Path(app.srcdir, "chapters", "timings.csv")
    if timing_file.exists():
        app.env.note_dependency(str(timing_file))
    chapter = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("chapter")
    section = next(iter(doctree.findall(nodes.section)), None)
    if not chapter or section is None:
        return
    name = docname.removeprefix("chapters/")
    # After the title and the sentence in italics that says what the page is for.
    place = 1
    if len(section) > 1 and isinstance(section[1], nodes.paragraph):
        opening = section[1]
        place += len(opening) > 0 and isinstance(opening[0], nodes.emphasis)
        opening["classes"] += ["opening"] * (place - 1)
    section.insert(place, card(name, chapter, timings(app.srcdir)))


def setup(app):
    """Insert the card when a page has been read, before titles are collected."""
    app.connect("doctree-read", _insert, priority=400)
