import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from dl_lib.losses import histogram_loss, mutual_information_loss
from dl_lib.losses.histograms import soft_bins
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap
from tests.compiled import compiled
from tests.losses.family import check_loss

RNG = np.random.default_rng(0)
X = put.array(RNG.uniform(0.02, 0.98, size=(2, 6)), jnp.float32)
Y = put.array(RNG.uniform(0.02, 0.98, size=(2, 6)), jnp.float32)
WHOLE = RNG.integers(4, size=(2, 30))


def test_soft_bins_by_hand():
    weights = soft_bins(put.array([0.0, 0.3, 1.0, 7.0]), 3)
    np.testing.assert_allclose(
        weights, [[1, 0, 0], [0.4, 0.6, 0], [0, 0, 1], [0, 0, 1]], rtol=1e-6, atol=1e-7
    )
    # Linear interpolation, turned around: the weights of x give the value of any function at x.
    heights = np.array([3.0, -1.0, 2.0])
    expected = np.interp(X[0], [0, 0.5, 1], heights)
    agree("histogram losses, float32", soft_bins(X[0], 3) @ heights, expected, 1e-5, 1e-6)


def test_whole_numbers_give_the_histogram_of_numpy():
    counts = compiled(soft_bins)(jnp.asarray(WHOLE[0], jnp.float32), 4, 0, 3).sum(axis=0)
    agree("histogram losses, float32", counts, np.bincount(WHOLE[0], minlength=4))


def test_histogram_loss_equals_scipy():
    for n in (30, 12):
        x, y = WHOLE[0], WHOLE[1, :n]
        expected = scipy.stats.wasserstein_distance(x, y)
        value = compiled(histogram_loss)(*(jnp.asarray(s, jnp.float32) for s in (x, y)), 4, 0, 3)
        agree("histogram losses, float32", value, expected, 1e-5)
    # Between bins too: moving every sample right by less than a bin costs just that.
    moved = compiled(histogram_loss)(X * 0.5, X * 0.5 + 0.1, bins=9)
    np.testing.assert_allclose(moved, 0.1, rtol=1e-5)


def test_mutual_information_equals_scikit_learn():
    for x, y in ((WHOLE[0], WHOLE[1]), (WHOLE[0], WHOLE[0] // 2)):
        expected = -sklearn.metrics.mutual_info_score(x, y)
        args = (jnp.asarray(s, jnp.float32) for s in (x, y))
        value = compiled(mutual_information_loss)(*args, bins=4, low=0, high=3)
        agree("histogram losses, float32", value, expected, 1e-5, 1e-6)
    itself = compiled(mutual_information_loss)(put.array([0.0, 1.0]), put.array([1.0, 0.0]), bins=2)
    np.testing.assert_allclose(itself, -np.log(2), rtol=1e-6)


def test_the_reductions_and_the_gradient():
    check_loss(lambda x, y, **r: histogram_loss(x, y, 5, **r), X, Y)
    check_loss(lambda x, y, **r: mutual_information_loss(x, y, 3, **r), X, Y)
    check_jit(lambda x: soft_bins(x, 5), X)
    check_vmap(lambda x: soft_bins(x, 5), X)
    check_gradient(lambda x: soft_bins(x, 5), X)
    slope = jax.jit(jax.grad(mutual_information_loss))(put.zeros(4), put.zeros(4))
    assert np.isfinite(slope).all()


def test_wrong_inputs():
    with pytest.raises(ValueError, match="expected 2 bins or more and low < high, got 1"):
        soft_bins(X, 1)
    with pytest.raises(ValueError, match="got 5, 1 and 1"):
        histogram_loss(X, Y, 5, 1, 1)
    with pytest.raises(ValueError, match=r"prediction's histogram has shape \(2, 32\)"):
        histogram_loss(X, Y[0])
    with pytest.raises(ValueError, match=r"prediction has shape \(2, 6\) but target has"):
        mutual_information_loss(X, Y[:, :3])
