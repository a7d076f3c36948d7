"""A whole class: nothing is lost, nothing stops the run, and an interrupted one goes on."""

import csv
import json
import re

import pytest

from dl_lib.course import __main__ as command
from dl_lib.course import grade, grading
from tests.browser import axe_findings, watched_page
from tests.course.small import NAME, RIGHT, hand_in, sheet_cells, solve, write_chapter


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return write_chapter(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def handed_in(parts, tmp_path_factory):
    """A class of six."""
    blank, folder = sheet_cells(parts), tmp_path_factory.mktemp("class") / "first"
    folder.mkdir()
    lost = [cell | {"id": "", "metadata": {}} for cell in solve(blank)]
    wrong = solve(blank, small_1="# exercise: small-1\nroot = 1\nprint('<script>')")
    crash = solve(blank, small_2="# exercise: small-2\nimport os\nos._exit(0)")
    for name, cells in (
        ("ada", solve(blank)),
        ("=bob<b>", lost),
        ("cyd", wrong),
        ("dan", crash),
        ("eve", blank),
    ):
        (folder / f"{name}.ipynb").write_bytes(hand_in(cells))
    (folder / "fay.ipynb").write_text("{")
    return folder


POINTS = {"ada": 5, "'=bob<b>": 5, "cyd": 3, "dan": 3, "eve": 0, "fay": 0}


@pytest.fixture(scope="module")
def graded(parts, handed_in):
    arguments = ["grade", NAME, "--from", str(handed_in), "--chapters", str(parts)]
    assert command.main([*arguments, "--jobs", "2", "--seconds", "20"]) == 0
    return handed_in.with_name("first-grades")


def test_the_table_has_every_student_and_exercise(graded):
    with open(graded / "points.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["student"]: float(row["points"]) for row in rows} == POINTS
    assert list(rows[0])[4:] == [*RIGHT, "fault"]
    assert rows[1]["out_of"] == "5" and rows[0]["student"] == "'=bob<b>"
    assert rows[5]["fault"].startswith("not a notebook: ")


def test_pages_say_what_was_wrong_and_stand_alone(graded):
    pages = {path.stem: path.read_text("utf-8") for path in (graded / "feedback").glob("*.html")}
    assert len(pages) == len(POINTS)
    assert "its square is not 2" in pages["cyd"] and "&lt;script&gt;" in pages["cyd"]
    assert "ended its own process" in pages["dan"]
    assert "is still open" in pages["eve"] and "not a notebook" in pages["fay"]
    assert "&lt;b&gt;" in pages["_bob_b_"] and "5 of 5" in pages["_bob_b_"]
    summary = (graded / "summary.html").read_text("utf-8")
    assert "6 submissions, 1 of them unreadable; on average 2.7 of 5 points" in summary
    assert "width: 40%" in summary and "1 × root: its square is not 2" in summary
    assert "1 × root is still open" in summary
    for page in [*pages.values(), summary]:
        assert not re.search(r"<script|src=|https?://", page)


def test_a_second_run_takes_what_the_first_found(parts, handed_in, graded, monkeypatch, capsys):
    runs = []
    monkeypatch.setattr(grading, "_prove", lambda *_: 0.1)
    real = grading.grade_one

    def counted(submission, *rest):
        runs.append(submission.student)
        if len(runs) == 2:
            raise KeyboardInterrupt
        return real(submission, *rest)

    monkeypatch.setattr(grading, "grade_one", counted)
    before = (graded / "points.csv").read_bytes()
    (graded / "results" / "ada.json").write_text("{", encoding="utf-8")  # cut off
    (graded / "results" / "eve.json").unlink()
    arguments = ["grade", NAME, "--from", str(handed_in), "--chapters", str(parts)]
    arguments += ["--jobs", "1", "--seconds", "20"]
    assert command.main(arguments) == 130
    assert "goes on where it stopped" in capsys.readouterr().err
    assert runs == ["ada", "eve"]
    assert command.main(arguments) == 0
    assert runs == ["ada", "eve", "eve"]
    assert (graded / "points.csv").read_bytes() == before


def test_a_fault_of_ours_is_told_and_stops_nobody(parts, handed_in, tmp_path, monkeypatch):
    monkeypatch.setattr(grading, "_prove", lambda *_: 0.1)

    def broken(*_):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(grading, "grade_one", broken)
    every = grade([NAME], handed_in, tmp_path, jobs=1, folder=parts)
    assert {found.fault for found in every} == {"could not be graded, ZeroDivisionError: ours"}
    assert "ours" in (tmp_path / "results" / "ada.error.txt").read_text("utf-8")


def test_a_book_that_does_not_pass_here_grades_nobody(tmp_path, handed_in, capsys):
    path = write_chapter(tmp_path) / f"{NAME}.ipynb"
    page = json.loads(path.read_text("utf-8"))
    solution = next(cell for cell in page["cells"] if cell["id"] == "ex3-solution")
    solution["source"] = "# solution: small-3\nanswer = 41"
    path.write_text(json.dumps(page), encoding="utf-8")
    arguments = ["grade", NAME, "--from", str(handed_in), "--chapters", str(tmp_path)]
    assert command.main([*arguments, "--to", str(tmp_path / "out")]) == 1
    assert "exercise small-3: the book's own solution does not pass here" in capsys.readouterr().err


def test_the_command_says_what_it_does_and_what_is_wrong(parts, tmp_path, capsys):
    for arguments, status in (["--help"], 0), (["grade", "--help"], 0), (["nothing"], 2), ([], 2):
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        assert ended.value.code == status
    assert "assignment" in capsys.readouterr().out
    out = ["assignment", NAME, "--chapters", str(parts), "--to", str(tmp_path)]
    assert command.main([*out, "--due", "Friday", "--title", "First"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'small.ipynb'}\n"
    assert command.main(["assignment", "part/none", "--chapters", str(parts)]) == 1
    assert "none.ipynb: no such chapter" in capsys.readouterr().err
    missing = ["grade", NAME, "--chapters", str(parts), "--from", str(tmp_path / "none")]
    assert command.main(missing) == 1
    assert "expected a folder or a zip archive" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_can_be_read(graded, browser, scheme):
    with watched_page(browser, width=390, scheme=scheme) as (page, seen):
        for path in [graded / "summary.html", graded / "feedback" / "cyd.html"]:
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert not axe_findings(page)
    seen.assert_clean()
