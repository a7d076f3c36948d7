"""Computational graphs."""

import pytest
from matplotlib.patches import Circle, FancyArrowPatch

from dl_lib import plotting
from tests.plotting.drawn import outside, overlapping, texts_of

NEURON = [("x", "mul"), ("w", "mul"), ("mul", "add"), ("b", "add"), ("add", "loss"), ("y", "loss")]
LABELS = {"mul": "×", "add": "+", "loss": "(a − y)²"}
VALUES = {"x": 2, "w": -0.5, "mul": -1, "b": 1.5, "add": 0.5, "y": "given", "loss": 1 / 7}
GRADIENTS = {"x": 0.089, "w": -0.355, "loss": 1}


def centers_of(ax):
    return {text.get_text(): text.get_position() for text in ax.texts}


def test_graph_draws_nodes_edges_values_and_gradients():
    figure = plotting.computational_graph(
        NEURON, labels=LABELS, values=VALUES, gradients=GRADIENTS, title="One neuron"
    )
    ax = figure.axes[0]
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == len(NEURON)
    texts = texts_of(ax)
    for text in ("x", "w", "b", "y", "×", "+", "(a − y)²", "One neuron"):
        assert texts.count(text) == 1
    for text in ("−0.5", "−1", "given", "0.143", "0.089", "−0.355"):
        assert texts.count(text) == 1
    golden = [t.get_text() for t in ax.texts if t.get_color() == plotting.color("gradient")]
    assert golden == ["0.089", "−0.355", "1"]
    assert overlapping(figure, ax.texts) == []
    assert outside(figure, ax.texts) == []


def test_computation_runs_from_left_to_right():
    centers = centers_of(plotting.computational_graph(NEURON, labels=LABELS).axes[0])
    across = [centers[name][0] for name in ("x", "×", "+", "(a − y)²")]
    assert across == sorted(across)
    assert centers["w"][0] == centers["x"][0]
    assert centers["b"][0] == centers["×"][0]  # just before its use


def test_edges_touch_the_nodes_they_join():
    ax = plotting.computational_graph([("x", "f")]).axes[0]
    arrow = next(patch for patch in ax.patches if isinstance(patch, FancyArrowPatch))
    start, end = arrow._path_original.vertices[[0, -1]]
    x, f = (patch for patch in ax.patches if isinstance(patch, Circle))
    assert start[0] == pytest.approx(x.center[0] + x.radius)
    assert end[0] == pytest.approx(f.center[0] - f.radius)


def test_edge_may_carry_a_text():
    ax = plotting.computational_graph([("x", "u", "2x"), ("u", "f", "cos u")]).axes[0]
    centers = centers_of(ax)
    assert centers["x"][0] < centers["2x"][0] < centers["u"][0] < centers["cos u"][0]


def test_long_edge_goes_around_the_node_between():
    ax = plotting.computational_graph([("x", "u"), ("u", "f"), ("x", "f")]).axes[0]
    centers = centers_of(ax)
    longest = max(
        (
            patch._path_original.vertices
            for patch in ax.patches
            if isinstance(patch, FancyArrowPatch)
        ),
        key=len,
    )
    passing = longest[3]
    assert passing[0] == pytest.approx(centers["u"][0])
    assert abs(passing[1] - centers["u"][1]) > 0.3


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="run in a circle"):
        plotting.computational_graph([("a", "b"), ("b", "a")])
    with pytest.raises(ValueError, match=r"no edge has a node \['z'\]; the nodes are \['x', 'f'\]"):
        plotting.computational_graph([("x", "f")], values={"z": 1})
