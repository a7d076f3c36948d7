"""Networks as boxes and as neurons."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from dl_lib import plotting
from tests.plotting.drawn import outside, overlapping, texts_of

LENET = [
    ("input", (1, 28, 28)),
    ("Conv2d 5×5", (6, 24, 24)),
    ("sigmoid", (6, 24, 24)),
    ("AvgPool 2×2", (6, 12, 12)),
    ("Conv2d 5×5", (16, 8, 8)),
    ("AvgPool 2×2", (16, 4, 4)),
    ("flatten", (256,)),
    ("Linear", (10,)),
]


def kinds(ax, kind):
    return [patch for patch in ax.patches if isinstance(patch, kind)]


def test_network_has_a_box_a_layer_and_an_arrow_between():
    ax = plotting.network(LENET, title="LeNet").axes[0]
    assert len(kinds(ax, FancyBboxPatch)) == 8
    assert len(kinds(ax, FancyArrowPatch)) == 7
    texts = texts_of(ax)
    for name, _ in LENET:
        assert name in texts
    assert "16 × 8 × 8" in texts
    assert texts.count("10") == 1
    assert texts[-1] == "LeNet"


def test_color_of_a_box_tells_the_kind_of_layer():
    boxes = kinds(plotting.network(LENET).axes[0], FancyBboxPatch)
    edges = [to_hex(box.get_edgecolor()) for box in boxes]
    assert edges[1] == edges[4]
    assert edges[3] == edges[5]
    assert len({edges[0], edges[1], edges[3], edges[7]}) == 4


@pytest.mark.parametrize("rows", [2, 3, 6, 20])
def test_no_text_touches_another_however_the_chain_is_folded(rows):
    figure = plotting.network(LENET, rows=rows, title="LeNet")
    assert overlapping(figure, figure.axes[0].texts) == []
    assert outside(figure, figure.axes[0].texts) == []


def test_chain_goes_down_one_column_and_up_the_next():
    boxes = kinds(plotting.network(LENET, rows=3).axes[0], FancyBboxPatch)
    corners = [(round(box.get_x(), 6), round(box.get_y(), 6)) for box in boxes]
    assert corners[0][0] == corners[1][0] < corners[3][0] < corners[6][0]
    assert corners[2][1] == corners[3][1]  # turns at the bottom
    assert corners[5][1] == corners[6][1] == corners[0][1]  # and at the top


def test_shape_may_be_a_text():
    assert "any" in texts_of(plotting.network([("input", "any")]).axes[0])


def test_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="at least one layer, got none"):
        plotting.network([])


def test_neurons_are_all_connected():
    figure = plotting.neurons([3, 4, 2], labels=["in", "hidden", "out"], title="MLP")
    ax = figure.axes[0]
    circles = kinds(ax, Circle)
    assert len(circles) == 9
    assert [len(lines.get_segments()) for lines in ax.collections] == [12, 8]
    assert texts_of(ax) == ["in", "hidden", "out", "MLP"]
    starts = {tuple(np.round(segment[0], 6)) for segment in ax.collections[0].get_segments()}
    assert starts == {tuple(np.round(circle.center, 6)) for circle in circles[:3]}


def test_large_layer_is_shortened_with_dots():
    ax = plotting.neurons([784, 7, 6], most=6).axes[0]
    assert len(kinds(ax, Circle)) == 4 + 4 + 6
    assert texts_of(ax) == ["784", "⋮", "7", "⋮", "6"] or texts_of(ax).count("⋮") == 2
    for segments in (lines.get_segments() for lines in ax.collections):
        assert all(abs(y) > 0.1 for segment in segments for _, y in segment[:1])


def test_neurons_refuses_labels_that_do_not_match():
    with pytest.raises(ValueError, match="1 labels for 2 layers"):
        plotting.neurons([1, 2], labels=["a"])
