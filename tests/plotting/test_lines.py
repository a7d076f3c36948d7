"""Curves and their names."""

import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import plotting
from tests.plotting.drawn import hex_colors, outside, overlapping, texts_of


def test_functions_draws_the_values():
    figure = plotting.functions(
        {"tanh": jnp.tanh, "truth": np.zeros(3)}, [-1, 0, 2], title="Two", ylabel="y"
    )
    ax = figure.axes[0]
    tanh, truth = ax.lines
    np.testing.assert_allclose(tanh.get_data(), [[-1, 0, 2], np.tanh([-1, 0, 2])], rtol=1e-6)
    np.testing.assert_array_equal(truth.get_ydata(), 0)
    assert truth.get_linestyle() == "--"
    assert texts_of(ax) == ["tanh", "truth"]
    assert (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()) == ("Two", "x", "y")


def test_functions_between_two_ends():
    (line,) = plotting.functions({"sin": np.sin}, (0, 1)).axes[0].lines
    x, y = line.get_data()
    assert (len(x), x[0], x[-1]) == (401, 0, 1)
    np.testing.assert_array_equal(y, np.sin(x))


def test_functions_refuses_values_that_do_not_match():
    with pytest.raises(ValueError, match=r"'f': \(3,\) values for \(4,\) places"):
        plotting.functions({"f": [1, 2, 3]}, [0, 1, 2, 3])


def test_learning_curves_use_the_colors_of_their_roles():
    history = {"train loss": [3, 2, 1], "validation loss": [3, 2.5, 2], "Adam": [1, 1, 1]}
    figure = plotting.learning_curves(history)
    ax = figure.axes[0]
    roles = [plotting.color("train"), plotting.color("validation"), plotting.class_colors(3)[2]]
    assert hex_colors(ax.lines) == roles
    np.testing.assert_array_equal(ax.lines[0].get_data(), [[1, 2, 3], [3, 2, 1]])
    figure.canvas.draw()
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_learning_curves_at_given_steps_on_a_logarithmic_axis():
    ax = plotting.learning_curves({"train": [1, 0.1]}, steps=[100, 200], log=True).axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [100, 200])
    assert ax.get_yscale() == "log"
    assert texts_of(ax) == []  # a single curve needs no name
    with pytest.raises(ValueError, match="'train': 2 values at 3 steps"):
        plotting.learning_curves({"train": [1, 0.1]}, steps=[1, 2, 3])


def test_names_do_not_touch_where_curves_meet():
    history = {name: [3, 1 + 0.001 * i] for i, name in enumerate(["a", "b", "c", "d"])}
    history["high"] = [3, 2.9]
    figure = plotting.learning_curves(history)
    texts = figure.axes[0].texts
    assert overlapping(figure, texts) == []
    assert outside(figure, texts) == []


def test_name_stands_where_the_curve_is_still_finite():
    history = {"fine": [3, 2, 1], "diverged": [3, 8, np.nan], "all lost": [np.nan] * 3}
    ax = plotting.learning_curves(history).axes[0]
    assert [text.xy for text in ax.texts] == [(3, 1), (2, 8)]
