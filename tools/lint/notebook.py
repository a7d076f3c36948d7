"""The file, its metadata, the head of the page, and how long it takes."""

import ast
import re
import sys

from tools.formatting import is_formatted
from tools.length import LECTURE, minutes
from tools.lint.code import parsed
from tools.notebooks import CHAPTERS, setup_source, tags

__all__ = ["faults", "not_installed", "whole_faults"]

WEIGHT = 1_500_000  # bytes of a notebook: heavier ones are slow to open and not shown on the web
LECTURE_MINUTES = 90
TABLE = r"\| *PyTorch *\|.*\n\|[-: |]+\n\|"
# What a reader has who typed `pip install dl_lib[data]`, as the setup cell does.
INSTALLED = sys.stdlib_module_names | {"dl_lib", "jax", "matplotlib", "numpy", "safetensors"}
INSTALLED |= {"PIL", "IPython", "ipywidgets", "scipy", "skimage", "sklearn"}
FACTS = {"objectives": list, "prerequisites": list, "data": list, "minutes": int}


def faults(path, page):
    """What every notebook keeps."""
    if (size := path.stat().st_size) > WEIGHT:
        yield f"the notebook weighs {size:,} bytes, at most {WEIGHT:,}"
    if not is_formatted(path):
        yield "its code is not formatted; run make refresh"
    chapter = page.metadata.get("chapter", {})
    for key, kind in FACTS.items():
        if not isinstance(chapter.get(key), kind):
            yield f"metadata: chapter.{key} must be a {kind.__name__}"
    if "widgets" in page.metadata:
        yield "metadata: stores widget state"
    for prerequisite in chapter.get("prerequisites", []):
        if not (CHAPTERS / f"{prerequisite}.ipynb").exists():
            yield f"metadata: prerequisite {prerequisite} does not exist"
    yield from _opening(page)
    for package in sorted(not_installed(page)):
        yield f"imports {package}, which the setup cell does not install"


def not_installed(page):
    """Packages that the page imports and a reader may lack, as in Colab."""
    found = set()
    for cell in page.cells:
        for node in ast.walk(parsed(cell.source)) if cell.cell_type == "code" else ():
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module.split(".")[0])
    return found - INSTALLED


def _opening(page):
    title, setup = page.cells[:2]
    if title.cell_type != "markdown" or not re.match(r"# \S", title.source):
        yield "the first cell must be the title"
    elif not re.search(r"^\*After this page .*\.\*", title.source, re.M | re.S):
        yield "the title cell must say '*After this page you can ...*'"
    address = re.search(r"git\+(\S+)\"", setup.source)  # of whoever refreshed the notebook last
    expected = setup_source(address.group(1) if address else "")
    if setup.source != expected or "remove-cell" not in tags(setup):
        yield "the second cell must be the setup cell; run make refresh"
    if sum(cell.id == "imports" for cell in page.cells) != 1:
        yield "there must be one cell with the id 'imports'"


def whole_faults(page, name):
    """What the whole contract adds: a page's length, its core, its schematic, its table."""
    expected = minutes(page.cells)
    if page.metadata.get("chapter", {}).get("minutes") != expected:
        yield f"metadata: chapter.minutes should be {expected}; run make refresh"
    core = [cell for cell in page.cells if "core" in tags(cell)]
    if not core:
        yield "no cell of the lecture has the tag core"
    if (length := minutes(core, LECTURE)) > LECTURE_MINUTES:
        yield f"the cells tagged core take {length} minutes, a lecture has {LECTURE_MINUTES}"
    if not any("schematic" in tags(cell) and cell.cell_type == "code" for cell in page.cells):
        yield "a drawn schematic is missing: a code cell tagged schematic"
    yield from _pytorch_table(page)


def _pytorch_table(page):
    head = []
    for cell in page.cells:
        if cell.cell_type == "markdown" and re.search(r"^## ", cell.source, re.M):
            break
        head.append(cell)
    text = "\n".join(cell.source for cell in head if cell.cell_type == "markdown")
    box = r"^:::\{admonition\} Coming from PyTorch\n:class: .*dropdown.*\n\n?"
    if not re.search(box + TABLE, text, re.M):
        yield "a folded table 'Coming from PyTorch' is missing before the first section"
    if not any("imports" in tags(cell) for cell in head):
        yield "the imports cell needs the tag imports, and stands before the first section"
