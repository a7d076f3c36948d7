"""Nothing is an ordinary set: its result is empty, or an error says that a number has no value."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import functional as f
from tests import put

NUMBERS, BOXES, INDEX = put.zeros(0), put.zeros((0, 4)), put.zeros(0, int)
SOME, ROWS, POINTS = put.array([[0.0, 0, 2, 2]]), put.zeros((0, 3)), put.zeros((2, 0, 3))
IMAGES, FACES = put.ones((1, 2, 4, 4)), put.zeros((0, 3), int)

RESULTS = {
    "append_maximum": (f.append_maximum, (POINTS,), (2, 0, 6)),
    "assign_objects": (f.assign_objects, (put.zeros((2, 0)),), (2,)),
    "assign_objects to nothing": (f.assign_objects, (put.zeros((0, 0)),), (0,)),
    "box_iou": (f.box_iou, (BOXES, BOXES), (0,)),
    "cbow_log_probs": (
        lambda u: f.cbow_log_probs(u, u, put.zeros((2, 0), int)),
        (put.ones((4, 3)),),
        (2, 4),
    ),
    "centerness": (f.centerness, (BOXES,), (0,)),
    "class_wise_suppression": (f.class_wise_suppression, (BOXES, NUMBERS, INDEX), (0,), (0,)),
    "decode_boxes": (f.decode_boxes, (BOXES, BOXES), (0, 4)),
    "edge_neighbors": (f.edge_neighbors, (FACES,), (0, 2), (0, 4), (0, 4)),
    "encode_boxes": (f.encode_boxes, (BOXES, SOME), (0, 4)),
    "gaussian_heatmaps": (lambda p: f.gaussian_heatmaps(p, (2, 3)), (ROWS[:, :2],), (0, 2, 3)),
    "graph_convolution": (f.graph_convolution, (ROWS, ROWS[:, :0], put.ones((3, 2))), (0, 2)),
    "grid_anchors": (f.grid_anchors, (ROWS[:, :2], put.ones((3, 2))), (0, 4)),
    "heatmap_argmax": (f.heatmap_argmax, (put.zeros((0, 2, 3)),), (0, 2), (0,)),
    "l1_norm": (f.l1_norm, (NUMBERS,), ()),
    "l2_norm": (f.l2_norm, (NUMBERS,), ()),
    "log_softmax": (f.log_softmax, (POINTS[..., 0],), (2, 0)),
    "log_sum_exp": (f.log_sum_exp, (NUMBERS,), ()),
    "match_anchors": (f.match_anchors, (put.zeros((2, 0)),), (2,)),
    "match_anchors, none": (f.match_anchors, (put.zeros((0, 2)),), (0,)),
    "max_over_points": (f.max_over_points, (POINTS,), (2, 3)),
    "max_over_points, masked": (f.max_over_points, (POINTS, put.ones((2, 0), bool)), (2, 3)),
    "mesh_convolution": (
        lambda x, n, w: f.mesh_convolution(x, n, w, valid=n == 0),
        (POINTS.mT, put.zeros((0, 4), int), put.ones((5, 3, 5))),
        (2, 5, 0),
    ),
    "non_maximum_suppression": (f.non_maximum_suppression, (BOXES, NUMBERS), (0,), (0,)),
    "non_maximum_suppression, room": (
        lambda b, s: f.non_maximum_suppression(b, s, count=3),
        (BOXES, NUMBERS),
        (3,),
        (3,),
    ),
    "normalize_adjacency": (f.normalize_adjacency, (put.zeros((0, 0)),), (0, 0)),
    "one_hot": (lambda i: f.one_hot(i, 3), (INDEX,), (0, 3)),
    "p_norm": (lambda x: f.p_norm(x, float("inf"), axis=1), (ROWS[:, :0],), (0,)),
    "pairwise_box_iou": (f.pairwise_box_iou, (BOXES, SOME), (0, 1)),
    "propose_regions": (
        lambda o, t, a: f.propose_regions(o, t, a, (9, 9), after=2),
        (NUMBERS, BOXES, BOXES),
        (2, 4),
        (2,),
        (2,),
    ),
    "roi_align": (lambda *x: f.roi_align(*x, (2, 3)), (IMAGES, BOXES, INDEX), (0, 2, 2, 3)),
    "roi_pool": (lambda *x: f.roi_pool(*x, (2, 3)), (IMAGES, BOXES, INDEX), (0, 2, 2, 3)),
    "skip_gram_log_probs": (f.skip_gram_log_probs, (*[put.ones((4, 3))] * 2, INDEX), (0, 4)),
    "soft_argmax": (f.soft_argmax, (put.zeros((0, 2, 3)),), (0, 2)),
    "soft_suppression": (f.soft_suppression, (BOXES, NUMBERS), (0,)),
    "softmax": (f.softmax, (POINTS[..., 0],), (2, 0)),
    "squared_distances": (f.squared_distances, (ROWS, put.ones((2, 3))), (0, 2)),
    "take": (f.take, (ROWS[:, 0], INDEX), (0,)),
    "take, tables": (f.take, (ROWS, INDEX.reshape(2, 0)), (2, 0, 3)),
    "take, the last axis": (lambda x, i: f.take(x, i, -1), (POINTS.mT, INDEX[None]), (2, 3, 1, 0)),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_for_nothing(name):
    function, args, *shapes = RESULTS[name]
    found = jax.tree.leaves(function(*args))
    assert [y.shape for y in found] == shapes
    assert not any(np.isnan(y).any() for y in found)


def test_the_sum_of_nothing_is_0_and_its_logarithm_minus_infinity():
    assert f.l1_norm(NUMBERS) == f.l2_norm(NUMBERS) == f.p_norm(NUMBERS, float("inf")) == 0
    assert f.log_sum_exp(NUMBERS) == -jnp.inf


NO_VALUE = {
    "adaptive_avg_pool": lambda: f.adaptive_avg_pool(put.zeros((1, 2, 0)), 2),
    "adaptive_max_pool": lambda: f.adaptive_max_pool(put.zeros((1, 2, 0)), 2),
    "batch_statistics": lambda: f.batch_statistics(ROWS),
    "effective_sample_size": lambda: f.effective_sample_size(NUMBERS),
    "global_avg_pool": lambda: f.global_avg_pool(put.zeros((1, 2, 0))),
    "global_max_pool": lambda: f.global_max_pool(put.zeros((1, 2, 0))),
    "heatmap_argmax": lambda: f.heatmap_argmax(put.zeros((1, 0, 3))),
    "least_squares": lambda: f.least_squares(ROWS, NUMBERS),
    "soft_argmax": lambda: f.soft_argmax(put.zeros((1, 0, 3))),
    "weighted_risk": lambda: f.weighted_risk(NUMBERS, NUMBERS),
}


@pytest.mark.parametrize("name", NO_VALUE)
def test_a_mean_of_nothing_is_an_error(name):
    with pytest.raises(ValueError, match=r"the number of \w.* must be positive, got 0"):
        NO_VALUE[name]()


@pytest.mark.parametrize("call", [lambda: f.entropy(NUMBERS), lambda: f.variance(NUMBERS, NUMBERS)])
def test_nothing_is_no_distribution(call):
    with pytest.raises(ValueError, match="must sum to 1"):
        call()
