import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import sklearn.metrics

from dl_lib.losses import hinge_loss, multiclass_hinge_loss
from tests import put
from tests.checks import agree
from tests.losses.family import check_loss

SCORES = put.array([[0.5, -2.0, 3.0], [-0.25, 0.75, 0.1]])
SIGNS = put.array([[1, 1, -1], [-1, 1, -1]])
LOGITS = put.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0], [2.0, 2.25, -1.0], [0.1, 0.2, 9.0]])
LABELS = put.array([0, 1, 1, 2])


def test_by_hand():
    each = hinge_loss(SCORES, SIGNS, reduction="none")
    np.testing.assert_allclose(each, [[0.5, 3, 4], [0.75, 0.25, 1.1]], rtol=1e-6)
    squared = hinge_loss(SCORES, SIGNS, squared=True, reduction="none")
    np.testing.assert_allclose(squared, each**2, rtol=1e-6)
    each = multiclass_hinge_loss(LOGITS, LABELS, reduction="none")
    np.testing.assert_allclose(each, [0.5, 0, 0.75, 0], rtol=1e-6)
    np.testing.assert_allclose(multiclass_hinge_loss(LOGITS, LABELS, 2.0, "sum"), 3.25, rtol=1e-6)


def test_equal_to_optax_and_scikit_learn():
    for scores, signs in ((SCORES, SIGNS), (SCORES[0], SIGNS[0])):
        ours = jax.jit(jax.value_and_grad(lambda f, y: hinge_loss(f, y, reduction="sum")))(
            scores, signs
        )
        theirs = jax.value_and_grad(lambda f, y: optax.losses.hinge_loss(f, y).sum())
        agree("margin losses, float32", ours, theirs(scores, signs))
    expected = sklearn.metrics.hinge_loss(SIGNS[0], SCORES[0])
    agree("margin losses, float32", hinge_loss(SCORES[0], SIGNS[0]), expected)
    expected = sklearn.metrics.hinge_loss(LABELS, LOGITS)
    agree("margin losses, float32", multiclass_hinge_loss(LOGITS, LABELS), expected)
    ours = jax.jit(jax.value_and_grad(multiclass_hinge_loss))(LOGITS, LABELS)
    theirs = jax.value_and_grad(lambda o, y: optax.losses.multiclass_hinge_loss(o, y).mean())
    agree("margin losses, float32", ours, theirs(LOGITS, LABELS))


def test_extreme_scores():
    for scale in (1e4, -1e4):
        value, slope = jax.jit(jax.value_and_grad(hinge_loss))(scale * SCORES, SIGNS)
        assert np.isfinite(value) and np.isfinite(slope).all()
        value, slope = jax.jit(jax.value_and_grad(multiclass_hinge_loss))(scale * LOGITS, LABELS)
        assert np.isfinite(value) and np.isfinite(slope).all()


def test_the_reductions_and_the_gradient():
    check_loss(hinge_loss, SCORES, SIGNS)
    check_loss(multiclass_hinge_loss, LOGITS, LABELS)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"target must be -1 or 1, found 0"):
        hinge_loss(SCORES, jnp.maximum(SIGNS, 0))
    with pytest.raises(ValueError, match=r"scores has shape \(2, 3\) but target has shape \(2,\)"):
        hinge_loss(SCORES, SIGNS[:, 0])
    with pytest.raises(ValueError, match="margin must be positive, got 0"):
        multiclass_hinge_loss(LOGITS, LABELS, 0)
    with pytest.raises(ValueError, match=r"logits without the classes has shape \(4,\)"):
        multiclass_hinge_loss(LOGITS, LABELS[:3])
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.2, found 3"):
        multiclass_hinge_loss(LOGITS, LABELS + 1)
    lost = jax.jit(lambda o, y: multiclass_hinge_loss(o, y, reduction="none"))(LOGITS, LABELS + 1)
    np.testing.assert_array_equal(np.isnan(lost), [False, False, False, True])
