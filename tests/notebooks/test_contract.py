"""Every chapter keeps the contract, and every exercise is a real one."""

import pytest

from dl_lib.course import exercises, import_source
from tools.lint import lint, lint_labels, lint_times
from tools.notebooks import chapter_paths, name_of, read

CHAPTERS = chapter_paths()


def _exercises():
    for path in CHAPTERS:
        notebook = read(path)
        for exercise in exercises(notebook):
            yield pytest.param(import_source(notebook), exercise, id=exercise.label)


@pytest.mark.parametrize("path", CHAPTERS, ids=name_of)
def test_chapter_keeps_the_contract(path):
    assert lint(path) == []


def test_labels_are_unique_in_the_whole_book():
    assert lint_labels() == []


def test_times_are_stored_and_within_the_budget():
    assert lint_times() == []


@pytest.mark.parametrize(("imports", "exercise"), list(_exercises()))
def test_every_check_passes_on_the_solution_and_fails_on_the_blank(imports, exercise):
    assert exercise.run(imports, solved=True) == [""] * len(exercise.checks)
    assert exercise.checks and all(exercise.run(imports, solved=False))
