"""Which cells are folded, and the line on the fold: from a tag and the first line of the code.

An author writes a tag and a first line; `make refresh` writes what the page (myst-nb), JupyterLab
and the keyboard need. JupyterLab shows the first line of a folded cell, so that it reads the same.
"""

import re

from tools.notebooks import tags

__all__ = ["FOLDED", "fold", "fold_line", "is_folded", "is_story"]

# The line on the fold; a proof and a check say in their first line what they prove, and a drawing
# may begin with `# How ...` where it draws no figure.
FOLDED = {
    "proof": "",
    "imports": "Imports",
    "drawing": "How this figure is drawn",
    "check": "Check your answer",
}
ASIDE = {"exercise", "solution", "check", "remove-cell"}


def is_folded(cell) -> bool:
    """Tell whether a cell is folded on the page."""
    return cell.cell_type == "code" and bool(tags(cell) & set(FOLDED))


def is_story(cell) -> bool:
    """Tell whether a cell is code that every reader of the page sees, exercises apart."""
    return cell.cell_type == "code" and not is_folded(cell) and not tags(cell) & ASIDE


def fold_line(cell) -> str:
    """Return the line on the fold of a cell, "" where its author has not written one."""
    first = cell.source.partition("\n")[0]
    if "proof" in tags(cell):
        return first.removeprefix("# ") if first.startswith("# ✓ ") else ""
    if check := re.match(r"# check: \S+ (\S.*)", first):
        return f"{FOLDED['check']}: {check.group(1)}"
    if "drawing" in tags(cell) and first.startswith("# How "):  # code of a table, say
        return first.removeprefix("# ")
    return next(line for tag, line in FOLDED.items() if tag in tags(cell))


def fold(cell) -> None:
    """Write into a cell what folds it, or take that away where its tag has gone."""
    if cell.cell_type != "code":
        return
    prompts = cell.metadata.pop("mystnb", {})
    for key in ("code_prompt_show", "code_prompt_hide"):
        prompts.pop(key, None)
    written = [tag for tag in cell.metadata.get("tags", []) if tag != "hide-input"]
    cell.metadata.pop("jupyter", None)
    if is_folded(cell):
        written.append("hide-input")
        cell.metadata["jupyter"] = {"source_hidden": True}
        prompts |= dict.fromkeys(("code_prompt_show", "code_prompt_hide"), fold_line(cell))
    cell.metadata.pop("tags", None)
    cell.metadata |= ({"tags": written} if written else {}) | (
        {"mystnb": prompts} if prompts else {}
    )
