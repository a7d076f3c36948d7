"""The tools that start, execute and check a chapter."""

import shutil
import subprocess
import sys

import pytest

from dl_lib.course import exercises, import_source
from tools import refresh
from tools.environments import ROOT
from tools.lint import lint
from tools.new_chapter import new_chapter
from tools.notebooks import read, setup_source, write

URL = "https://example.org/a/book"


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    path = new_chapter("optimization/momentum", tmp_path_factory.mktemp("chapters"))
    refresh.refresh(path)
    return path


@pytest.fixture
def changed(chapter, tmp_path):
    """Return a function that lints the chapter after a change to its notebook."""

    def after(change):
        path = tmp_path / "optimization" / "momentum.ipynb"
        path.parent.mkdir()
        shutil.copy(chapter, path)
        notebook = read(path)
        change(notebook)
        write(notebook, path)
        return lint(path)

    return after


def cell(notebook, cell_id):
    return next(c for c in notebook.cells if c.id == cell_id)


def test_a_new_chapter_passes_the_lint(chapter):
    assert lint(chapter) == []
    assert len(exercises(read(chapter))) == 9
    with pytest.raises(FileExistsError, match="optimization/momentum is there already"):
        new_chapter("optimization/momentum", chapter.parent.parent)


def test_the_exercises_of_a_new_chapter_can_be_solved_and_failed(chapter):
    notebook = read(chapter)
    for exercise in exercises(notebook):
        assert exercise.run(import_source(notebook), solved=True) == [""]
        (failure,) = exercise.run(import_source(notebook), solved=False)
        assert failure == "TypeError: unsupported operand type(s) for -: 'ellipsis' and 'int'"


def test_a_new_chapter_is_folded_by_its_tags(chapter):
    notebook = read(chapter)
    folded = {
        "imports": "Imports",
        "schematic": "How this figure is drawn",
        "scratch-proof": "✓ equal to the library",
        "drill1-check": "Check your answer",
    }
    for cell_id, line in folded.items():
        metadata = cell(notebook, cell_id).metadata
        assert "hide-input" in metadata["tags"]
        assert metadata["jupyter"] == {"source_hidden": True}
        prompts = metadata["mystnb"]
        assert prompts["code_prompt_show"] == prompts["code_prompt_hide"] == line
    assert "hide-input" not in cell(notebook, "scratch").metadata["tags"]
    assert cell(notebook, "schematic").metadata["mystnb"]["image"]["alt"].startswith("A matrix")


def untitled(nb):
    nb.cells[0].source = "No title"


def no_objectives(nb):
    del nb.metadata["chapter"]["objectives"]


def unexecuted(nb):
    cell(nb, "imports").execution_count = None


def fits(nb):
    cell(nb, "scratch").source += "\nfit(model)"


def unformatted(nb):
    cell(nb, "imports").source += "\nx = 'single quotes'"


def ignored_without_assertion(nb):
    cell(nb, "imports").metadata["tags"] = ["nbval-ignore-output"]


def figure_without_alt(nb):
    from nbformat.v4 import new_output

    cell(nb, "imports").outputs = [new_output("display_data", {"image/png": "AAAA"})]


def heavy(nb):
    from nbformat.v4 import new_output

    cell(nb, "imports").outputs = [new_output("stream", name="stdout", text="x" * 1_500_000)]


def widget(nb):
    from nbformat.v4 import new_output

    data = {"application/vnd.jupyter.widget-view+json": {}}
    cell(nb, "imports").outputs = [new_output("display_data", data)]


def machine_path(nb):
    from nbformat.v4 import new_output

    cell(nb, "imports").outputs = [new_output("stream", name="stdout", text="in /home/me/x.py")]


def error(nb):
    from nbformat.v4 import new_output

    cell(nb, "imports").outputs = [new_output("error", ename="E", evalue="", traceback=[])]


def no_summary(nb):
    nb.cells.pop()


def no_solution(nb):
    nb.cells.remove(cell(nb, "drill2-solution"))


def ungated(nb):
    cell(nb, "drill1-start").source = "What is 3?"


def missing_target(nb):
    row = next(c for c in nb.cells if c.id.startswith("row-"))
    nb.cells.remove(row)


def role(nb):
    nb.cells[0].source += "\n\nSee {eq}`eq-x`."


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (untitled, "the first cell must be the title"),
        (no_objectives, "metadata: chapter.objectives must be a list"),
        (unexecuted, "the notebook was not executed from top to bottom; run make refresh"),
        (fits, "cell scratch: calls fit, so it needs the tag nbval-ignore-output"),
        (unformatted, "its code is not formatted; run make refresh"),
        (
            ignored_without_assertion,
            "cell imports: its output is not compared, so it must assert what matters",
        ),
        (figure_without_alt, "cell imports: a figure needs mystnb.image.alt that says what"),
        (heavy, "the notebook weighs 1,5"),
        (widget, "cell imports: stores a widget"),
        (machine_path, "cell imports: shows a path of a machine"),
        (error, "cell imports: holds an error"),
        (no_summary, "a section '## Summary' is missing"),
        (no_solution, "exercise momentum-drill-2: has ['check', 'exercise'], needs"),
        (ungated, "exercise momentum-drill-1: its start or its solution is not marked by gates"),
        (missing_target, "is missing"),
        (role, "role {eq}` shows literally in Jupyter; write a link"),
    ],
)
def test_the_lint_finds(changed, change, fault):
    assert any(fault in found for found in changed(change)), changed


def test_the_setup_cell_installs_from_the_public_address_or_says_what_to_do():
    assert f'"dl_lib[data] @ git+{URL}"' in setup_source(URL)
    assert "pip install .[data]" in setup_source("")


@pytest.mark.parametrize("tool", ["ranges", "lock"])
def test_what_makes_an_environment_runs_before_there_is_one(tool):
    # -I -S: a Python that has no packages at all, as on a fresh machine.
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tools.{tool}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
