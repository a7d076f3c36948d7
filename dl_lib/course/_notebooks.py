"""Notebooks as plain JSON, read whatever their version and written for Jupyter and Colab."""

import json
import re

__all__ = ["code", "markdown", "notebook", "parse", "text_of"]


def parse(content: bytes) -> list[dict]:
    """Return the cells of a notebook, each with cell_type, id, metadata and source as one text."""
    try:
        page = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not a notebook: {error}") from None
    sheets = page.get("worksheets") if isinstance(page, dict) else None  # notebooks of version 3
    holder = sheets[0] if isinstance(sheets, list) and sheets else page
    cells = holder.get("cells") if isinstance(holder, dict) else None
    if not isinstance(cells, list):
        raise ValueError("not a notebook: it has no list of cells")
    return [_cell(cell) for cell in cells if isinstance(cell, dict)]


def _cell(cell):
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(map(str, source))
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return {
        "cell_type": str(cell.get("cell_type", "code")),
        "id": str(cell.get("id") or metadata.get("id") or ""),  # Colab keeps it in the metadata
        "metadata": metadata,
        "source": str(source).replace("\r\n", "\n"),
        "outputs": cell.get("outputs") or [],
    }


def markdown(name: str, source: str) -> dict:
    """Return a cell of text."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code(name: str, source: str, folded: bool = False) -> dict:
    """Return a cell of code that has not run."""
    # Each program has its own word for a folded cell.
    fold = {"jupyter": {"source_hidden": True}, "cellView": "form"} if folded else {}
    cell = {"cell_type": "code", "id": name, "metadata": fold, "source": source}
    return cell | {"execution_count": None, "outputs": []}


def notebook(cells: list[dict]) -> dict:
    """Return the notebook of some cells."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def text_of(page: dict) -> str:
    """Return the text of a notebook's file."""
    lines = [
        cell | {"source": re.findall(r"[^\n]*\n|[^\n]+", cell["source"])} for cell in page["cells"]
    ]
    return json.dumps(page | {"cells": lines}, indent=1, ensure_ascii=False) + "\n"
