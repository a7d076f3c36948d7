"""Draws from a prior, and the waves that stand for a kernel."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.gp import (
    RBF,
    Matern32,
    cholesky,
    random_fourier_features,
    sample_normal,
    sample_prior,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit
from tests.compiled import compiled

KEY = jax.random.key(0)
X = put.linspace(0, 3, 6).astype("f4")[:, None]


def test_cholesky_by_hand():
    K = put.array([[4.0, 2.0], [2.0, 5.0]], "f4")
    np.testing.assert_allclose(cholesky(K, 0.0), [[2, 0], [1, 2]], rtol=1e-6)
    np.testing.assert_allclose(cholesky(K, 5.0), [[3, 0], [2 / 3, (10 - 4 / 9) ** 0.5]], rtol=1e-6)
    check_jit(cholesky, K)
    with jax.enable_x64(True):
        K = np.asarray(RBF(1.0)(put.array(np.asarray(X, "f8"))))
        agree("gp, NumPy", cholesky(put.array(K), 0.0), np.linalg.cholesky(K), 1e-8)


def test_the_jitter_lifts_what_rounding_broke():
    x = put.linspace(0, 1, 200).astype("f4")[:, None]
    K = RBF(1.0)(x)
    with pytest.raises(FloatingPointError, match=r"not positive definite in float32, j = 0"):
        cholesky(K, 0.0)
    L = cholesky(K)
    np.testing.assert_allclose(L @ L.T, K, atol=1e-4)
    assert np.isnan(jax.jit(cholesky)(K, 0.0)).any()  # seen under jit, where nothing can be raised


def test_a_draw_is_the_mean_and_the_root_times_normal_numbers():
    mean, K = put.array([1.0, -1.0], "f4"), put.array([[4.0, 2.0], [2.0, 5.0]], "f4")
    drawn = sample_normal(mean, K, KEY, 3, 0.0)
    z = np.asarray(jax.random.normal(KEY, (3, 2)))
    expected = np.stack([1 + 2 * z[:, 0], -1 + z[:, 0] + 2 * z[:, 1]], axis=1)
    np.testing.assert_allclose(drawn, expected, rtol=1e-5)
    check_jit(lambda m, k: sample_normal(m, k, KEY, 3), mean, K)
    check_gradient(lambda m, k: sample_normal(m, (k + k.T) / 2, KEY, 2, 0.0), mean, K)


def test_the_covariance_of_the_draws_is_the_kernel():
    kernel = 2.0 * RBF(1.0)
    drawn = compiled(lambda k: sample_prior(k, X, KEY, 20_000, 3.0))(kernel)
    assert drawn.shape == (20_000, 6)
    np.testing.assert_allclose(drawn.mean(axis=0), 3, atol=0.05)
    # An entry of a sample covariance has a standard error of at most √2 · 2 / √20,000 = .02.
    np.testing.assert_allclose(np.cov(drawn.T), kernel(X), atol=0.08)


def test_random_features_by_hand():
    w = put.array([[np.pi], [0.5 * np.pi]], "f4")
    features = random_fourier_features(put.array([[1.0]], "f4"), w)
    np.testing.assert_allclose(features * 2**0.5, [[-1, 0, 0, 1]], atol=1e-6)
    check_jit(random_fourier_features, X, w)
    check_gradient(random_fourier_features, X[:2], w)


def test_their_products_near_the_kernel_as_one_over_the_root():
    kernel, errors = Matern32(1.0), []
    for count in (100, 1600):

        def error(key, count=count):
            features = random_fourier_features(X, kernel.frequencies(key, count, 1))
            return jnp.mean((features @ features.T - kernel(X)) ** 2)

        squares = compiled(jax.vmap(error))(jax.random.split(KEY, 200))
        errors.append(squares.mean() ** 0.5)
    np.testing.assert_allclose(errors[0] / errors[1], 4, rtol=0.15)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: cholesky(put.ones((2, 3))), r"shape \(n, n\), got \(2, 3\)"),
        (lambda: cholesky(put.eye(2).astype("f4"), -1.0), "jitter must not be negative"),
        (lambda: sample_normal(put.ones(3), put.eye(2).astype("f4"), KEY), r"mean \(3,\) does not"),
        (lambda: sample_prior(RBF(1.0), X, KEY, 0), "count to be at least 1, got 0"),
        (lambda: random_fourier_features(X, put.ones((5, 2))), "x has 1 features but frequencies"),
    ],
)
@pytest.mark.usefixtures("as_a_reader")
def test_mistakes_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()
