import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_lib.functional import class_wise_suppression, non_maximum_suppression, soft_suppression
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_vmap, load_oracle
from tests.compiled import compiled

STORED, SELECTED = load_oracle("boxes"), load_oracle("box_selection")
BOXES, SCORES, CLASSES = (
    jnp.asarray(STORED["nms/input"][name]) for name in ("boxes", "scores", "classes")
)
CHAIN = put.array([[0.0, 0, 10, 10], [3.0, 0, 13, 10], [6.0, 0, 16, 10]])


# Compiled once for all drawn values.
SUPPRESS = {
    threshold: jax.jit(
        lambda b, s, valid, t=threshold: non_maximum_suppression(b, s, t, valid=valid)
    )
    for threshold in (0.1, 0.5)
}


def results(kept, found):
    assert (np.diff(np.asarray(found).astype(int)) <= 0).all(), "results come first"
    return np.asarray(kept)[np.asarray(found)]


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.6])
def test_equals_torchvision(threshold):
    kept = results(*compiled(non_maximum_suppression)(BOXES, SCORES, threshold))
    agree("boxes, suppression", kept, STORED[f"nms/{threshold}"]["kept"], rtol=0)
    kept = results(*compiled(class_wise_suppression)(BOXES, SCORES, CLASSES, threshold))
    agree("boxes, suppression", kept, STORED[f"batched_nms/{threshold}"]["kept"], rtol=0)


def test_a_box_that_is_suppressed_does_not_suppress():
    scores = put.array([0.9, 0.8, 0.7])
    # To compare with all better boxes, kept or not, would leave the first alone.
    np.testing.assert_array_equal(results(*non_maximum_suppression(CHAIN, scores)), [0, 2])
    np.testing.assert_array_equal(results(*non_maximum_suppression(CHAIN, scores[::-1])), [2, 0])
    classes = put.array([0, 1, 0])
    np.testing.assert_array_equal(
        results(*class_wise_suppression(CHAIN, scores, classes)), [0, 1, 2]
    )


def test_room_and_validity():
    scores = put.array([0.9, 0.8, 0.7])
    kept, found = compiled(non_maximum_suppression)(CHAIN, scores, count=4)
    np.testing.assert_array_equal(kept, [0, 2, 0, 0])
    np.testing.assert_array_equal(found, [True, True, False, False])
    np.testing.assert_array_equal(compiled(non_maximum_suppression)(CHAIN, scores, count=1)[0], [0])
    valid = put.array([False, True, True])
    np.testing.assert_array_equal(
        results(*compiled(non_maximum_suppression)(CHAIN, scores, valid=valid)), [1]
    )


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(40)), st.sampled_from(list(SUPPRESS)))
def test_laws(order, threshold):
    order = np.asarray(order)
    suppress = SUPPRESS[threshold]
    everything = put.ones(40, bool)
    chosen = results(*suppress(BOXES, SCORES, everything))
    # The order in which the boxes are listed does not matter.
    again, same = suppress(BOXES[order], SCORES[order], everything)
    np.testing.assert_array_equal(order[results(again, same)], chosen)
    # What is kept is kept again.
    mask = put.zeros(40, bool).at[chosen].set(True)
    np.testing.assert_array_equal(results(*suppress(BOXES, SCORES, mask)), chosen)


def test_soft_suppression_by_hand():
    scores = put.array([0.9, 0.8, 0.7])
    first, second = np.exp(-((7 / 13) ** 2) / 0.5), np.exp(-(0.25**2) / 0.5)
    # After the first box the third is ahead of the second, so it lowers it once more.
    expected = [0.9, 0.8 * first * first, 0.7 * second]
    np.testing.assert_allclose(compiled(soft_suppression)(CHAIN, scores), expected, rtol=1e-5)
    alone = compiled(soft_suppression)(CHAIN, scores, valid=put.array([False, True, False]))
    np.testing.assert_allclose(alone, [0, 0.8, 0], rtol=1e-6)


@pytest.mark.parametrize("width", [0.1, 0.5, 2.0])
def test_soft_suppression_equals_ensemble_boxes(width):
    case = SELECTED[f"soft/{width}"]
    with jax.enable_x64(True):
        boxes, scores = jnp.asarray(BOXES, float), put.array(case["scores"])
        lowered = compiled(soft_suppression)(boxes, scores, width)
    agree("boxes, soft suppression, float64", lowered, case["lowered"], rtol=1e-12)
    lowered = compiled(soft_suppression)(BOXES, put.array(case["scores"], jnp.float32), width)
    agree("boxes, soft suppression, float32", lowered, case["lowered"], rtol=1e-5)


def test_soft_suppression_with_a_narrow_width_drops_what_overlaps():
    # σ → 0 keeps what overlaps nothing better, that is suppression with t = 0.
    soft = compiled(soft_suppression)(BOXES, SCORES + 0.1, 1e-6)
    kept = results(*compiled(non_maximum_suppression)(BOXES, SCORES, 0.0))
    np.testing.assert_array_equal(np.sort(kept), np.nonzero(soft > 0.01)[0])


def test_compiled_and_mapped():
    scores = put.array([0.5, 0.9, 0.7])
    check_jit(lambda b, s: non_maximum_suppression(b, s, count=2), CHAIN, scores)
    check_jit(lambda b, s: class_wise_suppression(b, s, put.arange(3)), CHAIN, scores)
    check_jit(soft_suppression, CHAIN, scores)
    for function in (non_maximum_suppression, soft_suppression):
        check_vmap(function, CHAIN, scores)
    check_vmap(class_wise_suppression, CHAIN, scores, put.array([0, 0, 1]))
    check_gradient(lambda s: soft_suppression(CHAIN.astype(s.dtype), s), scores)


def test_shapes_that_do_not_fit():
    for function in (non_maximum_suppression, soft_suppression):
        with pytest.raises(ValueError, match=r"scores has shape \(2,\) but boxes has .*\(3, 4\)"):
            function(CHAIN, put.ones(2))
        with pytest.raises(ValueError, match=r"boxes must have shape \(..., 4\), got \(3, 2\)"):
            function(CHAIN[:, :2], put.ones(3))
    with pytest.raises(ValueError, match="width must be positive, got 0"):
        soft_suppression(CHAIN, put.ones(3), 0)
    with pytest.raises(ValueError, match=r"classes has shape \(2,\) but boxes has .*\(3, 4\)"):
        class_wise_suppression(CHAIN, put.ones(3), put.zeros(2, int))
