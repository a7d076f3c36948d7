import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.losses import (
    cycle_consistency_loss,
    feature_matching_loss,
    reconstruction_loss,
    temporal_consistency_loss,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.losses.family import check_loss

LOSSES = {
    "cycle_consistency_loss": cycle_consistency_loss,
    "feature_matching_loss": feature_matching_loss,
    "temporal_consistency_loss": lambda x, y, m: temporal_consistency_loss(x, y, m, "none"),
    "reconstruction_loss": lambda x, y: reconstruction_loss(x, y, "none"),
}
STORED = load_oracle("generative_losses")
RNG = np.random.default_rng(0)
X, Y, Z = (put.array(RNG.normal(size=(2, 3, 2)), jnp.float32) for _ in range(3))
SEEN = put.array([[[1, 1], [0, 1], [0, 0]], [[0, 0], [1, 0], [1, 1]]], bool)


@pytest.mark.parametrize("case", [case for case in STORED if case.split("/")[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    check_stored("consistency losses", LOSSES[case.split("/")[0]], STORED[case])


def test_by_hand():
    one, two = put.array([[1.0, 2.0], [3.0, 4.0]]), put.array([[1.0, 0.0], [0.0, 4.0]])
    np.testing.assert_allclose(reconstruction_loss(one, two, "none"), [4, 9])
    np.testing.assert_allclose(feature_matching_loss(one, two, "sum"), 1.5**2 + 1)
    np.testing.assert_allclose(feature_matching_loss(one, two[:1], "sum"), 1 + 9)
    np.testing.assert_allclose(cycle_consistency_loss(one, two, two, one, "none"), [2, 3])
    np.testing.assert_allclose(temporal_consistency_loss(one, two), (1 + 1.5) / 2)
    mask = put.array([[0, 1], [0, 0]])
    np.testing.assert_allclose(temporal_consistency_loss(one, two, mask, "none"), [2, 0])


def test_what_was_hidden_is_not_looked_at():
    wild = jnp.where(SEEN, Y, jnp.nan)
    value, slope = jax.jit(jax.value_and_grad(temporal_consistency_loss, 1))(X, wild, SEEN)
    np.testing.assert_allclose(value, temporal_consistency_loss(X, Y, SEEN), rtol=1e-6)
    np.testing.assert_array_equal(slope[~SEEN], 0)
    full = temporal_consistency_loss(X, Y, jnp.ones_like(X), "none")
    np.testing.assert_allclose(full, temporal_consistency_loss(X, Y, reduction="none"), rtol=1e-6)


def test_the_reductions_and_the_gradient():
    check_loss(reconstruction_loss, X, Y)
    check_loss(feature_matching_loss, X, Y)
    check_loss(cycle_consistency_loss, X, Y, Z, X)
    check_loss(temporal_consistency_loss, X, Y, SEEN)
    check_jit(temporal_consistency_loss, X, Y)
    check_gradient(temporal_consistency_loss, X, Y)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="reconstruction has shape"):
        reconstruction_loss(X, Y[:1])
    with pytest.raises(ValueError, match=r"real features has shape \(3, 2\) but fake features"):
        feature_matching_loss(X, Y[..., :1])
    with pytest.raises(ValueError, match="first has shape"):
        cycle_consistency_loss(X, Y[:1], X, Y)
    with pytest.raises(ValueError, match=r"batch of first has shape \(2,\) but batch of second"):
        cycle_consistency_loss(X, Y, X[:1], Y[:1])
    with pytest.raises(ValueError, match=r"frame has shape .* but visible has"):
        temporal_consistency_loss(X, Y, SEEN[0])
