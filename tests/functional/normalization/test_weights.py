import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import power_iteration, spectral_norm, weight_norm
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)

STORED = load_oracle("normalization")
W = put.array(np.random.default_rng(0).normal(size=(4, 3)), jnp.float32)


@pytest.mark.parametrize("case", ["dense", "kernel"])
def test_equal_to_torch(case):
    check_stored("normalization", weight_norm, STORED[f"weight_norm/{case}"])
    # A gradient through the singular value decomposition loses a few digits.
    check_stored(
        "normalization", spectral_norm, STORED[f"spectral_norm/{case}"], 1e-10, 1e-12, 1e-5, 1e-5
    )


def test_weight_norm_by_hand():
    v = put.array([[3.0, 4.0], [0.0, 5.0]])
    np.testing.assert_allclose(weight_norm(v, put.array([10.0, 1.0])), [[6, 8], [0, 1]])
    turned = weight_norm(v.T, put.array([10.0, 1.0]), axis=1)
    np.testing.assert_allclose(turned.T, [[6, 8], [0, 1]])
    check_jit(weight_norm, v, put.ones(2))
    check_vmap(weight_norm, v, put.array([1.0, 2.0]))
    check_gradient(weight_norm, v, put.ones(2))


def test_power_iteration_finds_the_singular_vectors_of_numpy():
    u, v = power_iteration(W, put.ones(4), 40)
    U, s, Vt = np.linalg.svd(np.asarray(W, float))
    sign = np.sign(u @ U[:, 0])
    agree("normalization, float32", (u, v), (sign * U[:, 0], sign * Vt[0]), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(u @ W @ v, s[0], rtol=1e-5)
    check_jit(lambda W, u: power_iteration(W, u, 2), W, put.ones(4))
    check_vmap(lambda W, u: power_iteration(W, u, 2), W, put.ones(4))
    assert not jax.jit(jax.jacobian(lambda W: power_iteration(W, put.ones(4))[0]))(W).any()


def test_spectral_norm_leaves_the_largest_singular_value_at_one():
    u, v = power_iteration(W, put.ones(4), 40)
    for normalized in (spectral_norm(W), spectral_norm(W, u, v)):
        np.testing.assert_allclose(np.linalg.svd(normalized)[1][0], 1, rtol=1e-5)
    scaled = jax.vmap(spectral_norm)(jnp.stack([W, 5 * W]))
    np.testing.assert_allclose(scaled[0], scaled[1], rtol=1e-5)
    check_jit(spectral_norm, W)
    check_vmap(spectral_norm, W)
    check_gradient(spectral_norm, W)
    check_gradient(spectral_norm, W, u, v)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"length has shape \(3,\), expected \(4,\) for axis 0"):
        weight_norm(W, put.ones(3))
    with pytest.raises(ValueError, match="u and v belong together"):
        spectral_norm(W, put.ones(4))
    with pytest.raises(ValueError, match=r"u and v have 3 and 4 entries for a matrix \(4, 3\)"):
        spectral_norm(W, put.ones(3), put.ones(4))
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        power_iteration(W, put.ones(4), 0)
