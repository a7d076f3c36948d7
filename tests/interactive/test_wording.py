"""Names and numbers as a reader sees them."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl_lib.interactive.wording import is_fragile, readable_name, readable_number


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("sigma", "σ"),
        ("lambda_", "λ"),
        ("learning_rate", "learning rate"),
        ("k", "k"),
        ("mean squared error", "mean squared error"),
    ],
)
def test_readable_name(name, label):
    assert readable_name(name) == label


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-12345, "−12,345"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (np.int64(7), "7"),
        ("p < .01", "p < .01"),
        (0.0, "0"),
        (-1e-9, "0"),
        (0.5, "0.500"),
        (-0.125, "−0.125"),
        (9.996, "10.0"),
        (12345.678, "12,300"),
        (0.00012345, "0.000123"),
        (2.5e-5, "2.50e−5"),
        (1.5e9, "1.50e9"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
        (jnp.float32(0.25), "0.250"),
        (jnp.array(4), "4"),
        (jnp.array(True), "yes"),
        (np.float32(1 / 3), "0.333"),
    ],
)
def test_readable_number(value, text):
    assert readable_number(value) == text


def test_digits_are_significant_digits():
    assert [readable_number(2 / 3, digits) for digits in (1, 2, 5)] == ["0.7", "0.67", "0.66667"]


@pytest.mark.parametrize("value", [np.ones(2), None, 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="expected one number or a text"):
        readable_number(value)


@given(st.floats(1e-6, 1e12) | st.floats(-1e12, -1e-6), st.integers(1, 6))
def test_rounding_is_right_to_half_a_digit(value, digits):
    shown = float(readable_number(value, digits).replace("−", "-").replace(",", ""))
    assert abs(shown - value) <= 0.5000001 * 10.0 ** (
        math.floor(math.log10(abs(value))) - digits + 1
    )


@pytest.mark.parametrize(
    ("value", "digits", "fragile"),
    [
        (0.125, 2, True),
        (0.125, 3, False),
        (0.9950001, 2, True),
        (1e-6, 3, True),
        (0.3333, 3, False),
        (1250, 2, False),
        ("0.125", 2, False),
        (math.nan, 2, False),
        (0.0, 3, False),
    ],
)
def test_fragile_numbers_lie_on_an_edge_of_rounding(value, digits, fragile):
    assert is_fragile(value, digits) is fragile
