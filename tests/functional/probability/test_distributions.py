import itertools

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from dl_lib.functional import (
    bernoulli_log_pmf,
    binomial_log_pmf,
    multinomial_log_pmf,
    normal_log_density,
    softmax,
)
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

X = put.array([-4.0, -0.5, 0.0, 1.0, 6.0])
STORED = load_oracle("distributions")
LOG_DENSITIES = {
    "normal_log_density": normal_log_density,
    "bernoulli_log_pmf": bernoulli_log_pmf,
    "binomial_log_pmf": lambda k, p: binomial_log_pmf(k, 6, p),
    "multinomial_log_pmf": lambda c, o: multinomial_log_pmf(c, softmax(o)),
}


@pytest.mark.parametrize("case", STORED)
def test_value_and_gradient_equal_torch(case):
    check_stored("distributions", LOG_DENSITIES[case.split("/")[0]], STORED[case], atol32=1e-5)


def test_normal_equals_scipy():
    for loc, scale in ((0.0, 1.0), (1.5, 0.1), (-2.0, 30.0)):
        expected = scipy.stats.norm.logpdf(np.asarray(X), loc, scale)
        agree("distributions, float32", normal_log_density(X, loc, scale), expected, rtol=2e-6)
    each = normal_log_density(X, put.ones((2, 1)), put.array([[1.0], [2.0]]))
    expected = scipy.stats.norm.logpdf(np.asarray(X), 1, np.asarray([[1.0], [2.0]]))
    agree("distributions, float32", each, expected, rtol=2e-6)


def test_the_normal_density_integrates_to_one_and_may_exceed_one():
    x = put.linspace(-2, 4, 4001)
    density = jnp.exp(normal_log_density(x, 1.0, 0.2))
    np.testing.assert_allclose(jnp.trapezoid(density, x), 1, rtol=1e-4)
    assert density.max() > 1.99


def test_bernoulli_equals_scipy():
    for p in (0.3, 0.0, 1.0):
        expected = scipy.stats.bernoulli.logpmf([0, 1, 2], p)
        agree("distributions, float32", bernoulli_log_pmf(put.arange(3), p), expected)


def test_binomial_equals_scipy():
    k = np.arange(-1, 12)
    for p in (0.3, 0.0, 1.0, 0.999):
        expected = scipy.stats.binom.logpmf(k, 10, p)
        agree(
            "distributions, float32",
            compiled(binomial_log_pmf)(jnp.asarray(k), 10, p),
            expected,
            1e-5,
            3e-6,
        )
    assert compiled(binomial_log_pmf)(1.5, 10, 0.5) == -jnp.inf


def test_multinomial_equals_scipy_and_sums_to_one():
    p = put.array([0.2, 0.5, 0.3, 0.0])
    counts = [c for c in itertools.product(range(6), repeat=4) if sum(c) == 5]
    actual = compiled(multinomial_log_pmf)(jnp.asarray(counts), p)
    expected = scipy.stats.multinomial.logpmf(
        counts, 5, np.asarray(p, float) / np.sum(p, dtype=float)
    )
    agree("distributions, float32", actual, expected, 1e-5, 3e-6)
    np.testing.assert_allclose(np.exp(actual).sum(), 1, rtol=1e-5)
    mean = jnp.exp(actual) @ jnp.asarray(counts)
    np.testing.assert_allclose(mean, 5 * p, rtol=1e-5, atol=1e-6)


def test_hand_values():
    np.testing.assert_allclose(np.exp(binomial_log_pmf(2, 4, 0.5)), 6 / 16, rtol=1e-5)
    np.testing.assert_allclose(np.exp(bernoulli_log_pmf(1, 0.3)), 0.3, rtol=1e-6)
    two_of_each = multinomial_log_pmf(put.array([2, 1, 1]), put.array([0.5, 0.25, 0.25]))
    np.testing.assert_allclose(np.exp(two_of_each), 12 / 64, rtol=1e-5)


def test_compiled_and_differenced():
    check_jit(normal_log_density, X, jnp.asarray(0.5), jnp.asarray(2.0))
    check_vmap(normal_log_density, X, X / 2, jnp.exp(X / 4))
    check_gradient(normal_log_density, X, np.float32(0.5), np.float32(2.0))
    k, p = put.array([0, 1, 1]), put.array([0.2, 0.3, 0.5])
    for function in (
        bernoulli_log_pmf,
        lambda k, p: binomial_log_pmf(k, 3, p),
        multinomial_log_pmf,
    ):
        check_jit(function, k, p)
        check_vmap(function, k, p)
        check_gradient(function, k, p)


def test_wrong_inputs():
    for p in (1.5, -0.5):
        for call in (lambda p: bernoulli_log_pmf(1, p), lambda p: binomial_log_pmf(1, 2, p)):
            with pytest.raises(ValueError, match=f"a probability, from 0 to 1, found {p}"):
                call(jnp.asarray([0.5, p]))
    with pytest.raises(ValueError, match=r"scale must be positive, got 0\.0"):
        normal_log_density(1.0, 0.0, 0.0)
    with pytest.raises(ValueError, match=r"counts has shape \(2,\) but p has shape \(3,\)"):
        multinomial_log_pmf(put.array([1, 2]), put.array([0.2, 0.3, 0.5]))
    with pytest.raises(ValueError, match="p must sum to 1"):
        multinomial_log_pmf(put.array([1, 2]), put.array([0.2, 0.3]))
    assert multinomial_log_pmf(put.array([-1, 2]), put.array([0.5, 0.5])) == -jnp.inf


@pytest.mark.parametrize("n", [10**2, 10**4, 10**6, 10**8])
def test_many_tosses_are_no_difference_of_large_numbers(n):
    k = np.asarray([n // 2, n // 2 - int(n**0.5), n // 2 + 2 * int(n**0.5)])
    expected = scipy.stats.binom.logpmf(k, n, 0.5)
    np.testing.assert_allclose(binomial_log_pmf(jnp.asarray(k), n, 0.5), expected, rtol=1e-4)
    few = binomial_log_pmf(put.array([0, 3]), n, 2 / n)
    np.testing.assert_allclose(few, scipy.stats.binom.logpmf([0, 3], n, 2 / n), rtol=1e-5)
    p = put.array([0.5, 0.25, 0.25])
    counts = np.asarray([n // 2 - 3, n // 4, n // 4 + 3])
    expected = scipy.stats.multinomial.logpmf(counts, n, np.asarray(p))
    np.testing.assert_allclose(multinomial_log_pmf(jnp.asarray(counts), p), expected, rtol=1e-5)
