"""Contours and the paths over them."""

import numpy as np
import pytest

from dl_lib import plotting

PATH = np.array([[1.0, 1.0], [0.5, 0.2], [0.1, 0.0]])


def bowl(x, y):
    return x**2 + 4 * y**2


def test_path_and_start_are_drawn():
    ax = plotting.contour_path(bowl, PATH, x=(-1, 2), y=(-3, 1), coordinates=("w", "b")).axes[0]
    path, start = ax.lines
    np.testing.assert_array_equal(path.get_xydata(), PATH)
    np.testing.assert_array_equal(start.get_xydata(), PATH[:1])
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 2), (-3, 1))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "b")


def test_contours_have_the_heights_of_the_function():
    ax = plotting.contour_path(bowl, levels=[0, 1, 4]).axes[0]
    lines = ax.collections[1]
    np.testing.assert_array_equal(lines.levels, [0, 1, 4])
    np.testing.assert_allclose(bowl(*lines.get_paths()[1].vertices.T), 1, atol=0.01)
    assert lines.linestyles == "solid"


def test_logarithmic_contours_are_denser_near_the_bottom():
    def inner(log):
        ax = plotting.contour_path(bowl, log=log, minimum=(0, 0)).axes[0]
        corners = [np.abs(p.vertices).max() for p in ax.collections[1].get_paths() if len(p)]
        return sum(corner < 0.6 for corner in corners)

    assert inner(True) > 2 * inner(False)


def test_named_paths_get_a_legend_and_a_star_the_minimum():
    paths = {"plain": PATH, "momentum": PATH / 2}
    figure = plotting.contour_path(bowl, paths, minimum=(0, 0))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["plain", "momentum"]
    star = figure.axes[0].lines[0]
    assert star.get_marker() == "*"
    np.testing.assert_array_equal(star.get_xydata(), [[0, 0]])


def test_what_is_no_path_is_refused():
    with pytest.raises(ValueError, match=r"a path is \(steps, 2\), got \(2, 3\)"):
        plotting.contour_path(bowl, PATH.T)
