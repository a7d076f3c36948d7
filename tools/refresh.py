"""Execute notebooks, store outputs and times: `python -m tools.refresh [part/chapter ...]`.

Sliders are stored as pictures (DL_LIB_STATIC=1), in chapters/timings.csv the CPU seconds that the
cells took, and the most memory that their process had.
"""

import csv
import os
import sys
import time

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from tools.environments import ROOT
from tools.folding import fold
from tools.formatting import format_code
from tools.length import minutes
from tools.notebooks import (
    CHAPTERS,
    chapter_paths,
    name_of,
    read,
    repository_url,
    setup_source,
    slide_type,
    write,
)
from tools.pictures import reduce_pictures

__all__ = ["prepare", "refresh"]

TIMINGS = CHAPTERS / "timings.csv"
COLUMNS = ["notebook", "cpu_seconds", "peak_mb"]
CLOCK = "import time\nprint(time.process_time())"
PEAK = """
try:
    import resource, sys
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(most / (1e6 if sys.platform == "darwin" else 1e3))
except ImportError:  # Windows
    print("nan")
"""


def refresh(path) -> tuple[float, float]:
    """Format and execute one notebook in place; return the CPU seconds and megabytes it took."""
    format_code(path)
    notebook = read(path)
    prepare(notebook)
    first, last = new_code_cell(CLOCK), new_code_cell(CLOCK + PEAK)
    notebook.cells = [first, *notebook.cells, last]
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        coalesce_streams=True,  # what one cell prints is one output, however slow the machine
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    notebook.cells = notebook.cells[1:-1]
    for cell in notebook.cells:
        if cell.cell_type == "code":  # the first count was the clock's
            cell.execution_count -= 1
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = cell.execution_count
    reduce_pictures(notebook)
    write(notebook, path)
    end, peak = map(float, last.outputs[0].text.split())
    return end - float(first.outputs[0].text), peak


def prepare(notebook) -> None:
    """Write what follows from tags and text: the setup cell, slides, folds and minutes."""
    notebook.cells[1].source = setup_source(repository_url())
    for cell in notebook.cells:
        cell.metadata["slideshow"] = {"slide_type": slide_type(cell)}
        fold(cell)
    notebook.metadata["chapter"]["minutes"] = minutes(notebook.cells)


def _store(name, seconds, peak):
    stored = {}
    if TIMINGS.exists():
        with open(TIMINGS, newline="", encoding="utf-8") as file:
            stored = {row["notebook"]: row for row in csv.DictReader(file)}
    stored[name] = dict(zip(COLUMNS, (name, f"{seconds:.1f}", f"{peak:.0f}"), strict=True))
    names = {name_of(path) for path in chapter_paths()}
    with open(TIMINGS, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for _, row in sorted(stored.items()) if row["notebook"] in names)


def main(names: list[str]) -> int:
    """Refresh the named notebooks, or all."""
    os.environ["DL_LIB_STATIC"] = "1"
    os.environ["DL_LIB_REFRESH"] = "1"  # warn of numbers that another machine may round otherwise
    os.environ["PYTHONPATH"] = str(ROOT)
    for path in chapter_paths():
        name = name_of(path)
        if names and name not in names:
            continue
        start = time.perf_counter()
        seconds, peak = refresh(path)
        _store(name, seconds, peak)
        clock = time.perf_counter() - start
        print(f"{name}: {seconds:.1f} CPU s, {clock:.1f} s, {peak:.0f} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
