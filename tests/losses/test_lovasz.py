from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import sklearn.metrics

from dl_lib.losses import lovasz_hinge_loss, lovasz_softmax_loss
from tests import put
from tests.checks import agree
from tests.compiled import compiled
from tests.losses.family import check_loss

RNG = np.random.default_rng(0)
LOGITS = put.array(RNG.normal(size=(3, 4)), jnp.float32)
MASKS = put.array([[1, 0, 1, 0], [0, 0, 1, 0], [1, 1, 1, 1]])
SCORES = put.array(RNG.normal(size=(2, 3, 5)), jnp.float32)
LABELS = put.array([[0, 2, 2, 1, 0], [1, 1, 0, 0, 1]])


def extension(errors, mask):
    """Lovász extension of S → 1 − IoU as a linear program over its base polytope.

    It is the largest m·w whose w(S) stays below Δ(S) for every set S of pixels, with equality for
    all of them: an independent, exact definition. Returns the value and w, its gradient.
    """
    sets = np.array(list(product([0, 1], repeat=len(errors)))[1:])
    truth = np.asarray(mask, bool)
    delta = []
    for members in sets.astype(bool):  # S: the pixels that are predicted wrongly
        predicted = truth ^ members
        delta.append(1 - sklearn.metrics.jaccard_score(truth, predicted, zero_division=1.0))
    done = scipy.optimize.linprog(
        -np.asarray(errors, float),
        A_ub=sets[:-1],
        b_ub=delta[:-1],
        A_eq=sets[-1:],
        b_eq=delta[-1:],
        bounds=(None, None),
    )
    assert done.success
    return -done.fun, done.x


def test_the_hinge_equals_the_linear_program_in_value_and_gradient():
    value = compiled(lovasz_hinge_loss)(LOGITS, MASKS, "none")
    gradient = jax.jit(jax.grad(lambda o: lovasz_hinge_loss(o, MASKS, "sum")))(LOGITS)
    for row in range(3):
        signs = 2 * np.asarray(MASKS[row]) - 1
        margin = 1 - signs * np.asarray(LOGITS[row], float)
        best, weights = extension(np.maximum(margin, 0), MASKS[row])
        slope = np.where(margin > 0, -signs * weights, 0)
        agree("Lovász losses, float32", (value[row], gradient[row]), (best, slope), 1e-5, 1e-6)


def test_the_softmax_equals_the_linear_program():
    probability = np.asarray(jax.nn.softmax(SCORES, axis=1), float)
    values = jax.jit(lambda o: lovasz_softmax_loss(o, LABELS, "none"))
    each, gradients = values(SCORES), jax.jit(jax.jacobian(values))(SCORES)
    for row, classes in enumerate(([0, 1, 2], [0, 1])):
        expected = []
        for c in classes:
            mask = np.asarray(LABELS[row] == c)
            expected.append(extension(np.abs(mask - probability[row, c]), mask))
        agree("Lovász losses, float32", each[row], np.mean([best for best, _ in expected]), 1e-5)
        # ∂L/∂o = Σ_c ∂|y − p|/∂p · w · ∂p/∂o: the program's weights through the softmax.
        slope = np.zeros((3, 5))
        for c, (_, weights) in zip(classes, expected, strict=True):
            slope[c] = np.where(LABELS[row] == c, -weights, weights) / len(classes)
        p = probability[row]
        slope = p * (slope - np.sum(p * slope, axis=0))
        agree("Lovász losses, float32", gradients[row, row], slope, 1e-4, 1e-6)


def test_hard_predictions_cost_one_minus_their_intersection_over_union():
    found = put.array([[0, 2, 1, 1, 0], [1, 0, 0, 2, 1]])
    logits = 1e4 * jnp.moveaxis(jax.nn.one_hot(found, 3), -1, 1)
    value, gradient = jax.jit(jax.value_and_grad(lambda o: lovasz_softmax_loss(o, LABELS, "sum")))(
        logits
    )
    scores = [
        sklearn.metrics.jaccard_score(true, guess, labels=np.unique(true), average="macro")
        for true, guess in zip(np.asarray(LABELS), np.asarray(found), strict=True)
    ]
    agree("Lovász losses, float32", value, 2 - np.sum(scores), 1e-6)
    assert np.isfinite(gradient).all()


def test_by_hand():
    # One true pixel of three, errors 3 (a false positive), 1 (the true one), 0: Δ = ½, 1, 1
    value = compiled(lovasz_hinge_loss)(put.array([[0.0, 2.0, -5.0]]), put.array([[1, 0, 0]]))
    np.testing.assert_allclose(value, 3 * 0.5 + 1 * 0.5)
    # Nothing true: the largest error is what it costs.
    value = compiled(lovasz_hinge_loss)(put.array([[0.0, 2.0]]), put.array([[0, 0]]))
    np.testing.assert_allclose(value, 3)
    perfect = lovasz_hinge_loss((2.0 * MASKS - 1) * 1e4, MASKS)
    assert perfect == 0
    far = jax.jit(jax.grad(lovasz_hinge_loss))((1 - 2.0 * MASKS) * 1e4, MASKS)
    assert np.isfinite(far).all()


def test_the_order_of_the_pixels_does_not_matter():
    order = put.array([2, 0, 3, 1])
    np.testing.assert_allclose(
        lovasz_hinge_loss(LOGITS[:, order], MASKS[:, order], "none"),
        lovasz_hinge_loss(LOGITS, MASKS, "none"),
        rtol=1e-6,
    )
    image = lovasz_hinge_loss(LOGITS.reshape(3, 2, 2), MASKS.reshape(3, 2, 2), "none")
    np.testing.assert_allclose(image, lovasz_hinge_loss(LOGITS, MASKS, "none"), rtol=1e-6)


def test_the_reductions_and_the_gradient():
    check_loss(lovasz_hinge_loss, LOGITS, MASKS)
    check_loss(lovasz_softmax_loss, SCORES, LABELS)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="target must be 0 or 1, found 2"):
        lovasz_hinge_loss(LOGITS, MASKS + 1)
    with pytest.raises(ValueError, match=r"logits has shape \(3, 4\) but target has .*\(4,\)"):
        lovasz_hinge_loss(LOGITS, MASKS[0])
    with pytest.raises(ValueError, match=r"logits without the classes has shape \(2, 5\)"):
        lovasz_softmax_loss(SCORES, LABELS[:, :3])
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.2, found 3"):
        lovasz_softmax_loss(SCORES, LABELS + 1)
    lost = jax.jit(lovasz_softmax_loss)(SCORES, LABELS + 1)
    assert np.isnan(lost)
