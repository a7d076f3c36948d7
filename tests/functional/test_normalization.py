import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import batch_norm, batch_statistics
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle

STORED = load_oracle("functional")
X = jnp.asarray(np.random.default_rng(0).normal(size=(4, 3, 2, 2)), jnp.float32)


@pytest.mark.parametrize("case", ["batch_norm/dense", "batch_norm/image"])
def test_batch_norm_equals_torch(case):
    check_stored("normalization", batch_norm, STORED[case])


def test_statistics_by_hand_and_by_numpy():
    mean, var = batch_statistics(jnp.asarray([[0.0], [2.0], [4.0], [6.0]]))
    assert (mean[0], var[0]) == (3, 5)  # biased: 20/4
    expected = np.mean(X, axis=(0, 2, 3)), np.var(X, axis=(0, 2, 3))
    agree("normalization, float32", batch_statistics(X), expected, rtol=1e-5, atol=1e-7)


def test_its_own_statistics_give_mean_zero_and_variance_one():
    y = batch_norm(3 * X + 7, *batch_statistics(3 * X + 7))
    mean, var = batch_statistics(y)
    np.testing.assert_allclose(mean, 0, atol=1e-5)
    np.testing.assert_allclose(var, 1, atol=1e-4)


def test_compiled_and_differenced():
    args = X[:2], jnp.ones(3), jnp.asarray([0.5, 1.0, 2.0]), jnp.full(3, 2.0), jnp.ones(3)
    check_jit(batch_norm, *args)
    check_gradient(batch_norm, *args)
    check_jit(batch_statistics, X)
    check_gradient(batch_statistics, X[:2])


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"var has shape \(4,\) but x .* has 3 channels"):
        batch_norm(X, jnp.zeros(3), jnp.ones(4))
    with pytest.raises(ValueError, match=r"x must have shape \(batch, channels, ...\), got \(5,\)"):
        batch_statistics(jnp.zeros(5))
