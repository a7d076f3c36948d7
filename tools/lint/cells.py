"""Cells one by one: ids, tags, folds, and the outputs that they store."""

import copy
import itertools
import json
import re
from collections import Counter

from dl_lib.course import ROLES
from tools.folding import fold, fold_line, is_folded
from tools.notebooks import slide_type, tags

__all__ = ["faults", "whole_faults"]

WIDTH = 80  # a longer line of code is cut at the edge of the page's column
IMAGES = {"image/png", "image/svg+xml", "image/jpeg"}
OURS = {"core", "drawing", "imports", "proof", "schematic", *ROLES}
TAGS = OURS | {"hide-input", "nbval-ignore-output", "remove-cell"}


def faults(page):
    """What every notebook keeps."""
    for cell_id, count in Counter(cell.id for cell in page.cells).items():
        if count > 1:
            yield f"cell {cell_id}: the id stands {count} times"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,63}", cell_id):
            yield f"cell {cell_id}: an id is lower-case words joined by hyphens"
    for cell in page.cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") != slide_type(cell):
            yield f"cell {cell.id}: slideshow.slide_type should be {slide_type(cell)}"
        if "execution" in cell.metadata:
            yield f"cell {cell.id}: stores when it ran"
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code):
        below = itertools.takewhile(is_folded, code[number + 1 :])
        yield from _source(cell, "".join(c.source for c in below if "proof" in tags(c)))
        yield from _outputs(cell)
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "the notebook was not executed from top to bottom; run make refresh"


def _source(cell, proof):
    ignored = "nbval-ignore-output" in tags(cell)
    if ignored and "assert" not in cell.source + proof:
        yield f"cell {cell.id}: its output is not compared, so it must assert what matters"
    trains = cell.outputs and re.search(r"\bfit\(", cell.source)
    if trains and not ignored and not tags(cell) & set(ROLES):
        yield f"cell {cell.id}: calls fit, so it needs the tag nbval-ignore-output"
    if wide := [line for line in cell.source.splitlines() if len(line) > WIDTH]:
        yield f"cell {cell.id}: a line of {len(wide[0])} characters, at most {WIDTH}"
    if cell.source.rstrip().endswith(";"):
        yield f"cell {cell.id}: nbval ignores a trailing ';'; end with plt.show()"


def _outputs(cell):
    mimes = {mime for output in cell.outputs for mime in output.get("data", {})}
    if any(output.output_type == "error" for output in cell.outputs):
        yield f"cell {cell.id}: holds an error"
    if any(output.get("name") == "stderr" for output in cell.outputs):
        yield f"cell {cell.id}: wrote to stderr"
    if any("widget" in mime for mime in mimes):
        yield f"cell {cell.id}: stores a widget"
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    if mimes & IMAGES and len(alt) < 20:
        yield f"cell {cell.id}: a figure needs mystnb.image.alt that says what it shows"
    text = re.sub(r"data:image[^\"' ]*", "", json.dumps(cell.outputs))
    if re.search(r"[\"'( ]/(tmp|root|work|home|Users|usr)/", text):
        yield f"cell {cell.id}: shows a path of a machine"


def whole_faults(page, name):
    """What the whole contract adds: known tags, and folds that say what they hide."""
    for cell in page.cells:
        if unknown := tags(cell) - TAGS:
            yield f"cell {cell.id}: unknown tags {sorted(unknown)}"
        folded = copy.deepcopy(cell)
        fold(folded)
        if cell.metadata != folded.metadata:
            yield f"cell {cell.id}: is not folded as its tags say; run make refresh"
        if is_folded(cell) and not fold_line(cell):
            yield f"cell {cell.id}: the first line of a proof is '# ✓ ' and what it proves"
        if is_folded(cell) and "`" in fold_line(cell):
            yield f"cell {cell.id}: the line on a fold is plain text, without backticks"
        if "proof" in tags(cell) and "assert" not in cell.source:
            yield f"cell {cell.id}: a proof that asserts nothing"
