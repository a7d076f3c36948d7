"""The contract of a chapter, checked: `python -m tools.lint [part/chapter ...]`."""

import csv
import json
import re
import sys
from collections import Counter, defaultdict

from tools.exercises import ROLES, exercises
from tools.formatting import is_formatted
from tools.notebooks import (
    CHAPTERS,
    chapter_paths,
    name_of,
    read,
    setup_source,
    slide_type,
    tags,
)

__all__ = ["lint", "lint_labels", "lint_times"]

SECONDS_EACH, SECONDS_MEAN = 20, 12
WIDTH = 80  # a longer line of code is cut at the edge of the page's column
WEIGHT = 1_500_000  # bytes of a notebook: heavier ones are slow to open and not shown on the web
KINDS = {"question", "derivation", "code", "extension"}
IMAGES = {"image/png", "image/svg+xml", "image/jpeg"}


def lint(path) -> list[str]:
    """Return what is wrong with one notebook, a line each."""
    notebook = read(path)
    return [
        *_file(path),
        *_metadata(notebook),
        *_opening(notebook),
        *_cells(notebook),
        *_outputs(notebook),
        *_prose(notebook, name_of(path)),
        *_exercises(notebook, path.stem),
    ]


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


def _file(path):
    if (size := path.stat().st_size) > WEIGHT:
        yield f"the notebook weighs {size:,} bytes, at most {WEIGHT:,}"
    if not is_formatted(path):
        yield "its code is not formatted; run make refresh"


def _metadata(notebook):
    chapter = notebook.metadata.get("chapter", {})
    for key, kind in {
        "objectives": list,
        "prerequisites": list,
        "data": list,
        "minutes": int,
    }.items():
        if not isinstance(chapter.get(key), kind):
            yield f"metadata: chapter.{key} must be a {kind.__name__}"
    if "widgets" in notebook.metadata:
        yield "metadata: stores widget state"
    for prerequisite in chapter.get("prerequisites", []):
        if not (CHAPTERS / f"{prerequisite}.ipynb").exists():
            yield f"metadata: prerequisite {prerequisite} does not exist"


def _opening(notebook):
    title, setup = notebook.cells[:2]
    if title.cell_type != "markdown" or not re.match(r"# \S", title.source):
        yield "the first cell must be the title"
    elif not re.search(r"^\*After this page .*\.\*", title.source, re.M | re.S):
        yield "the title cell must say '*After this page you can ...*'"
    address = re.search(r"git\+(\S+)\"", setup.source)  # of whoever refreshed the notebook last
    expected = setup_source(address.group(1) if address else "")
    if setup.source != expected or "remove-cell" not in tags(setup):
        yield "the second cell must be the setup cell; run make refresh"
    if sum(cell.id == "imports" for cell in notebook.cells) != 1:
        yield "there must be one cell with the id 'imports'"


def _cells(notebook):
    for cell_id, count in Counter(cell.id for cell in notebook.cells).items():
        if count > 1:
            yield f"cell {cell_id}: the id stands {count} times"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,63}", cell_id):
            yield f"cell {cell_id}: an id is lower-case words joined by hyphens"
    for cell in notebook.cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") != slide_type(cell):
            yield f"cell {cell.id}: slideshow.slide_type should be {slide_type(cell)}"
        if "execution" in cell.metadata:
            yield f"cell {cell.id}: stores when it ran"
        if cell.cell_type != "code":
            continue
        ignored = "nbval-ignore-output" in tags(cell)
        if ignored and "assert" not in cell.source:
            yield f"cell {cell.id}: its output is not compared, so it must assert what matters"
        if not ignored and re.search(r"\bfit\(", cell.source) and not tags(cell) & set(ROLES):
            yield f"cell {cell.id}: calls fit, so it needs the tag nbval-ignore-output"
        if wide := [line for line in cell.source.splitlines() if len(line) > WIDTH]:
            yield f"cell {cell.id}: a line of {len(wide[0])} characters, at most {WIDTH}"
        if cell.source.rstrip().endswith(";"):
            yield f"cell {cell.id}: nbval ignores a trailing ';'; end with plt.show()"


def _outputs(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "the notebook was not executed from top to bottom; run make refresh"
    for cell in code:
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


def _prose(notebook, name):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    with open(CHAPTERS / "atlas.csv", newline="", encoding="utf-8") as file:
        known = {row["target"] for row in csv.DictReader(file) if row["notebook"] == name}
    targets = Counter(re.findall(r"^\(([\w.-]+)\)=$", text, re.M))
    yield from (f"target {t}: stands {n} times" for t, n in targets.items() if n > 1)
    yield from (f"target {t}: is missing" for t in sorted(known - set(targets)))
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
    if len(re.findall(r"explore\(", "\n".join(c.source for c in notebook.cells))) > 2:
        yield "one or two explore(...) figures a chapter, not more"


def _exercises(notebook, chapter):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = exercises(notebook)
    if len(found) < 4 or {e.metadata.get("kind") for e in found} != KINDS:
        yield f"four or more exercises of the kinds {sorted(KINDS)} are needed"
    for number, exercise in enumerate(found, 1):
        label = exercise.label
        if label != f"{chapter}-{number}":
            yield f"exercise {label}: the label should be {chapter}-{number}"
        if set(exercise.sources) != set(ROLES):
            yield f"exercise {label}: has {sorted(exercise.sources)}, needs {ROLES}"
        for key in ("difficulty", "points", "minutes"):
            if not isinstance(exercise.metadata.get(key), int):
                yield f"exercise {label}: metadata exercise.{key} must be an integer"
        start = rf":::\{{exercise-start\}} \S.*\n:label: {label}\n:::"
        solution = rf":::\{{solution-start\}} {label}\n:class: dropdown\n:::"
        if not re.search(start, text) or not re.search(solution, text):
            yield f"exercise {label}: its start or its solution is not marked by gates"


def main(names: list[str]) -> int:
    """Print the faults of the named notebooks, or of all and their times."""
    chosen = [path for path in chapter_paths() if not names or name_of(path) in names]
    faults = [f"{name_of(path)}: {fault}" for path in chosen for fault in lint(path)]
    faults += [] if names else [*lint_labels(), *lint_times()]
    print("\n".join(faults) or f"{len(chosen)} notebooks keep the contract")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
