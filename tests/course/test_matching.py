"""Answers are found whatever a program or a student did to the cells."""

import random

import pytest

from dl_lib.course._matching import find_answers
from dl_lib.course._notebooks import parse
from dl_lib.course.sheet import slots
from tests.course.small import RIGHT, chapter_of, hand_in, sheet_cells, solve


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    return slots([chapter_of(folder)]), sheet_cells(folder)


def code(source, name=""):
    return {"cell_type": "code", "id": name, "metadata": {}, "source": source}


def found(cells, places):
    answers = find_answers(parse(hand_in(cells)), places)
    assert [answer.label for answer in answers] == list(RIGHT)
    return {a.label: a.cells for a in answers}, {a.label: " ".join(a.notes) for a in answers}


def without_first_line(cell):
    rest = cell["source"].partition("\n")[2]
    return cell | {"source": rest} if cell["id"] in RIGHT else cell


ROUND_TRIPS = {
    "as it is": lambda cells: cells,
    "metadata and ids lost": lambda cells: [c | {"id": "", "metadata": {}} for c in cells],
    "ids in the metadata": lambda cells: [
        without_first_line(c) | {"id": "", "metadata": {"id": c["id"]}} for c in cells
    ],
    "moved": lambda cells: random.Random(0).sample(cells, len(cells)),
    "first lines lost": lambda cells: [without_first_line(c) for c in cells],
    "first lines and ids lost": lambda cells: [without_first_line(c) | {"id": ""} for c in cells],
    "checks deleted": lambda cells: [c for c in cells if "-check" not in c["id"]],
    "only code, no ids, no first lines": lambda cells: [
        without_first_line(c) | {"id": ""} for c in cells if c["cell_type"] == "code"
    ],
    "nothing but the answers, without names": lambda cells: [
        without_first_line(c) | {"id": ""} for c in cells if c["id"] in RIGHT
    ],
    "text turned around": lambda cells: [
        c | {"source": [line + "\n" for line in c["source"].split("\n")]} for c in cells
    ],
    "a first line written otherwise": lambda cells: [
        c | {"source": c["source"].replace("# exercise: ", "#Exercise :  ", 1)} for c in cells
    ],
    "made a cell of text": lambda cells: [
        c | {"cell_type": "raw" if c["id"] in RIGHT else c["cell_type"]} for c in cells
    ],
}


@pytest.mark.parametrize("change", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_an_answer_is_found(change, sheet):
    places, blank = sheet
    cells, _ = found(change(solve(blank)), places)
    for label, right in RIGHT.items():
        (answer,) = cells[label]
        assert right.partition("\n")[2].split() == answer.split()[-len(right.split()) + 3 :]


def test_how_it_was_found_is_said(sheet):
    places, blank = sheet
    _, notes = found([without_first_line(c) for c in solve(blank)], places)
    assert notes["small-1"] == "found by its id"
    _, notes = found([without_first_line(c) | {"id": ""} for c in solve(blank)], places)
    assert notes["small-2"] == "found by its place on the sheet"
    _, notes = found(ROUND_TRIPS["made a cell of text"](solve(blank)), places)
    assert notes["small-3"] == "stood in a cell of raw"


def test_an_answer_that_is_not_there_is_said_to_be_missing(sheet):
    places, blank = sheet
    cells, notes = found([c for c in solve(blank) if c["id"] != "small-2"], places)
    assert cells["small-2"] == [] and notes["small-2"] == "no cell was found for it"
    assert cells["small-3"] == [RIGHT["small-3"]]
    assert found([], places)[0] == {label: [] for label in RIGHT}


def test_of_two_cells_the_last_counts_and_a_blank_never(sheet):
    places, blank = sheet
    untouched = next(dict(c) for c in blank if c["id"] == "small-1")
    cells, notes = found([*solve(blank), untouched], places)
    assert cells["small-1"] == [RIGHT["small-1"]] and not notes["small-1"]
    again = code("# exercise: small-1\nroot = 2**0.5")
    cells, notes = found([*solve(blank), again], places)
    assert cells["small-1"] == [again["source"]]
    assert notes["small-1"] == "found 2 times; the last counted"


def test_merged_cells_are_taken_apart(sheet):
    places, _ = sheet
    merged = "\n\n".join(RIGHT.values()) + "\n# check: small-3\nassert answer == 42"
    cells, notes = found([code(f"helper = 1\n{merged}")], places)
    assert cells["small-1"] == ["helper = 1\n", RIGHT["small-1"]]
    assert cells["small-2"] == [RIGHT["small-2"]] and cells["small-3"] == [RIGHT["small-3"]]
    assert "stood in one cell with others" in notes["small-2"]
    assert "its check was changed" in notes["small-3"]


def test_cells_that_students_add_run_with_the_exercise_they_belong_to(sheet):
    places, blank = sheet
    solved = solve(blank)
    at = [c["id"] for c in solved].index
    own = {
        at("small-1"): code("above = 1"),  # between question and answer
        at("small-1-check-1"): code("below = 1"),
        at("small-2-question"): code("between = 1"),  # after the check: for what comes
        len(solved): code("scratch = 1"),  # after all
    }
    for place in sorted(own, reverse=True):
        solved.insert(place, own[place])
    cells, notes = found(solved, places)
    assert cells["small-1"] == ["above = 1", RIGHT["small-1"], "below = 1"]
    assert cells["small-2"] == ["between = 1", RIGHT["small-2"]]
    assert cells["small-3"] == [RIGHT["small-3"]]
    assert notes["small-1"] == "cells added around it were run with it"


def test_an_answer_goes_on_below_where_checks_were_deleted(sheet):
    places, blank = sheet
    solved = [c for c in solve(blank) if "-check" not in c["id"]]
    at = [c["id"] for c in solved].index("small-2-question")
    solved.insert(at, code("root = 2**0.5"))
    assert found(solved, places)[0]["small-1"] == [RIGHT["small-1"], "root = 2**0.5"]


def test_imports_that_a_student_added_are_run(sheet):
    places, blank = sheet
    solved = [
        c | {"source": c["source"] + "\nimport cmath"} if c["id"] == "imports-small" else c
        for c in solve(blank)
    ]
    assert found(solved, places)[0]["small-1"][0].endswith("import cmath")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a notebook: Expecting value"),
        (b"\xff\xfe\x00", "not a notebook: 'utf-8'"),
        (b"[" * 100_000, "not a notebook: "),
        (b"[1, 2]", "not a notebook: it has no list of cells"),
        (b'{"cells": {"a": 1}}', "not a notebook: it has no list of cells"),
    ],
)
def test_what_is_no_notebook_says_so(content, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        parse(content)


def test_odd_notebooks_are_read():
    old = b'{"worksheets": [{"cells": [{"cell_type": "code", "input": ["a\\n", "b"]}]}]}'
    assert parse(old)[0]["source"] == "a\nb"
    odd = b'\xef\xbb\xbf{"cells": [3, {"source": null, "metadata": []}, {"source": [1, "x"]}]}'
    assert [cell["source"] for cell in parse(odd)] == ["None", "1x"]
