import jax
import numpy as np
import pytest

from dl_lib.data import polynomial_features, synthetic_polynomial, synthetic_regression
from tests import put

KEY = jax.random.key(0)


def test_regression_has_the_planted_law():
    weights, bias = put.array([2.0, -3.4]), 4.2
    data = synthetic_regression(KEY, weights, bias, number=1000, noise=0.1)
    assert data.X.shape == (1000, 2) and data.y.shape == (1000,)
    with_one = np.column_stack([data.X, np.ones(1000)])
    found, residual, *_ = np.linalg.lstsq(with_one, np.asarray(data.y))
    np.testing.assert_allclose(found, [2, -3.4, 4.2], atol=0.02)  # six standard errors
    np.testing.assert_allclose(np.sqrt(residual / 997), 0.1, rtol=0.1)
    np.testing.assert_allclose(np.cov(data.X.T), np.eye(2), atol=0.2)


def test_regression_without_noise_and_with_several_outputs():
    weights = put.ones((3, 2)) * put.array([1.0, -1.0])
    data = synthetic_regression(KEY, weights, 0.5, number=7, noise=0.0)
    total = data.X.sum(1)
    assert data.y.shape == (7, 2)
    np.testing.assert_allclose(data.y, np.stack([total, -total], 1) + 0.5, rtol=1e-5, atol=1e-6)


def test_regression_is_decided_by_the_key():
    first, second, other = (
        synthetic_regression(key, put.ones(3), number=7).y for key in (KEY, KEY, jax.random.key(1))
    )
    assert (first == second).all() and (first != other).any()


def test_polynomial_features():
    np.testing.assert_array_equal(
        polynomial_features(put.array([2.0, -1.0]), 3), [[1, 2, 4, 8], [1, -1, 1, -1]]
    )
    with pytest.raises(ValueError, match="at least 0, got -1"):
        polynomial_features(put.ones(2), -1)


def test_polynomial_has_the_planted_coefficients():
    coefficients = put.array([5.0, 1.2, -1.7])
    data = synthetic_polynomial(KEY, coefficients, 200, noise=0.01, low=-2.0, high=3.0)
    assert data.X.shape == (200, 1) and data.X.min() >= -2 and data.X.max() <= 3
    found = np.polynomial.polynomial.polyfit(data.X[:, 0], data.y, 2)
    np.testing.assert_allclose(found, coefficients, atol=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"number": 0}, "number to be at least 1, got 0"),
        ({"noise": -1.0}, "noise must not be negative, got -1"),
        ({"low": 1.0, "high": 1.0}, "low < high, got 1.0 and 1.0"),
    ],
)
def test_refuses_what_cannot_be_drawn(arguments, message):
    with pytest.raises(ValueError, match=message):
        synthetic_polynomial(KEY, put.ones(2), **arguments)
