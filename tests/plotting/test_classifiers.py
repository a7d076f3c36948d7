"""Decision regions."""

import numpy as np
import pytest

from dl_lib import plotting
from dl_lib.plotting.diagrams import tint

X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
Y = np.array([0, 1, 0, 1])


def right_of(points):
    return (points[:, 0] > 0.4).astype(int)


def scores(points):
    x, y = points.T
    return np.stack([np.zeros_like(x), 10 * (x - 0.4), 10 * (y - 0.8)], axis=1)


def regions_of(ax):
    return np.asarray(ax.collections[0].get_array()).reshape(11, 11)


def test_regions_are_what_the_classifier_says():
    asked = []

    def predict(points):
        asked.append(points)
        return right_of(points)

    ax = plotting.decision_regions(predict, X, Y, resolution=11).axes[0]
    (points,) = asked
    assert points.shape == (121, 2)
    np.testing.assert_array_equal(regions_of(ax), right_of(points).reshape(11, 11))
    assert points.min() < 0
    assert points.max() > 1


def test_scores_are_decided_by_the_largest():
    figure = plotting.decision_regions(scores, X, [0, 1, 2, 1], names="abc", resolution=11)
    ax = figure.axes[0]
    assert set(np.unique(regions_of(ax))) == {0, 1, 2}
    colors = [tint(shade) for shade in plotting.class_colors(3)]
    assert [colors[i] for i in range(3)] == list(ax.collections[0].cmap.colors)


def test_border_of_two_classes_is_where_their_scores_meet():
    figure = plotting.decision_regions(
        lambda p: np.stack([0 * p[:, 0], p[:, 0] - 0.4], axis=1), X, Y, resolution=11
    )
    contours = [c for c in figure.axes[0].collections if hasattr(c, "levels")]
    assert len(contours) == 1
    border = contours[0].get_paths()[0].vertices
    assert len(border) > 2
    np.testing.assert_allclose(border[:, 0], 0.4, atol=1e-6)


def test_data_are_drawn_by_class():
    ax = plotting.decision_regions(right_of, X, Y, names=["left", "right"], resolution=5).axes[0]
    points = [c for c in ax.collections if c.get_label() in ("left", "right")]
    for index, members in enumerate(points):
        np.testing.assert_array_equal(members.get_offsets(), X[index == Y])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["left", "right"]
    # Markers differ as well as colors.
    first, second = (members.get_paths()[0].vertices for members in points)
    assert first.shape != second.shape


def test_one_region_has_no_border():
    figure = plotting.decision_regions(lambda p: np.zeros(len(p), int), X, Y, resolution=5)
    figure.canvas.draw()
    assert not np.any(np.asarray(figure.axes[0].collections[0].get_array()))


def test_wrong_shapes_are_named():
    with pytest.raises(
        ValueError, match=r"expected X \(n, 2\) and y \(n,\), got \(4, 2\) and \(3,"
    ):
        plotting.decision_regions(right_of, X, Y[:3])


@pytest.mark.parametrize("strange", [-1, 0.5, 10])
def test_points_of_no_class_are_refused_and_not_left_out(strange):
    with pytest.raises(ValueError, match=rf"expected classes 0 to 9, got \[{strange}"):
        plotting.decision_regions(right_of, X, np.where(Y == 0, strange, Y))
