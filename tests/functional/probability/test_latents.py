import jax
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from sklearn.decomposition import PCA

from dl_lib.functional import (
    evidence_lower_bound,
    probabilistic_pca,
    reparameterize,
    standard_normal_kl,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled

RNG = np.random.default_rng(0)
LOC, LOG_SCALE = (put.array(RNG.normal(size=(3, 2)).astype("f4")) for _ in range(2))
X, MEAN = (put.array(RNG.normal(size=(3, 4)).astype("f4")) for _ in range(2))
DATA = RNG.normal(size=(60, 5)) @ RNG.normal(size=(5, 5))
COV = np.cov(DATA.T, bias=True)
KEY = jax.random.key(0)


def test_by_hand():
    np.testing.assert_array_equal(standard_normal_kl(put.zeros(2), put.zeros(2)), [0, 0])
    # A mean of 2 at scale 1 costs 2²/2; a scale of e costs (e² − 1)/2 − 1.
    found = standard_normal_kl(put.array([2.0, 0.0]), put.array([0.0, 1.0]))
    np.testing.assert_allclose(found, [2, (np.e**2 - 1) / 2 - 1], rtol=1e-6)
    # Exact picture, nothing learned of z: 4 times −½ log 2π.
    found = evidence_lower_bound(X, X, 1.0, put.zeros((3, 2)), put.zeros((3, 2)))
    np.testing.assert_allclose(found, np.full(3, -2 * np.log(2 * np.pi)), rtol=1e-6)
    W, noise = probabilistic_pca(put.array(np.diag(np.float32([1, 6, 3]))), 1)
    np.testing.assert_allclose(noise, 2, rtol=1e-6)
    np.testing.assert_allclose(np.abs(W), [[0, 2, 0]], atol=1e-6)


def test_divergence_equals_an_integral_of_densities_of_scipy():
    def integrand(z, law):
        return law.pdf(z) * (law.logpdf(z) - scipy.stats.norm.logpdf(z))

    found = compiled(standard_normal_kl)(LOC, LOG_SCALE).ravel()
    for m, a, kl in zip(np.ravel(LOC), np.ravel(LOG_SCALE), found, strict=True):
        law = scipy.stats.norm(float(m), float(np.exp(a)))
        expected, _ = scipy.integrate.quad(integrand, *law.interval(1 - 1e-15), args=(law,))
        agree("divergence of a normal law, float32", kl, expected, 1e-5)


def test_small_divergences_keep_their_digits():
    small = put.array([1e-4])
    np.testing.assert_allclose(standard_normal_kl(small, 0 * small), [5e-9], rtol=1e-5)


def test_bound_equals_densities_of_scipy():
    variance = 0.3
    explained = scipy.stats.norm(np.asarray(MEAN, float), variance**0.5).logpdf(X).sum(1)
    kl = np.asarray(standard_normal_kl(LOC, LOG_SCALE), float).sum(1)
    found = compiled(evidence_lower_bound)(X, MEAN, variance, LOC, LOG_SCALE)
    agree("evidence lower bound, float32", found, explained - kl, 1e-5)


def test_most_likely_components_equal_scikit_learn():
    theirs = PCA(2).fit(DATA)
    n = len(DATA)
    with jax.enable_x64(True):
        W, noise = compiled(probabilistic_pca)(COV, 2)
    # scikit-learn divides by n − 1 where the likelihood divides by n
    agree("probabilistic PCA, float64", noise, theirs.noise_variance_ * (n - 1) / n, 1e-8)
    model = W.T @ W + noise * np.eye(5)
    agree("probabilistic PCA, float64", model, theirs.get_covariance() * (n - 1) / n, 1e-7, 1e-9)


def test_a_component_below_the_noise_is_zero():
    values = np.linalg.eigvalsh(COV)[::-1]
    W, noise = probabilistic_pca(put.array(np.float32(COV)), 4, float(values[1:3].mean()))
    lengths = np.sum(np.asarray(W) ** 2, axis=1)
    np.testing.assert_allclose(lengths, np.maximum(values[:4] - noise, 0), rtol=1e-4, atol=1e-4)
    assert (lengths > 0).tolist() == [True, True, False, False]


def test_draws_have_the_law_and_its_slopes():
    m, a = np.float32(np.full(20_000, 1.5)), np.float32(np.full(20_000, np.log(0.5)))
    z = compiled(reparameterize)(m, a, KEY)
    assert scipy.stats.kstest(z, scipy.stats.norm(1.5, 0.5).cdf).pvalue > 1e-3
    slopes = jax.jacobian(lambda m, a: reparameterize(m, a, KEY)[0, 0], (0, 1))(LOC, LOG_SCALE)
    expected = np.zeros((3, 2))
    expected[0, 0] = 1
    np.testing.assert_array_equal(slopes[0], expected)
    deviation = reparameterize(LOC, LOG_SCALE, KEY)[0, 0] - LOC[0, 0]
    np.testing.assert_allclose(slopes[1], expected * deviation, rtol=1e-5)


def test_compiled_mapped_and_by_differences():
    check_jit(standard_normal_kl, LOC, LOG_SCALE)
    check_vmap(standard_normal_kl, LOC, LOG_SCALE)
    check_gradient(standard_normal_kl, LOC, LOG_SCALE)
    check_jit(evidence_lower_bound, X, MEAN, 0.3, LOC, LOG_SCALE)
    check_gradient(lambda *a: evidence_lower_bound(X, a[0], 0.3, *a[1:]), MEAN, LOC, LOG_SCALE)


def test_what_is_refused():
    with pytest.raises(ValueError, match="loc has shape"):
        standard_normal_kl(LOC, LOG_SCALE[:1])
    with pytest.raises(ValueError, match="loc has shape"):
        reparameterize(LOC, LOG_SCALE[:1], KEY)
    with pytest.raises(ValueError, match="variance must be positive"):
        evidence_lower_bound(X, MEAN, 0.0, LOC, LOG_SCALE)
    with pytest.raises(ValueError, match="components must lie in"):
        probabilistic_pca(put.array(np.float32(COV)), 5)
