import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.losses import (
    binary_cross_entropy,
    cross_entropy,
    masked_cross_entropy,
    next_token_loss,
)
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, check_vmap, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

STORED = load_oracle("losses")
LOGITS = put.array(np.random.default_rng(0).normal(size=(2, 3, 4)), jnp.float32)
TARGET = put.array([[0, 3, 1], [2, 2, 0]])
MASK = put.array([[True, True, False], [True, False, False]])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_masked_cross_entropy_equals_torch(reduction):
    def loss(logits, target):
        return masked_cross_entropy(logits, target, target != -100, reduction)

    check_stored("sequence losses", loss, STORED[f"masked_cross_entropy/{reduction}"])


def test_next_token_loss_equals_torch():
    check_stored("sequence losses", next_token_loss, STORED["next_token_loss"])


def test_by_hand():
    # Uniform logits cost log 4 wherever they count.
    flat = put.zeros((2, 3, 4))
    np.testing.assert_allclose(
        compiled(masked_cross_entropy)(flat, TARGET, MASK), np.log(4), rtol=1e-6
    )
    total = masked_cross_entropy(flat, TARGET, MASK, "sum")
    np.testing.assert_allclose(total, 3 * np.log(4), rtol=1e-6)
    total = compiled(next_token_loss)(flat, TARGET, MASK, "sum")
    np.testing.assert_allclose(total, np.log(4), rtol=1e-6)
    np.testing.assert_allclose(next_token_loss(flat, TARGET), np.log(4), rtol=1e-6)


def test_what_is_masked_is_not_looked_at():
    value, gradient = jax.jit(jax.value_and_grad(masked_cross_entropy))(LOGITS, TARGET, MASK)
    wild = jnp.where(MASK[..., None], LOGITS, jnp.nan)
    labels = jnp.where(MASK, TARGET, 99)
    again, slope = jax.jit(jax.value_and_grad(masked_cross_entropy))(wild, labels, MASK)
    assert value == again
    np.testing.assert_array_equal(gradient, slope)
    np.testing.assert_array_equal(slope[~MASK], 0)
    assert np.abs(slope[MASK]).min() > 0


def test_two_objectives_add_up():
    # A masked language model that also tells whether the second sentence follows the first.
    pairs, follows = LOGITS[:, 0, :2], put.array([1, 0])

    def total(logits, scores):
        return masked_cross_entropy(logits, TARGET, MASK) + cross_entropy(scores, follows)

    gradients = jax.jit(jax.grad(total, (0, 1)))(LOGITS, pairs)
    np.testing.assert_allclose(
        gradients[0], jax.jit(jax.grad(masked_cross_entropy))(LOGITS, TARGET, MASK)
    )
    np.testing.assert_allclose(gradients[1], jax.jit(jax.grad(cross_entropy))(pairs, follows))
    # The second is a yes-or-no question: the difference of two logits is one logit.
    expected = binary_cross_entropy(pairs[:, 1] - pairs[:, 0], follows)
    np.testing.assert_allclose(compiled(cross_entropy)(pairs, follows), expected, rtol=1e-6)


def test_full_and_empty_masks():
    full = masked_cross_entropy(LOGITS, TARGET, put.ones((2, 3)))
    np.testing.assert_allclose(full, cross_entropy(LOGITS, TARGET), rtol=1e-6)
    value, slope = jax.jit(jax.value_and_grad(masked_cross_entropy))(
        LOGITS, TARGET, put.zeros((2, 3))
    )
    assert value == 0
    np.testing.assert_array_equal(slope, 0)


def test_the_reductions_and_the_gradient():
    check_loss(next_token_loss, LOGITS, TARGET)
    for reduction in ("mean", "none"):
        weights = put.array([[1.0, 0.5, 2.0], [0.25, 1.0, 1.0]])
        check_gradient(
            lambda o, y, m, r=reduction: masked_cross_entropy(o, y, m, r), LOGITS, TARGET, weights
        )
    check_jit(masked_cross_entropy, LOGITS, TARGET, MASK)
    check_vmap(masked_cross_entropy, LOGITS, TARGET, MASK)
    for scale in (1e4, -1e4):
        value, slope = jax.jit(jax.value_and_grad(next_token_loss))(scale * LOGITS, TARGET)
        assert np.isfinite(value) and np.isfinite(slope).all()
    with pytest.raises(ValueError, match="reduction must be"):
        masked_cross_entropy(LOGITS, TARGET, MASK, "average")


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"target has shape \(2, 3\) but mask has shape \(3,\)"):
        masked_cross_entropy(LOGITS, TARGET, MASK[0])
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.3, found 5"):
        masked_cross_entropy(LOGITS, TARGET.at[0, 0].set(5), MASK)
    with pytest.raises(ValueError, match="needs at least 2 tokens, got 1"):
        next_token_loss(LOGITS[:, :1], TARGET[:, :1])
    with pytest.raises(ValueError, match=r"tokens has shape \(2, 3\) but mask has shape \(3,\)"):
        next_token_loss(LOGITS, TARGET, MASK[0])
