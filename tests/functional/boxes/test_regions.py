import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import (
    class_wise_suppression,
    clip_boxes,
    decode_boxes,
    non_maximum_suppression,
    pairwise_box_iou,
    propose_regions,
    roi_align,
    roi_pool,
)
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

STORED = load_oracle("boxes")
ROIS = STORED["rois"]["rois"]
FEATURES = put.array(np.random.default_rng(0).normal(size=(2, 1, 4, 5)).astype(np.float32))
BOXES, IMAGES = put.array([[0.5, 0.25, 3.5, 3.0], [1.25, 1, 4, 3.25]]), put.array([1, 0])


def rois(features):
    return jnp.asarray(ROIS[:, 1:], features.dtype), jnp.asarray(ROIS[:, 0], int)


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("aligned", [True, False])
def test_roi_align_equals_torchvision(aligned, samples):
    def align(features):
        return roi_align(features, *rois(features), (3, 2), 0.25, samples, aligned)

    check_stored("boxes, regions", align, STORED[f"roi_align/{aligned}/{samples}"])


@pytest.mark.parametrize("size", [(2, 3), (4, 4)])
def test_roi_pool_equals_torchvision(size):
    def pool(features):
        return roi_pool(features, *rois(features), size, 0.25)

    check_stored("boxes, regions", pool, STORED[f"roi_pool/{size[0]}/{size[1]}"])


def test_by_hand():
    ramp = put.counted(1, 1, 4, 4)
    image, whole = put.array([0]), put.array([[0.0, 0, 4, 4]])
    # A ramp is interpolated without error: each bin has the value of its middle.
    aligned = compiled(roi_align)(ramp, whole, image, (2, 2))
    np.testing.assert_allclose(aligned[0, 0], [[2.5, 4.5], [10.5, 12.5]], rtol=1e-6)
    pooled = compiled(roi_pool)(ramp, put.array([[0.0, 0, 3, 3]]), image, (2, 2))
    np.testing.assert_array_equal(pooled[0, 0], [[5, 7], [13, 15]])
    # Three features in two bins: the one in the middle is in both.
    pooled = compiled(roi_pool)(ramp, put.array([[0.0, 0, 2, 2]]), image, (2, 2))
    np.testing.assert_array_equal(pooled[0, 0], [[5, 6], [9, 10]])
    outside = put.array([[20.0, 20, 30, 30]])
    np.testing.assert_array_equal(compiled(roi_pool)(ramp, outside, image, (2, 2)), 0)
    np.testing.assert_array_equal(compiled(roi_align)(ramp, outside, image, (2, 2)), 0)


def test_proposals_equal_torchvision():
    case = {name: jnp.asarray(array) for name, array in STORED["proposals"].items()}
    boxes, logits, found = compiled(propose_regions)(
        case["logits"], case["offsets"], case["anchors"], (80, 90), 30, 40, 0.7, 0.5
    )
    count = min(10, int(found.sum()))
    assert count == len(case["boxes"]) == 10
    agree("boxes, regions", boxes[:count], case["boxes"], rtol=1e-5, atol=1e-4)
    agree("boxes, regions", jax.nn.sigmoid(logits[:count]), case["scores"], rtol=1e-5)
    np.testing.assert_array_equal(boxes[~found], 0)


def test_tiny_proposals_are_dropped():
    anchors = put.array([[0.0, 0, 1, 8], [2.0, 2, 9, 9], [20.0, 20, 30, 30]])
    logits = put.array([3.0, 1, 2])
    boxes, best, found = compiled(propose_regions)(
        logits, put.zeros((3, 4)), anchors, (10, 10), after=2, smallest=2.0
    )
    np.testing.assert_allclose(boxes, [[2, 2, 9, 9], [0, 0, 0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(best, [1, 0])
    np.testing.assert_array_equal(found, [True, False])


def test_compiled_and_differenced():
    # Interpolation has kinks where a sample meets a feature; these boxes have none there.
    align = lambda f, b: roi_align(f, b, IMAGES, (2, 2))  # noqa: E731
    check_jit(align, FEATURES, BOXES)
    check_vmap(align, FEATURES, BOXES)
    check_gradient(align, FEATURES, BOXES + 0.03)
    pool = lambda f: roi_pool(f, BOXES.astype(f.dtype), IMAGES, (2, 2))  # noqa: E731
    check_jit(pool, FEATURES)
    check_vmap(pool, FEATURES)
    check_gradient(pool, FEATURES)
    propose = lambda *args: propose_regions(*args, (4, 4), after=2)  # noqa: E731
    check_jit(propose, put.array([0.3, 0.4]), BOXES / 9, BOXES)
    check_vmap(propose, put.array([0.3, 0.4]), BOXES / 9, BOXES)


def test_one_compiled_program_serves_whatever_is_found():
    traced, classes = [], put.array([0, 1, 0])
    anchors = put.array([[0.0, 0, 2, 2], [0.5, 0, 2.5, 2], [2.0, 1, 4, 4]])

    @jax.jit
    def detect(offsets, scores, valid):
        traced.append(1)
        boxes = clip_boxes(decode_boxes(offsets, anchors), 4, 5)
        assert pairwise_box_iou(boxes, anchors).shape == (3, 3)
        kept, found = class_wise_suppression(boxes, scores, classes, 0.5, 2, valid)
        same, _ = non_maximum_suppression(boxes, scores, 0.5, 2, valid & found.any())
        regions = roi_align(FEATURES, boxes[kept], put.zeros(2, int), (2, 2))
        pooled = roi_pool(FEATURES, boxes[same], put.zeros(2, int), (2, 2))
        return regions, pooled, found

    counts = []
    for valid in ([True] * 3, [False, False, True], [False] * 3):
        regions, pooled, found = detect(put.zeros((3, 4)), put.arange(3.0), jnp.asarray(valid))
        assert regions.shape == pooled.shape == (2, 1, 2, 2) and found.shape == (2,)
        assert np.isfinite(regions).all() and np.isfinite(pooled).all()
        counts.append(int(found.sum()))
    assert counts == [2, 1, 0] and len(traced) == 1


def test_an_image_that_is_not_in_the_batch_is_seen():
    for function in (roi_align, roi_pool):
        with pytest.raises(ValueError, match=r"images must lie in 0\.\.1, found 2"):
            function(FEATURES, BOXES, put.array([0, 2]), (1, 1))
        for outside in (2, -1):  # under jit it cannot be known
            compiled = jax.jit(lambda images, f=function: f(FEATURES, BOXES, images, (1, 1)))
            y = compiled(jnp.asarray([0, outside]))
            assert np.isfinite(y[0]).all()
            assert np.isnan(y[1]).all()


def test_mistakes_are_named():
    for function in (roi_align, roi_pool):
        with pytest.raises(ValueError, match=r"boxes must have shape \(..., 4\), got \(2, 3\)"):
            function(FEATURES, BOXES[:, :3], IMAGES, (2, 2))
        with pytest.raises(ValueError, match=r"size must be two positive numbers, got \(0, 2\)"):
            function(FEATURES, BOXES, IMAGES, (0, 2))
    with pytest.raises(ValueError, match="there must be as many logits, offsets and anchors"):
        propose_regions(put.ones(3), BOXES, BOXES, (4, 4))
