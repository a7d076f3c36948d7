"""What students get: exercises with their checks, and nothing that gives a solution away."""

import re

import nbformat
import pytest

from dl_lib.course import answered, exercises, read_chapter, sub_answers, write_sheet
from dl_lib.course._pages import feedback_page
from dl_lib.course._results import Graded, Result
from dl_lib.course.sheet import check_of, sheet_name, slots
from tests.course.small import NAME, RIGHT, chapter_of, write_chapter
from tools.notebooks import CHAPTERS, chapter_paths, name_of, read

CHAPTER_NAMES = [name_of(path) for path in chapter_paths()]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return write_chapter(tmp_path_factory.mktemp("parts"))


def text_of(path):
    return "\n".join(cell.source for cell in read(path).cells)


def test_a_sheet_is_a_notebook_with_points_and_a_deadline(parts, tmp_path):
    path = write_sheet([NAME], tmp_path, due="By Friday noon", title="First", folder=parts)
    page = read(path)
    nbformat.validate(page)
    assert path.name == "small.ipynb"
    head = page.cells[0].source
    assert head.startswith("# First\n\n**By Friday noon**\n")
    assert "| 2 | Twice and a third | 2 | 5 |" in head
    assert "| | **together** | **5** | **15** |" in head
    assert [cell.id for cell in page.cells if cell.cell_type == "code"] == [
        *("setup", "imports-small", "small-1", "small-1-check-1", "small-2"),
        *("small-2-check-1", "small-2-check-2", "small-3", "small-3-check-1"),
    ]
    assert all(not c.outputs and not c.execution_count for c in page.cells if "outputs" in c)


def test_questions_lose_what_only_the_book_can_show(parts, tmp_path):
    text = text_of(write_sheet([NAME], tmp_path, folder=parts))
    assert "See there, here or\n[elsewhere](https://example.org)." in text
    assert "$$\nx^2 = 2\n$$\n" in text + "\n"
    assert ":::" not in text


def test_several_chapters_make_one_sheet(tmp_path):
    names = ["linear_networks/softmax_regression", "preliminaries/jax"]
    page = read(write_sheet(names, tmp_path, folder=CHAPTERS))
    assert sheet_name(names) == "softmax_regression-jax"
    ids = [cell.id for cell in page.cells]
    assert len(set(ids)) == len(ids)
    assert ids.index("imports-jax") > ids.index("softmax_regression-1")
    assert [c.source for c in page.cells if c.source.startswith("## ")][1].startswith("## ")


def test_the_library_is_installed_from_one_place(parts, tmp_path):
    def setup(**options):
        return read(write_sheet([NAME], tmp_path, folder=parts, **options)).cells[1].source

    assert setup().startswith("import importlib.util\n\nif importlib.util.find_spec")
    assert setup().endswith("\n\nfrom dl_lib.course import answered")
    installed = setup(install="git+https://example.org/book")
    assert '%pip install -q "dl_lib[data] @ git+https://example.org/book"' in installed


def test_what_is_open_says_so():
    class Example:
        def method(self): ...

    def blank(x): ...

    def documented(x):
        """What it does."""
        return ..., ...

    def done(x):
        """The dots are no answer that is missing."""
        ...
        return x[..., 0]

    for answer in (..., (1, ...), blank, documented):
        with pytest.raises(AssertionError, match=r"^name is still open: write your answer"):
            answered(name=answer)
    answered(done=done, number=3, text="...", builtin=len, made=Example, nothing=None)


