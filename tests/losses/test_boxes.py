import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from dl_lib.losses import iou_loss
from tests import put
from tests.checks import agree, check_stored, load_oracle
from tests.compiled import compiled
from tests.losses.family import check_loss

STORED = load_oracle("detection_losses")
KINDS = ["plain", "generalized", "distance", "complete", "logarithm"]
A = put.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 4.0, 3.0], [2.0, 1.0, 3.0, 5.0]])
B = put.array([[1.0, 0.5, 3.0, 2.5], [0.0, 1.0, 3.5, 2.0], [2.5, 0.0, 6.0, 4.0]])
APART = put.array([[0.0, 0.0, 1.0, 1.0]]), put.array([[3.0, 0.0, 4.0, 1.0]])


@pytest.mark.parametrize("case", [case for case in STORED if case.startswith("iou_loss")])
def test_value_and_gradient_equal_torch(case):
    kind = case.split("/")[1]
    check_stored("box losses", lambda a, b: iou_loss(a, b, kind, "none"), STORED[case])


def test_whole_boxes_cost_what_their_pixels_say():
    for a, b in (([0, 0, 4, 3], [1, 1, 6, 5]), ([2, 2, 5, 7], [0, 3, 4, 4])):
        masks = np.zeros((2, 8, 8), int)
        for mask, (left, top, right, bottom) in zip(masks, (a, b), strict=True):
            mask[top:bottom, left:right] = 1
        score = sklearn.metrics.jaccard_score(masks[0].ravel(), masks[1].ravel())
        boxes = (jnp.asarray(box, jnp.float32) for box in (a, b))
        agree("box losses, float32", compiled(iou_loss)(*boxes), 1 - score)


def test_by_hand():
    one, half = put.array([0.0, 0.0, 1.0, 1.0]), put.array([0.5, 0.0, 1.5, 1.0])
    np.testing.assert_allclose(iou_loss(one, half), 2 / 3, rtol=1e-6)
    np.testing.assert_allclose(iou_loss(one, half, "logarithm"), np.log(3), rtol=1e-6)
    np.testing.assert_allclose(compiled(iou_loss)(*APART, "plain"), 1)
    np.testing.assert_allclose(iou_loss(*APART, "generalized"), 1 + 2 / 4, rtol=1e-6)
    np.testing.assert_allclose(iou_loss(*APART, "distance"), 1 + 9 / 17, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_boxes_and_boxes_apart(kind):
    np.testing.assert_allclose(compiled(iou_loss)(A, A, kind), 0, atol=1e-6)
    slopes = jax.jit(jax.grad(lambda a, b: iou_loss(a, b, kind)))
    assert np.isfinite(slopes(A, A)).all()
    slope = slopes(*APART)
    if kind in ("plain", "logarithm"):
        np.testing.assert_array_equal(slope, 0)
    else:
        assert slope[0, 0] < 0 or slope[0, 2] < 0  # to the right, where the other is


def test_the_reductions_and_the_gradient():
    for kind in ("generalized", "logarithm"):
        check_loss(lambda a, b, kind=kind, **r: iou_loss(a, b, kind, **r), A, B)


def test_wrong_inputs():
    with pytest.raises(ValueError, match=r"prediction has shape \(3, 4\) but target has"):
        iou_loss(A, B[:1])
    with pytest.raises(ValueError, match=r"overlap must be one of .* got 'iou'"):
        iou_loss(A, B, "iou")
    with pytest.raises(ValueError, match="4"):
        iou_loss(A[:, :3], B[:, :3])
