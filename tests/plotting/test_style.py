"""The book's style, and what all drawings share."""

import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.font_manager import findfont, fontManager

from dl_lib import plotting
from dl_lib.plotting.style import bare, canvas, describe, legend_below

X = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 1.5]])
DRAWINGS = {
    "functions": lambda ax: plotting.functions({"sin": np.sin}, ax=ax),
    "learning_curves": lambda ax: plotting.learning_curves({"train": [2, 1]}, ax=ax),
    "heat_map": lambda ax: plotting.heat_map(np.eye(2), ax=ax),
    "decision_regions": lambda ax: plotting.decision_regions(
        lambda points: (points[:, 0] > 0.5).astype(int), X, np.array([0, 1, 0]), resolution=5, ax=ax
    ),
    "contour_path": lambda ax: plotting.contour_path(lambda a, b: a**2 + b**2, X, ax=ax),
    "distribution": lambda ax: plotting.distribution([0.5, 0.5], ax=ax),
    "regression_line": lambda ax: plotting.regression_line([0, 1], [0, 1], (1, 0), ax=ax),
    "vectors": lambda ax: plotting.vectors({"a": (1, 2)}, ax=ax),
    "linear_map": lambda ax: plotting.linear_map(np.eye(2), ax=ax),
    "computational_graph": lambda ax: plotting.computational_graph([("x", "f")], ax=ax),
    "network": lambda ax: plotting.network([("input", (1,)), ("Linear", (2,))], ax=ax),
    "neurons": lambda ax: plotting.neurons([2, 1], ax=ax),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_drawing_goes_on_the_axes_given_and_nowhere_else(draw):
    figure, (left, right) = plt.subplots(1, 2)
    before = plt.get_fignums()
    assert draw(right) is figure
    assert plt.get_fignums() == before
    assert right.has_data() or right.patches or right.texts
    assert not left.has_data()


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_drawing_makes_one_figure_on_paper_that_draws_without_a_warning(draw):
    figure = draw(None)
    assert len(plt.get_fignums()) == 1
    assert to_hex(figure.get_facecolor()) == plotting.color("paper")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()


def test_every_drawing_is_tested_here():
    others = {"use_book_style", "color", "class_colors", "colormap", "image_grid"}
    others |= {"arrow", "box", "sheet", "shapes"}  # parts of a schematic, tested beside it
    assert set(DRAWINGS) | others == set(plotting.__all__)


def test_style_is_set_and_can_be_taken_back():
    assert matplotlib.rcParams["figure.facecolor"] == plotting.color("paper")
    assert matplotlib.rcParams["savefig.facecolor"] == plotting.color("paper")
    assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"] == plotting.class_colors(10)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        assert matplotlib.rcParams["figure.facecolor"] == "white"


def test_fonts_come_with_matplotlib():
    path = findfont(matplotlib.rcParams["font.sans-serif"][0], fallback_to_default=False)
    assert any(font.fname == path and font.name == "DejaVu Sans" for font in fontManager.ttflist)


def test_text_can_be_read_on_a_phone():
    # 328 pixels remain of a 360 pixel screen; a tick label there is at least 8 pixels high.
    width, _ = matplotlib.rcParams["figure.figsize"]
    assert matplotlib.rcParams["xtick.labelsize"] / 72 / width * 328 >= 8


def test_canvas_describe_and_bare():
    figure, ax = canvas(None, figsize=(2, 1))
    assert tuple(figure.get_size_inches()) == (2, 1)
    assert canvas(ax) == (figure, ax)
    describe(ax, "title", None, "height")
    assert (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()) == ("title", "", "height")
    bare(ax)
    assert not len(ax.get_xticks())
    assert not any(spine.get_visible() for spine in ax.spines.values())


def test_legend_is_below_a_figure_of_one_drawing_and_inside_others():
    figure, ax = plt.subplots()
    ax.plot([0, 1], label="line")
    legend_below(ax)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["line"]
    figure.canvas.draw()
    assert figure.legends[0].get_window_extent().y1 <= ax.xaxis.get_tightbbox().y0
    figure, (left, _) = plt.subplots(1, 2)
    left.plot([0, 1], label="line")
    legend_below(left)
    assert not figure.legends
    assert left.get_legend() is not None
