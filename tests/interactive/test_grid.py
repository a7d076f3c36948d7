"""The values that an interactive figure is drawn at."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_lib.interactive.grid import Parameter, make_grid, settings


def values(points=None, **specs):
    return [parameter.values for parameter in make_grid(specs, points, {})]


def test_range_is_cut_into_short_numbers_with_exact_ends():
    assert values(5, x=(0.05, 2.0)) == [[0.05, 0.54, 1.02, 1.51, 2.0]]
    assert values(3, x=(-1.0, 1.0)) == [[-1.0, 0.0, 1.0]]


def test_whole_range_has_whole_numbers():
    assert values(x=(1, 6)) == [[1, 2, 3, 4, 5, 6]]
    assert values(5, x=(0, 100)) == [[0, 25, 50, 75, 100]]
    assert all(isinstance(v, int) for v in values(x=(0, 1000))[0])


def test_list_is_taken_as_it_is():
    assert values(x=[1.0, 0.1], y=["a", True]) == [[1.0, 0.1], ["a", True]]


def test_numbers_of_numpy_and_jax_make_a_slider():
    for counted in ([np.int64(1), np.int64(3)], [jnp.float32(1), jnp.float32(3)]):
        (parameter,) = make_grid({"x": counted}, None, {})
        assert parameter.is_slider and parameter.values == [1, 3] and parameter.texts == ["1", "3"]
        assert values(3, x=tuple(counted)) == [[1, 2, 3]]
    assert values(x=[np.True_, np.False_]) == [[True, False]]


def test_points_by_default():
    assert len(values(x=(0.0, 1.0))[0]) == 15
    assert [len(v) for v in values(x=(0.0, 1.0), y=(0.0, 1.0))] == [7, 7]


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 40))
def test_every_range_gives_that_many_rising_values(low, width, points):
    (found,) = values(points, x=(low, low + width))
    assert len(found) == points
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (low, low + width)


def test_settings_vary_the_last_parameter_fastest():
    parameters = make_grid({"a": [1, 2], "b": ["x", "y"]}, None, {})
    assert list(settings(parameters)) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_parameter_says_how_it_is_shown():
    slider = Parameter("eta", "η", [-0.5, 0.001, 1], True)
    assert slider.is_slider
    assert slider.texts == ["−0.5", "0.001", "1"]
    assert slider.middle == 1
    menu = Parameter("on", "on", [True, False], False)
    assert not menu.is_slider
    assert menu.texts == ["yes", "no"]


def test_labels_are_readable_and_can_be_given():
    sigma, rate = make_grid({"sigma": [1, 2], "learning_rate": [1, 2]}, None, {"sigma": "width σ"})
    assert (sigma.label, rate.label) == ("width σ", "learning rate")


@pytest.mark.parametrize(
    ("specs", "points", "message"),
    [
        ({}, None, "one or two parameters, got 0"),
        ({"a": [1, 2], "b": [1, 2], "c": [1, 2]}, None, "one or two parameters, got 3: a, b, c"),
        ({"a": (1.0, 1.0)}, None, "a: a range is .low, high. with low < high, got .1.0, 1.0."),
        ({"a": (0, 1, 2)}, None, "a: a range is .low, high."),
        ({"a": ("x", "y")}, None, "a: a range is .low, high."),
        ({"a": [1]}, None, "a list of two or more choices, got .1."),
        ({"a": "text"}, None, "a list of two or more choices, got 'text'"),
        ({"a": (0.0, 1.0)}, 1, "points to be at least 2, got 1"),
        ({"a": (0.0, float("inf"))}, None, "a: a range is .low, high."),
        ({"a": (0.0, 1.0), "b": list(range(8))}, 9, "9 × 8 = 72 frames, at most 64"),
    ],
)
def test_wrong_specification_is_named(specs, points, message):
    with pytest.raises(ValueError, match=message):
        make_grid(specs, points, {})
