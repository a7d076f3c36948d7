import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.losses import mask_rcnn_loss, retinanet_loss, ssd_loss, voxelnet_loss
from tests import put
from tests.checks import check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

LOSSES = {
    "ssd_loss": lambda *args: ssd_loss(*args, weight=0.5, reduction="none"),
    "retinanet_loss": lambda *args: retinanet_loss(*args, reduction="none"),
    "mask_rcnn_loss": lambda *args: mask_rcnn_loss(*args, reduction="none"),
    "voxelnet_loss": lambda *args: voxelnet_loss(*args, reduction="none"),
}
STORED = load_oracle("detection_losses")


def inputs(name):
    case = STORED[name]
    return [put.array(case[f"input{i}"]) for i in range(6) if f"input{i}" in case]


@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_equal_torch(name):
    check_stored("detection losses", LOSSES[name], STORED[name])


def test_by_hand():
    labels = put.array([1, 0, 0, -1])
    boxes, targets = put.full((4, 4), 0.5), put.zeros((4, 4))  # smooth L1 of ½ is ⅛
    flat = put.zeros((4, 3))
    # One positive and both background anchors cost log 3 each.
    value = compiled(ssd_loss)(flat, labels, boxes, targets)
    np.testing.assert_allclose(value, 3 * np.log(3) + 4 / 8, rtol=1e-6)
    value = ssd_loss(flat, labels, boxes, targets, negatives=1)
    np.testing.assert_allclose(value, 2 * np.log(3) + 4 / 8, rtol=1e-6)
    # ¼ log 2 times ¼ for the right class, ¾ for the five other logits that count
    value = compiled(retinanet_loss)(flat[:, :2], labels, boxes, targets, beta=1.0)
    focal = 0.25 * np.log(2) * (0.25 + 5 * 0.75)
    np.testing.assert_allclose(value, focal + 4 / 8, rtol=1e-6)
    value = voxelnet_loss(flat[:, 0], labels, boxes, targets)
    np.testing.assert_allclose(value, 2.5 * np.log(2) + 4 / 8, rtol=1e-6)
    own, masks = put.full((4, 3, 4), 0.5), put.zeros((4, 3, 2, 2))
    value = compiled(mask_rcnn_loss)(flat, labels, own, targets, masks, masks[:, 0])
    np.testing.assert_allclose(value, np.log(3) + 4 / 8 / 3 + np.log(2), rtol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_what_does_not_count_is_not_looked_at(name):
    logits, labels, *rest = inputs(name)
    ignored = labels < 0
    shaped = ignored.reshape(ignored.shape + (1,) * (logits.ndim - 2))
    wild = jnp.where(shaped, jnp.nan, logits)
    for place in range(2):  # boxes and their targets
        empty = (labels <= 0).reshape(labels.shape + (1,) * (rest[place].ndim - 2))
        rest[place] = jnp.where(empty, jnp.inf, rest[place])
    # Compiled: uncompiled, the many small steps would each be compiled for themselves.
    total = jax.jit(jax.value_and_grad(lambda o, *args: LOSSES[name](o, *args).sum()))
    value, slope = total(wild, labels, *rest)
    np.testing.assert_allclose(value, STORED[name]["output"].sum(), rtol=1e-5)
    assert np.isfinite(slope).all()
    np.testing.assert_array_equal(slope[ignored], 0)


@pytest.mark.parametrize("name", LOSSES)
def test_extreme_logits(name):
    logits, *rest = inputs(name)
    if name == "mask_rcnn_loss":
        rest[3] = 1e4 * rest[3]
    both = jax.jit(jax.value_and_grad(lambda o, *args: LOSSES[name](o, *args).sum()))
    for scale in (1e4, -1e4):
        value, slope = both(scale * logits, *rest)
        assert np.isfinite(value)
        assert np.isfinite(slope).all()


def test_the_reductions_and_the_gradient():
    for loss in (ssd_loss, retinanet_loss, voxelnet_loss):
        logits, labels, boxes, targets = inputs(loss.__name__)
        check_loss(loss, logits[:, :5], labels[:, :5], boxes[:, :5, :2], targets[:, :5, :2])
    logits, labels, boxes, targets, masks, truth = inputs("mask_rcnn_loss")
    small = boxes[:, :2, :, :2], targets[:, :2, :2], masks[:, :2, :, :1], truth[:, :2, :1]
    check_loss(mask_rcnn_loss, logits[:, :2], labels[:, :2], *small)


def test_wrong_inputs():
    for loss in (ssd_loss, retinanet_loss, voxelnet_loss):
        logits, labels, boxes, targets = inputs(loss.__name__)
        with pytest.raises(ValueError, match=r"boxes has shape .* but box_targets has shape"):
            loss(logits, labels, boxes, targets[:, :3])
        with pytest.raises(ValueError, match="boxes without the coordinates has shape"):
            loss(logits, labels, boxes[:, :3], targets[:, :3])
    with pytest.raises(ValueError, match=r"class_logits without the classes has shape \(2, 10\)"):
        retinanet_loss(inputs("retinanet_loss")[0], labels[:, :3], boxes, targets)
    with pytest.raises(ValueError, match=r"target must lie in 0\.\.2, found 3"):
        logits, labels, boxes, targets = inputs("ssd_loss")
        ssd_loss(logits, labels.at[0, 0].set(3), boxes, targets)
