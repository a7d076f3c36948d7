import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from dl_lib.functional import assign_objects, match_anchors, pairwise_box_iou
from tests import put
from tests.checks import agree, check_jit, check_vmap, load_oracle
from tests.compiled import compiled

STORED = load_oracle("boxes")
SELECTED = {c: v for c, v in load_oracle("box_selection").items() if c.startswith("assign/")}
IOU = put.array(STORED["match/iou"]["iou"])
BY_HAND = put.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.7], [0.1, 0.0], [0.45, 0.3]])


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(("high", "low"), [(0.5, 0.5), (0.9, 0.6)])
def test_matching_equals_torchvision(high, low, keep):
    expected = STORED[f"match/{high}/{low}/{keep}"]["match"]
    agree("boxes, matches", match_anchors(IOU, high, low, keep), expected, rtol=0)


def test_matching_by_hand():
    np.testing.assert_array_equal(match_anchors(BY_HAND), [0, 0, 1, -1, -1])
    np.testing.assert_array_equal(match_anchors(BY_HAND, 0.75, 0.4), [0, 0, 1, -1, -2])
    np.testing.assert_array_equal(
        match_anchors(BY_HAND, 0.75, 0.4, keep_best=False), [0, 0, -2, -1, -2]
    )


def test_assignment_by_hand():
    np.testing.assert_array_equal(assign_objects(BY_HAND), [0, 0, 1, -1, -1])
    # Both objects fit anchor 0 best: the second gets the best of the others, however bad.
    iou = put.array([[0.9, 0.8], [0.1, 0.2], [0.6, 0.1]])
    np.testing.assert_array_equal(assign_objects(iou), [0, 1, 0])


@pytest.mark.parametrize("case", SELECTED)
def test_assignment_equals_d2l(case):
    stored, threshold = SELECTED[case], float(case.split("/")[-1])
    iou = compiled(pairwise_box_iou)(put.array(stored["anchors"]), put.array(stored["objects"]))
    agree("boxes, matches", compiled(assign_objects)(iou, threshold), stored["match"], rtol=0)


def test_every_object_has_an_anchor_and_no_assignment_is_better_by_far():
    match = np.asarray(assign_objects(IOU, 2.0))  # nothing but the claims
    claimed = match[match >= 0]
    assert sorted(claimed) == [0, 1, 2, 3]
    total = IOU[np.nonzero(match >= 0)[0], claimed].sum()
    rows, columns = scipy.optimize.linear_sum_assignment(IOU, maximize=True)
    # A greedy assignment has at least half of the best total, which SciPy finds.
    assert IOU[rows, columns].sum() / 2 <= total <= IOU[rows, columns].sum() + 1e-6


@pytest.mark.parametrize("function", [match_anchors, assign_objects])
def test_lists_filled_up_and_compiled(function):
    filled = jnp.concatenate([BY_HAND, put.ones((5, 1))], axis=1)
    valid = put.array([True, True, False])
    np.testing.assert_array_equal(function(filled, valid=valid), function(BY_HAND))
    nothing = function(filled, valid=put.zeros(3, bool))
    np.testing.assert_array_equal(nothing, [-1] * 5)
    np.testing.assert_array_equal(function(BY_HAND[:, :0]), [-1] * 5)
    check_jit(lambda iou, valid: function(iou, valid=valid), filled, valid)
    check_vmap(function, BY_HAND)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"low must not be above high, got 0.6 and 0.5"):
        match_anchors(IOU, 0.5, 0.6)
    with pytest.raises(ValueError, match="3 objects cannot have an anchor each, there are 2"):
        assign_objects(put.ones((2, 3)))
