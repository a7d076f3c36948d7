"""Distributions and fitted lines."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dl_lib import plotting

X, Y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 5.0])


def test_bars_are_as_high_as_the_probabilities():
    figure = plotting.distribution([0.5, 0.3, 0.2], ["a", "b", "c"], numbers=True)
    ax = figure.axes[0]
    assert [bar.get_height() for bar in ax.patches] == [0.5, 0.3, 0.2]
    assert [text.get_text() for text in ax.texts] == ["0.5", "0.3", "0.2"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b", "c"]
    assert not figure.legends


def test_several_distributions_stand_side_by_side():
    figure = plotting.distribution({"truth": [0.5, 0.5], "model": [0.9, 0.1]})
    truth, model = figure.axes[0].containers
    assert [bar.get_height() for bar in model] == [0.9, 0.1]
    assert to_hex(model[0].get_facecolor()) == plotting.color("model")
    assert truth[0].get_x() + truth[0].get_width() <= model[0].get_x()
    assert model[0].get_x() + model[0].get_width() < truth[1].get_x()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["truth", "model"]


def test_distributions_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 heights for 3 outcomes"):
        plotting.distribution([0.5, 0.5], ["a", "b", "c"])
    with pytest.raises(ValueError, match="3 heights for 2 outcomes"):
        plotting.distribution({"p": [0.5, 0.5], "q": [0.2, 0.3, 0.5]})


def test_line_runs_through_the_model():
    figure = plotting.regression_line(X, Y, (2, 0.5), truth=lambda x: x**2)
    ax = figure.axes[0]
    truth, model = ax.lines
    x, y = model.get_data()
    np.testing.assert_allclose(y, 2 * x + 0.5)
    assert (x[0], x[-1]) == (0, 2)
    np.testing.assert_allclose(truth.get_ydata(), truth.get_xdata() ** 2)
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), np.stack([X, Y], axis=1))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["data", "truth", "model"]


def test_residuals_join_points_and_line():
    ax = plotting.regression_line(X, Y, (1, 0), residuals=True).axes[0]
    segments = ax.collections[0].get_segments()
    np.testing.assert_allclose(segments[2], [[2, 5], [2, 2]])


def test_points_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match=r"one shape \(n,\), got \(3,\) and \(2,\)"):
        plotting.regression_line(X, Y[:2], (1, 0))
