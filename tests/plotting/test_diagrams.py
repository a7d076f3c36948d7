"""Boxes and arrows in inches."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Circle, FancyBboxPatch

from dl_lib import plotting
from dl_lib.plotting.diagrams import arrow, box, sheet, tint


def test_one_unit_of_a_sheet_is_one_inch():
    figure, ax = sheet(None, -1, 2, 0, 1.5)
    assert tuple(figure.get_size_inches()) == (3, 1.5)
    (x0, y0), (x1, y1) = ax.transData.transform([[0, 0], [1, 1]])
    assert x1 - x0 == pytest.approx(figure.dpi)
    assert y1 - y0 == pytest.approx(figure.dpi)


def test_tint_is_between_paper_and_color():
    assert tint("#0072b2", 0) == plotting.color("paper")
    assert tint("#0072b2", 1) == "#0072b2"


def test_box_is_a_circle_where_it_is_as_wide_as_high():
    _, ax = sheet(None, 0, 3, 0, 3)
    box(ax, 1, 2, 0.5, 0.5, "+", "#0072b2")
    box(ax, 1, 1, 1.5, 0.5, "name", "#0072b2")
    circle, wide = ax.patches
    assert isinstance(circle, Circle)
    assert (circle.center, circle.radius) == ((1, 2), 0.25)
    assert isinstance(wide, FancyBboxPatch)
    assert (wide.get_x(), wide.get_width()) == (0.25, 1.5)
    assert [text.get_text() for text in ax.texts] == ["+", "name"]


def test_arrow_passes_through_its_points_and_ends_level():
    _, ax = plt.subplots()
    points = [(0.0, 0.0), (1.0, 1.0), (2.0, 1.0), (2.0, 3.0)]
    arrow(ax, points, "black")
    vertices = ax.patches[0]._path_original.vertices
    for point in points:
        assert np.any(np.all(vertices == point, axis=1))
    assert np.all(np.diff(vertices[:, 0]) >= 0)
    assert vertices[2][1] == 1.0  # the last control point before (1, 1) is at its height
