import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from dl_lib.functional import one_hot
from dl_lib.losses import (
    dice_loss,
    generalized_dice_loss,
    jaccard_loss,
    tversky_loss,
)
from dl_lib.losses.overlap import class_masks
from tests import put
from tests.checks import agree, check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

LOSSES = {
    "dice_loss/squared": dice_loss,
    "dice_loss/linear": lambda o, y, **r: dice_loss(o, y, squared=False, **r),
    "jaccard_loss/1": jaccard_loss,
    "tversky_loss/0": lambda o, y, **r: tversky_loss(o, y, smooth=0, **r),
    "generalized_dice_loss": generalized_dice_loss,
}
STORED = load_oracle("segmentation_losses")
CASES = [case for case in STORED if case.rpartition("/")[0] in LOSSES]
TRUE = put.array([[1, 1, 0, 0, 0], [1, 0, 1, 1, 0]])
FOUND = put.array([[1, 0, 1, 1, 0], [1, 0, 1, 0, 0]])
CERTAIN = (2.0 * FOUND - 1) * 1e4
SOFT = put.array([[0.3, -1.2, 0.8, 2.0, -0.4], [1.5, 0.2, -0.7, -2.5, 0.1]])


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient_equal_torch(case):
    loss = LOSSES[case.rpartition("/")[0]]
    check_stored("overlap losses", lambda o, y: loss(o, y, reduction="none"), STORED[case])


def test_by_hand():
    # TP 1, FP 2, FN 1 in the first row; 2, 0, 1 in the second; s = 1
    for squared in (True, False):
        np.testing.assert_allclose(
            compiled(dice_loss)(CERTAIN, TRUE, squared, reduction="none"),
            [1 - 3 / 6, 1 - 5 / 6],
            rtol=1e-6,
        )
    np.testing.assert_allclose(
        jaccard_loss(CERTAIN, TRUE, reduction="none"), [1 - 2 / 5, 1 - 3 / 4], rtol=1e-6
    )
    np.testing.assert_allclose(
        tversky_loss(CERTAIN, TRUE, 0.3, 0.7, reduction="none"),
        [1 - 2 / (2 + 0.6 + 0.7), 1 - 3 / 3.7],
        rtol=1e-6,
    )
    # Two pixels of class 0 (w = ¼) and one of class 1 (w = 1), the last pixel wrong:
    # 1 − 2 · (¼ · 2 + 1 · 0) / (¼ · (2 + 3) + 1 · (1 + 0)) = 1 − 1 / 2.25
    logits = put.array([[[1e4, 1e4, 1e4], [0.0, 0.0, 0.0]]])
    value = compiled(generalized_dice_loss)(logits, put.array([[0, 0, 1]]))
    np.testing.assert_allclose(value, 1 - 1 / 2.25, rtol=1e-6)


def test_hard_predictions_score_as_in_scikit_learn():
    for row in range(2):
        true, found, logits = TRUE[row], FOUND[row], CERTAIN[row][None]
        mask = true[None]
        score = sklearn.metrics.f1_score(true, found)
        for squared in (True, False):
            agree(
                "overlap losses, float32", compiled(dice_loss)(logits, mask, squared, 0), 1 - score
            )
        score = sklearn.metrics.jaccard_score(true, found)
        agree("overlap losses, float32", jaccard_loss(logits, mask, 0), 1 - score)
        for beta in (0.5, 2):
            score = sklearn.metrics.fbeta_score(true, found, beta=beta)
            alpha = 1 / (1 + beta**2)
            loss = tversky_loss(logits, mask, alpha, 1 - alpha, 0)
            agree("overlap losses, float32", loss, 1 - score)


def test_one_family():
    half = tversky_loss(SOFT, TRUE, 0.5, 0.5, 1, reduction="none")
    dice = dice_loss(SOFT, TRUE, False, 2, reduction="none")
    np.testing.assert_allclose(half, dice, rtol=1e-6)
    whole = tversky_loss(SOFT, TRUE, 1.0, 1.0, 1, reduction="none")
    np.testing.assert_allclose(whole, jaccard_loss(SOFT, TRUE, 1, reduction="none"), rtol=1e-6)
    # J = D / (2 − D) for the coefficients
    d = 1 - dice_loss(SOFT, TRUE, False, 0, reduction="none")
    j = 1 - jaccard_loss(SOFT, TRUE, 0, reduction="none")
    np.testing.assert_allclose(j, d / (2 - d), rtol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_perfect_predictions_and_empty_masks(name):
    loss = jax.jit(jax.value_and_grad(LOSSES[name]))
    for mask in (TRUE, jnp.zeros_like(TRUE), jnp.ones_like(TRUE)):
        logits = (2.0 * mask - 1) * 1e4
        if name == "generalized_dice_loss":
            logits = jnp.stack([-logits, logits], axis=1)
        value, gradient = loss(logits, mask)
        if not (name == "tversky_loss/0" and not mask.any()):
            np.testing.assert_allclose(value, 0, atol=1e-6)
        assert np.isfinite(gradient).all()


def test_labels_and_masks_are_the_same():
    labels, logits = put.array([[0, 2, 2, 1]]), jnp.asarray(np.eye(3, 4)[None], jnp.float32)
    masks = jnp.moveaxis(compiled(one_hot)(labels, 3), -1, 1)
    np.testing.assert_array_equal(class_masks(logits, labels), masks)
    np.testing.assert_array_equal(class_masks(logits, masks.astype(int)), masks)
    value = compiled(generalized_dice_loss)(logits, labels)
    np.testing.assert_allclose(value, generalized_dice_loss(logits, masks), rtol=1e-6)


def test_the_reductions_and_the_gradient():
    check_loss(dice_loss, SOFT, TRUE)
    check_loss(jaccard_loss, SOFT, TRUE)
    check_loss(tversky_loss, SOFT, TRUE)
    check_loss(generalized_dice_loss, jnp.stack([SOFT, SOFT[::-1]]), FOUND)


def test_wrong_inputs():
    for loss in (dice_loss, jaccard_loss, tversky_loss):
        with pytest.raises(ValueError, match=r"logits has shape \(2, 5\) but target has .*\(5,\)"):
            loss(SOFT, TRUE[0])
        with pytest.raises(ValueError, match="smooth must not be negative, got -1"):
            loss(SOFT, TRUE, smooth=-1)
    with pytest.raises(ValueError, match="alpha must not be negative, got -1"):
        tversky_loss(SOFT, TRUE, alpha=-1)
    with pytest.raises(
        ValueError, match=r"target of shape \(5,\) .* expected integers of .*\(2,\)"
    ):
        generalized_dice_loss(SOFT, TRUE[0])
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.1, found 2"):
        generalized_dice_loss(jnp.stack([SOFT, SOFT]), TRUE + 1)
