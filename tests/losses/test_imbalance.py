import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.losses import (
    binary_cross_entropy,
    cross_entropy,
    focal_loss,
    multiclass_focal_loss,
    weighted_binary_cross_entropy,
)
from tests import put
from tests.checks import agree, check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

STORED = load_oracle("losses")
SCORES = put.array([[0.5, -2.0, 3.0], [-0.25, 0.75, 0.1]])
TARGET = put.array([[1, 1, 0], [0, 1, 0]])
LOGITS = put.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0], [2.0, 2.25, -1.0], [0.1, 0.2, 9.0]])
LABELS = put.array([0, 1, 1, 2])


def test_by_hand():
    # ŷ = 0.3 and y = 0: 0.75 · 0.3² · −log 0.7, whatever log 0.3 may be
    logit = jnp.log(put.array([0.3 / 0.7]))
    expected = -0.75 * 0.09 * np.log(0.7)
    np.testing.assert_allclose(
        compiled(focal_loss)(logit, put.array([0]), alpha=0.25), expected, rtol=1e-5
    )
    expected = -0.25 * 0.49 * np.log(0.3)
    np.testing.assert_allclose(focal_loss(logit, put.array([1]), alpha=0.25), expected, rtol=1e-5)
    value = weighted_binary_cross_entropy(put.zeros(2), put.array([0, 1]), 0.9, "none")
    np.testing.assert_allclose(value, [0.1 * np.log(2), 0.9 * np.log(2)], rtol=1e-6)


def test_the_plain_losses_are_special_cases():
    expected = binary_cross_entropy(SCORES, TARGET, "none")
    np.testing.assert_allclose(focal_loss(SCORES, TARGET, 0, None, "none"), expected, rtol=1e-6)
    halves = weighted_binary_cross_entropy(SCORES, TARGET, 0.5, "none")
    np.testing.assert_allclose(2 * halves, expected, rtol=1e-6)
    expected = compiled(cross_entropy)(LOGITS, LABELS, "none")
    for gamma in (0, 1e-9):
        value = multiclass_focal_loss(LOGITS, LABELS, gamma, reduction="none")
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("gamma, alpha", [(2.0, None), (0.5, 0.25)])
def test_focal_loss_equals_optax(gamma, alpha):
    for scores, target in ((SCORES, TARGET), (SCORES[0], TARGET[0])):
        ours = jax.value_and_grad(lambda o, y: focal_loss(o, y, gamma, alpha, "sum"))
        theirs = jax.value_and_grad(
            lambda o, y: optax.losses.sigmoid_focal_loss(o, y, alpha=alpha, gamma=gamma).sum()
        )
        agree("focal losses, float32", ours(scores, target), theirs(scores, target.astype(float)))


def test_two_classes_are_the_binary_case():
    scores, target, weights = SCORES.ravel(), TARGET.ravel(), put.array([0.75, 0.25])
    two = jnp.stack([put.zeros(6), scores], axis=-1)
    ours = jax.jit(jax.value_and_grad(lambda o: multiclass_focal_loss(o, target, 0.5, weights)))(
        two
    )
    theirs = jax.jit(
        jax.value_and_grad(
            lambda o: optax.losses.sigmoid_focal_loss(o, target * 1.0, alpha=0.25, gamma=0.5).mean()
        )
    )(scores)
    agree("focal losses, float32", (ours[0], ours[1][:, 1]), theirs)


@pytest.mark.parametrize("rows", [4, 2])
def test_the_focal_loss_of_several_classes_equals_torch(rows):
    loss = lambda o, y, w: multiclass_focal_loss(o, y, 0.5, w, "none")  # noqa: E731
    check_stored("focal losses", loss, STORED[f"multiclass_focal_loss/{rows}"])


@pytest.mark.parametrize("weight", ["one", "each"])
def test_weighted_binary_cross_entropy_equals_torch(weight):
    w = 0.7 if weight == "one" else np.array([0.2, 0.7, 0.1, 0.9, 0.5], np.float32)

    def loss(o, t):
        each = jnp.broadcast_to(jnp.asarray(w, o.dtype), o.shape)
        return weighted_binary_cross_entropy(o, t, w if weight == "one" else each, "none")

    case = STORED[f"weighted_binary_cross_entropy/{weight}"]
    check_stored("classification losses", loss, case)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_extreme_logits(gamma):
    scores, target = put.array([1e4, -1e4, 1e4, -1e4]), put.array([1, 1, 0, 0])
    value, slope = jax.jit(
        jax.value_and_grad(lambda o: focal_loss(o, target, gamma, reduction="sum"))
    )(scores)
    np.testing.assert_allclose(value, 2e4)
    np.testing.assert_allclose(slope, [0, -1, 1, 0], atol=1e-6)
    logits = jnp.stack([scores, -scores], axis=-1)
    value, slope = jax.jit(
        jax.value_and_grad(lambda o: multiclass_focal_loss(o, 1 - target, gamma, reduction="sum"))
    )(logits)
    np.testing.assert_allclose(value, 4e4)
    np.testing.assert_allclose(slope[:, 0], [0, -1, 1, 0], atol=1e-6)


def test_the_reductions_and_the_gradient():
    check_loss(lambda o, y, **r: focal_loss(o, y, 1.5, 0.25, **r), SCORES, TARGET)
    check_loss(lambda o, y, **r: multiclass_focal_loss(o, y, 1.5, **r), LOGITS, LABELS)
    weights = put.full((2, 3), 0.3)
    check_loss(weighted_binary_cross_entropy, SCORES, TARGET * 0.5 + 0.25, weights)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="target must be 0 or 1, found -1"):
        focal_loss(SCORES, TARGET - 1)
    with pytest.raises(ValueError, match="gamma must not be negative, got -1"):
        focal_loss(SCORES, TARGET, -1)
    with pytest.raises(ValueError, match=r"alpha must lie in \[0, 1\], got 2"):
        focal_loss(SCORES, TARGET, alpha=2.0)
    with pytest.raises(ValueError, match=r"class_weights must have shape \(3,\), got \(2,\)"):
        multiclass_focal_loss(LOGITS, LABELS, class_weights=put.ones(2))
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.2, found 3"):
        multiclass_focal_loss(LOGITS, LABELS + 1)
    with pytest.raises(ValueError, match=r"weight must lie in \[0, 1\], got 3"):
        weighted_binary_cross_entropy(SCORES, TARGET, 3.0)
    with pytest.raises(ValueError, match=r"weight has shape \(2,\)"):
        weighted_binary_cross_entropy(SCORES, TARGET, put.ones(2))
