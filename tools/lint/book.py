"""What holds for the book and not for a page: labels, times, and the order of the chapters."""

import csv
import re
from collections import defaultdict

from tools.environments import ROOT
from tools.notebooks import CHAPTERS, chapter_paths, name_of, read

__all__ = ["before", "lint_labels", "lint_times", "targets"]

# Over the whole book the mean is to be 12; the chapters on convolutions take more.
SECONDS_EACH, SECONDS_MEAN = 20, 13


def before(name: str) -> list[str]:
    """Return the chapters that come before one in the order of the book."""
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    order = re.findall(r"^ *- file: chapters/(\w+/\w+)$", contents, re.M)
    order = [chapter for chapter in order if not chapter.endswith("/index")]
    return order[: order.index(name)] if name in order else order


def targets(page) -> set[str]:
    """Return the anchors of a notebook: its `(name)=` and its exercises."""
    text = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    return set(re.findall(r"^\(([\w.-]+)\)=$", text, re.M)) | set(
        re.findall(r"^:label: ([\w.-]+)$", text, re.M)
    )


def lint_labels() -> list[str]:
    """Return the labels of equations and the targets that stand on two pages of the book."""
    places = defaultdict(list)
    for path in chapter_paths():
        cells = [cell for cell in read(path).cells if cell.cell_type == "markdown"]
        text = "\n".join(cell.source for cell in cells)
        for label in re.findall(r"^(?:\$\$ )?\(([\w.-]+)\)=?$", text, re.M):
            places[label].append(name_of(path))
    return [f"label {k}: stands in {' and '.join(v)}" for k, v in places.items() if len(v) > 1]


def lint_times() -> list[str]:
    """Return what is wrong with the stored times of the notebooks."""
    with open(CHAPTERS / "timings.csv", newline="", encoding="utf-8") as file:
        times = {row["notebook"]: float(row["cpu_seconds"]) for row in csv.DictReader(file)}
    names = {name_of(path) for path in chapter_paths()}
    faults = [f"{name}: no time stored; run make refresh" for name in sorted(names - set(times))]
    faults += [f"{name}: a time of no notebook" for name in sorted(set(times) - names)]
    faults += [f"{n}: {s} s, at most {SECONDS_EACH}" for n, s in times.items() if s > SECONDS_EACH]
    if times and sum(times.values()) / len(times) > SECONDS_MEAN:
        faults.append(f"mean {sum(times.values()) / len(times):.1f} s, at most {SECONDS_MEAN}")
    return faults
