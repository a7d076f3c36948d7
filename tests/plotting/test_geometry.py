"""Arrows and mapped grids."""

import numpy as np
import pytest

from dl_lib import plotting
from tests.plotting.drawn import overlapping, texts_of


def arrows_of(ax):
    return [(text.xyann, text.xy) for text in ax.texts if text.arrow_patch is not None]


def names_of(ax):
    return [text for text in ax.texts if text.get_text()]


def test_arrows_run_from_their_origins():
    ax = plotting.vectors({"a": (2, 1), "b": [0, 3]}, origins={"b": (1, 1)}).axes[0]
    (a_start, a_tip), (b_start, b_tip) = arrows_of(ax)
    np.testing.assert_array_equal([a_start, a_tip], [[0, 0], [2, 1]])
    np.testing.assert_array_equal([b_start, b_tip], [[1, 1], [1, 4]])
    assert texts_of(ax) == ["a", "b"]
    assert ax.get_aspect() == 1


def test_view_holds_every_arrow_or_what_was_asked_for():
    ax = plotting.vectors({"a": (-2, 1), "b": (1, -3)}).axes[0]
    assert ax.get_xlim()[0] < -2 < 1 < ax.get_xlim()[1]
    assert ax.get_ylim()[0] < -3 < 1 < ax.get_ylim()[1]
    ax = plotting.vectors({"a": (1, 1)}, limits=(-1, 2, -3, 4)).axes[0]
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 2), (-3, 4))


def test_colors_can_be_chosen():
    ax = plotting.vectors({"a": (1, 0), "b": (0, 1)}, colors={"b": "#123456"}).axes[0]
    assert [text.get_color() for text in names_of(ax)] == [plotting.class_colors(1)[0], "#123456"]


def test_names_keep_clear_of_each_other_and_of_a_neighboring_arrow():
    arrows = {"x": (2, 1), "y": (1, 2.4), "sum": (3, 3.4), "moved": (1, 2.4)}
    figure = plotting.vectors(arrows, origins={"moved": (2, 1)})
    names = names_of(figure.axes[0])
    assert overlapping(figure, names) == []
    # The moved arrow has its name outside of the parallelogram, on its right.
    moved = names[3].get_window_extent()
    middle = figure.axes[0].transData.transform((2.55, 2.32))
    assert moved.x0 > middle[0]


def test_arrow_of_three_coordinates_is_refused():
    with pytest.raises(ValueError, match=r"'a': expected two coordinates, got shape \(3,\)"):
        plotting.vectors({"a": (1, 2, 3)})


def test_linear_map_moves_grid_square_and_basis():
    A = np.array([[1.5, -0.5], [0.5, 1.0]])
    ax = plotting.linear_map(A, extent=1).axes[0]
    np.testing.assert_allclose([tip for _, tip in arrows_of(ax)], A.T)
    corners = ax.patches[0].get_xy()
    np.testing.assert_allclose(corners[:4], (A @ [[0, 1, 1, 0], [0, 0, 1, 1]]).T)
    ends = [line.get_xydata() for line in ax.lines]
    assert any(np.allclose(e, [A @ [-1, 1], A @ [1, 1]]) for e in ends)
    assert any(np.allclose(e, [[-1, 1], [1, 1]]) for e in ends)
    assert ax.get_title(loc="left") == "det A = 1.75"


def test_determinant_may_be_negative_or_the_title_another():
    assert plotting.linear_map([[0, 1], [1, 0]]).axes[0].get_title(loc="left") == "det A = −1.00"
    assert plotting.linear_map(np.eye(2), title="I").axes[0].get_title(loc="left") == "I"
    assert plotting.linear_map([[1, 1], [1, 1]]).axes[0].get_title(loc="left") == "det A = 0.00"


def test_what_is_no_map_of_the_plane_is_refused():
    with pytest.raises(ValueError, match=r"expected a 2×2 matrix, got shape \(3, 3\)"):
        plotting.linear_map(np.eye(3))
