import jax
import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from dl_lib.functional import cosine_noise_schedule, optimal_denoiser, sample_diffusion
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled

RNG = np.random.default_rng(0)
CENTERS = put.array(RNG.normal(size=(4, 2)).astype("f4"))
WEIGHTS = np.float32([0.4, 0.3, 0.2, 0.1])
X = put.array(RNG.normal(size=(5, 2)).astype("f4"))
KEPT = put.array([1.0, 0.9, 0.5, 0.1, 0.01])


def mixture(kept, spread):
    """The mixture drowned in noise, as scikit-learn has it."""
    law = GaussianMixture(4, covariance_type="spherical")
    law.means_ = np.sqrt(kept) * np.asarray(CENTERS, float)
    law.weights_ = WEIGHTS.astype(float)
    law.covariances_ = np.full(4, kept * spread**2 + 1 - kept)
    law.precisions_cholesky_ = law.covariances_**-0.5
    return law


@pytest.mark.parametrize(("kept", "spread"), [(0.9, 0.3), (0.3, 0.3), (0.5, 0.0)])
def test_the_score_is_the_slope_of_the_density_of_scikit_learn(kept, spread):
    law, step = mixture(kept, spread), 1e-5
    x = np.asarray(X, float)
    moves = step * np.eye(2)
    slopes = [(law.score_samples(x + m) - law.score_samples(x - m)) / (2 * step) for m in moves]
    with jax.enable_x64(True):
        found = compiled(optimal_denoiser)(x, np.asarray(CENTERS, float), kept, spread, WEIGHTS)
    score = (np.sqrt(kept) * found - x) / (1 - kept)
    agree("denoising, float64", score, np.stack(slopes, axis=1), rtol=1e-6, atol=1e-8)
    agree(
        "denoising, float32",
        compiled(optimal_denoiser)(X, CENTERS, np.float32(kept), spread, WEIGHTS),
        found,
        *(1e-5, 1e-5),
    )


def test_by_hand():
    # Two data, at −1 and 1: the mean of the two is tanh(√ᾱ x / (1 − ᾱ)).
    two, x = put.array([[-1.0], [1.0]]), put.array([[0.5], [-2.0]])
    found = optimal_denoiser(x, two, 0.5)
    np.testing.assert_allclose(found, np.tanh(0.5**0.5 * x / 0.5), rtol=1e-5)
    # One cloud of spread 1 around 2 at ᾱ = ¼: half of what x is off its mean of 1.
    found = optimal_denoiser(put.array([[3.0]]), put.array([[2.0]]), 0.25, 1.0)
    np.testing.assert_allclose(found, [[2 + 0.5 * 2]], rtol=1e-6)


def test_nothing_denoises_the_data_better():
    law = RNG.choice(4, 4000, p=WEIGHTS)
    clean = np.asarray(CENTERS)[law]
    noisy = np.float32(0.8 * clean + 0.6 * RNG.normal(size=clean.shape))
    best = compiled(optimal_denoiser)(noisy, CENTERS, np.float32(0.64), 0.0, WEIGHTS)
    least = np.mean((best - clean) ** 2)
    for other in (1.02 * best, best + 0.05, noisy / 0.8):
        assert np.mean((other - clean) ** 2) > least


def test_one_cloud_comes_back_by_every_freshness():
    # The exact mean makes a normal out of a normal: here N(2, ½²).
    def denoiser(x, kept):
        return optimal_denoiser(x, put.array([[2.0]]), kept, 0.5)

    start = np.float32(RNG.normal(size=(4000, 1)))
    kept = cosine_noise_schedule(100)
    for freshness in (0.0, 1.0):
        drawn = compiled(sample_diffusion)(denoiser, start, kept, jax.random.key(0), freshness)
        assert abs(drawn.mean() - 2) < 0.05 and abs(drawn.std() - 0.5) < 0.03
    # Without fresh noise the start decides, in its order.
    drawn = compiled(sample_diffusion)(denoiser, start, kept, jax.random.key(1), 0.0)
    assert np.all(np.diff(drawn[np.argsort(start[:, 0]), 0]) > -1e-5)


def test_data_without_spread_are_copied():
    def denoiser(x, kept):
        return optimal_denoiser(x, CENTERS, kept)

    drawn = compiled(sample_diffusion)(denoiser, X, KEPT, jax.random.key(0), 1.0)
    nearest = np.abs(drawn[:, None] - np.asarray(CENTERS)).sum(-1).min(1)
    assert nearest.max() < 0.5


def test_compiled_mapped_and_by_differences():
    check_jit(lambda x, c: optimal_denoiser(x, c, 0.5, 0.3), X, CENTERS)
    check_vmap(lambda x: optimal_denoiser(x, CENTERS, 0.5, 0.3), X)
    check_gradient(lambda x, c: optimal_denoiser(x, c, 0.5, 0.3), X, CENTERS)


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"kept must lie in \[0, 1\], got -1"):
        optimal_denoiser(X, CENTERS, -1.0)
    with pytest.raises(ValueError, match="spread"):
        optimal_denoiser(X, CENTERS, 0.5, -1.0)
    with pytest.raises(ValueError, match="two levels or more"):
        sample_diffusion(lambda x, kept: x, X, KEPT[:1], jax.random.key(0))
