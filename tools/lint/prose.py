"""Prose: sections, targets of the atlas, links, and Markdown that renders everywhere."""

import re
from collections import Counter

from tools.atlas import load_rows
from tools.lint.book import targets
from tools.notebooks import CHAPTERS, read

__all__ = ["faults", "prose_of", "whole_faults"]


def prose_of(page) -> str:
    """Return all Markdown of a notebook."""
    return "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")


def faults(page, name):
    """What every notebook keeps."""
    text = prose_of(page)
    known = {row["target"] for row in load_rows() if row["notebook"] == name}
    found = Counter(re.findall(r"^\(([\w.-]+)\)=$", text, re.M))
    yield from (f"target {t}: stands {n} times" for t, n in found.items() if n > 1)
    yield from (f"target {t}: is missing" for t in sorted(known - set(found)))
    for heading in ("## Exercises", "## Summary"):
        if not re.search(rf"^{heading}$", text, re.M):
            yield f"a section '{heading}' is missing"
    if re.search(r"^`{3,}\{", text, re.M):
        yield "write directives with ':::', which JupyterLab and Colab render"
    prose = re.sub(r"^\$\$.*?^\$\$.*?$|:::\{.*?:::", "", text, flags=re.M | re.S)
    for role in set(re.findall(r"(?<!`)\{[a-z:]+\}`", prose)):
        yield f"role {role} shows literally in Jupyter; write a link"
    for word in re.findall(r"\b(TODO|FIXME|lorem ipsum)\b", text):
        yield f"says {word}"
    if len(re.findall(r"explore\(", "\n".join(c.source for c in page.cells))) > 2:
        yield "one or two explore(...) figures a chapter, not more"


def whole_faults(page, name):
    """What the whole contract adds: where links lead, and where a misprint is printed."""
    text = prose_of(page)
    for notebook, anchor in re.findall(r"\]\(([^)#:]*\.ipynb)?(#[^)]*)?\)", text):
        if notebook or anchor:
            yield from _link(page, name, notebook, anchor.removeprefix("#"))
    written = {r["id"]: r["notebook"] for r in load_rows() if r["status"] == "complete"}
    for row in re.findall(r"reference/atlas\.md#atlas-([\w-]+)\)", text):
        if row in written:
            yield f"link to the atlas's {row}: its page is written, {written[row]}#{row}"
    for box in re.findall(r"^:::\{admonition\} Common misprint$(.*?)^:::$", text, re.M | re.S):
        if not re.search(r"\]\(|\*[^*]+\*", box):
            yield "a misprint box names where it is printed: a link, or a title in italics"


def _link(page, name, notebook, anchor):
    where = f"link {notebook}#{anchor}"
    if not anchor:
        yield f"{where}: name the anchor that explains the word"
        return
    path = (CHAPTERS / name).parent / notebook
    if notebook and not path.exists():
        yield f"{where}: there is no such notebook"
    elif anchor not in targets(read(path) if notebook else page):
        yield f"{where}: there is no such anchor"