def test_a_chapter_that_is_not_as_it_should_be_is_named_with_its_cell(parts, tmp_path):
    with pytest.raises(ValueError, match=r"nothing.ipynb: no such chapter; there are part/small"):
        read_chapter("part/nothing", parts)
    path = write_chapter(tmp_path) / f"{NAME}.ipynb"
    for cell_id, source, message in (
        (
            "ex1",
            "root = ...",
            r"small.ipynb: cell ex1: the first line must be '# exercise: <label>",
        ),
        ("ex2", "# exercise: small-1\n", r"small.ipynb: cell ex2: a second exercise for small-1"),
        ("ex2", "# exercise: other\n", r"exercise small-2: expected .* got check, solution"),
        ("imports", None, r"small.ipynb: a title, and cells with the ids setup and imports"),
    ):
        page = read(path)
        if source is None:
            page.cells = [cell for cell in page.cells if cell.id != cell_id]
        else:
            next(cell for cell in page.cells if cell.id == cell_id).source = source
        broken = tmp_path / "part" / "small.ipynb"
        before = path.read_text(encoding="utf-8")
        nbformat.write(page, broken)
        with pytest.raises(ValueError, match=message):
            read_chapter(NAME, tmp_path)
        path.write_text(before, encoding="utf-8")


def test_a_blank_sheet_of_the_book_says_what_is_open(tmp_path):
    chapter = chapter_of(tmp_path)
    first = chapter.exercises[0]
    assert sub_answers(first.blank) == ["root"]
    checked = check_of(first, first.checks[0])
    assert checked.startswith("# check: small-1\nanswered(root=root)\n")
    for exercise in chapter.exercises:
        for message in exercise.run(chapter.imports, solved=False):
            assert message  # the book's own checks, without the guard


def statements(source, blank):
    """The lines of a solution that say something and do not stand in the blank."""
    lines = {line.strip() for line in source.splitlines()[1:]}
    given = [line.strip() for line in blank.splitlines()]
    lines = {line for line in lines if not any(open_.startswith(line) for open_ in given)}
    return {line for line in lines if re.search(r"=|return ", line)}


def sentences(explanation):
    return {s.strip() for s in re.split(r"(?<=[.:?!])\s", explanation) if len(s.split()) > 4}


@pytest.mark.parametrize("name", CHAPTER_NAMES)
def test_nothing_that_students_see_gives_a_solution_away(name, tmp_path):
    chapter = read_chapter(name, CHAPTERS)
    source = write_sheet([name], tmp_path, folder=CHAPTERS).read_text(encoding="utf-8")
    page = tmp_path / f"{sheet_name([name])}.ipynb"
    text = text_of(page)
    handed_out = {slot.cell["source"] for slot in slots([chapter])}
    results = [
        Result(e.label, e.title, 0.0, e.points, [(c, "open") for c in e.checks], e.blank)
        for e in chapter.exercises
    ]
    feedback = feedback_page(Graded("someone", "someone.ipynb", results))
    assert not re.search(r"# solution|solution-start", source)
    for cell in read(page).cells:
        assert set(cell.metadata) <= {"jupyter", "cellView"} and not cell.get("outputs")
    own = explanations(name)
    assert len(own) == len(chapter.exercises)
    for exercise in chapter.exercises:
        code = exercise.sources["solution"]
        assert code not in handed_out
        for line in statements(code, exercise.blank + text_of_questions(chapter)):
            assert line not in {part.strip() for part in text.splitlines()}, exercise.label
            assert line not in feedback
        for sentence in sentences(own[exercise.label]):
            assert sentence not in text and sentence not in feedback, exercise.label


def text_of_questions(chapter):
    return "\n".join(exercise.question for exercise in chapter.exercises)


def explanations(name):
    start = re.compile(r":::\{solution-start\} (\S+)\n.*?:::\n*(.*)", re.S)
    found = (start.match(cell.source) for cell in read(CHAPTERS / f"{name}.ipynb").cells)
    return {match.group(1): match.group(2) for match in found if match}


def test_the_exercises_of_a_page_carry_their_questions(parts):
    found = exercises(read(parts / f"{NAME}.ipynb"))
    assert [exercise.label for exercise in found] == list(RIGHT)
    assert found[1].title == "Twice and a third"
    assert found[1].question == "Double a number; and a third of `GIVEN`."
