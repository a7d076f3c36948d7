import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.losses import (
    cross_entropy,
    deeplab_loss,
    gradient_difference_loss,
    pixel_cross_entropy,
    unet_loss,
)
from tests import put
from tests.checks import check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

LOSSES = {
    "pixel_cross_entropy": lambda o, y, w: pixel_cross_entropy(o, y, w, "none"),
    "unet_loss": lambda o, y: unet_loss(o, y, 0.7, reduction="none"),
    "deeplab_loss": deeplab_loss,
    "gradient_difference_loss": lambda p, y: gradient_difference_loss(p, y, 0.3, "none"),
}
STORED = load_oracle("segmentation_losses")
LOGITS = put.array(np.random.default_rng(0).normal(size=(2, 3, 2, 2)), jnp.float32)
LABELS = put.array([[[0, 2], [1, 1]], [[2, 2], [0, 2]]])


@pytest.mark.parametrize("case", [case for case in STORED if case.rpartition("/")[0] in LOSSES])
def test_value_and_gradient_equal_torch(case):
    check_stored("pixel losses", LOSSES[case.rpartition("/")[0]], STORED[case])


def test_by_hand():
    flat = put.zeros((1, 3, 2, 2))
    labels = LABELS[:1]
    np.testing.assert_allclose(compiled(pixel_cross_entropy)(flat, labels), np.log(3), rtol=1e-6)
    np.testing.assert_allclose(deeplab_loss(flat, flat, labels, 0.5), 1.5 * np.log(3), rtol=1e-6)
    # ŷ = ⅓ everywhere: 2·(⅓ n) + 1 over n + 4/3 + 1, for n = 1, 2, 1 pixels of a class
    dice = np.mean([1 - (2 / 3 * n + 1) / (n + 4 / 3 + 1) for n in (1, 2, 1)])
    np.testing.assert_allclose(
        compiled(unet_loss)(flat, labels, 2.0), dice + 2 * np.log(3), rtol=1e-6
    )
    # Errors 0 and 1 in the rows: mean ½, and 2 of 4 differences are 1
    p, y = put.array([[0.0, 0.0], [1.0, 1.0]]), put.zeros((2, 2))
    np.testing.assert_allclose(compiled(gradient_difference_loss)(p, y, 3.0), 0.5 + 3 * 0.5)


def test_labels_and_distributions_are_the_same():
    masks = jnp.moveaxis(jax.nn.one_hot(LABELS, 3), -1, 1)
    for loss in (pixel_cross_entropy, unet_loss):
        np.testing.assert_allclose(
            compiled(loss)(LOGITS, masks), compiled(loss)(LOGITS, LABELS), rtol=1e-6
        )
    rows = jnp.moveaxis(LOGITS, 1, -1).reshape(-1, 3)
    expected = compiled(cross_entropy)(rows, LABELS.ravel())
    np.testing.assert_allclose(pixel_cross_entropy(LOGITS, LABELS), expected, rtol=1e-6)


def test_extreme_logits():
    truth = jnp.moveaxis(jax.nn.one_hot(LABELS, 3), -1, 1)
    for loss in (unet_loss, pixel_cross_entropy, lambda o, y: deeplab_loss(o, -o, y)):
        both = jax.jit(jax.value_and_grad(loss))
        for logits in (1e4 * truth, -1e4 * truth):
            value, gradient = both(logits, LABELS)
            assert np.isfinite(value)
            assert np.isfinite(gradient).all()
    np.testing.assert_allclose(unet_loss(1e4 * truth, LABELS), 0, atol=1e-6)


def test_the_reductions_and_the_gradient():
    weight = put.full(LABELS.shape, 0.5).at[0, 0].set(2)
    check_loss(pixel_cross_entropy, LOGITS, LABELS, weight)
    check_loss(unet_loss, LOGITS, LABELS)
    check_loss(deeplab_loss, LOGITS, LOGITS[::-1], LABELS)
    check_loss(gradient_difference_loss, LOGITS[:, 0], LOGITS[:, 1])


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"target of shape \(2, 2\) .* does not fit"):
        pixel_cross_entropy(LOGITS, LABELS[0])
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.2, found 3"):
        deeplab_loss(LOGITS, LOGITS, LABELS + 1)
    with pytest.raises(ValueError, match=r"losses has shape \(2, 2, 2\) but weight has"):
        pixel_cross_entropy(LOGITS, LABELS, put.ones((2, 2)))
    with pytest.raises(ValueError, match="smooth must be positive, got 0"):
        unet_loss(LOGITS, LABELS, smooth=0)
    with pytest.raises(ValueError, match="auxiliary_logits has shape"):
        deeplab_loss(LOGITS, LOGITS[:1], LABELS)
    with pytest.raises(ValueError, match="must be larger than one pixel"):
        gradient_difference_loss(put.ones((1, 1)), put.ones((1, 1)))
    with pytest.raises(ValueError, match="prediction has shape"):
        gradient_difference_loss(LOGITS, LOGITS[:, :1])
