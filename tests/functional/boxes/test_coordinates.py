import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl_lib.functional import (
    box_area,
    box_iou,
    centers_to_corners,
    clip_boxes,
    complete_box_iou,
    corners_to_centers,
    distance_box_iou,
    generalized_box_iou,
    pairwise_box_iou,
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
OVERLAPS = {
    "box_iou": box_iou,
    "generalized_box_iou": generalized_box_iou,
    "distance_box_iou": distance_box_iou,
    "complete_box_iou": complete_box_iou,
}
PAIR = put.array([[0.0, 0, 2, 3], [1.0, 1, 4, 5]]), put.array([[1.0, 1, 3, 4], [6.0, 7, 8, 8]])
UNIT = put.array([0.0, 0, 1, 1])


def test_conversions_by_hand():
    corners, centers = put.array([1.0, 2, 5, 8]), put.array([3.0, 5, 4, 6])
    np.testing.assert_array_equal(corners_to_centers(corners), centers)
    np.testing.assert_array_equal(centers_to_corners(centers), corners)
    assert box_area(corners) == 24
    assert box_area(put.array([5.0, 2, 1, 8])) == 0
    np.testing.assert_array_equal(clip_boxes(put.array([-1.0, 2, 9, 8]), 6, 7), [0, 2, 7, 6])


@pytest.mark.parametrize(
    "function",
    [corners_to_centers, centers_to_corners, box_area, lambda b: clip_boxes(b, 60, 70)],
    ids=["corners_to_centers", "centers_to_corners", "box_area", "clip_boxes"],
)
def test_conversions_equal_torchvision(function, request):
    check_stored("boxes", function, STORED[request.node.callspec.id])


@pytest.mark.parametrize("case", ["pairs", "near"])
@pytest.mark.parametrize("name", OVERLAPS)
def test_overlaps_equal_torchvision(name, case):
    every_pair = lambda a, b: OVERLAPS[name](a[:, None], b[None])  # noqa: E731
    check_stored("boxes", every_pair, STORED[f"{name}/{case}"], atol32=1e-5)


def test_pairwise_equals_torchvision():
    case = STORED["box_iou/pairs"]
    actual = pairwise_box_iou(put.array(case["input0"]), put.array(case["input1"]))
    agree("boxes, float32", actual, case["output"], rtol=1e-6, atol=1e-7)


def test_overlaps_by_hand():
    half = put.array([0.5, 0, 1.5, 1])
    np.testing.assert_allclose(compiled(box_iou)(UNIT, half), 1 / 3, rtol=1e-6)
    apart = put.array([2.0, 0, 3, 1])
    assert compiled(box_iou)(UNIT, apart) == 0
    np.testing.assert_allclose(compiled(generalized_box_iou)(UNIT, apart), -1 / 3, rtol=1e-6)
    np.testing.assert_allclose(compiled(distance_box_iou)(UNIT, apart), -4 / 10, rtol=1e-6)
    # One shape, so the third term is 0.
    np.testing.assert_allclose(compiled(complete_box_iou)(UNIT, apart), -4 / 10, rtol=1e-6)
    # The chain of three in which the outer two overlap little.
    chain = put.array([[0.0, 0, 10, 10], [3.0, 0, 13, 10], [6.0, 0, 16, 10]])
    np.testing.assert_allclose(
        compiled(pairwise_box_iou)(chain, chain)[0], [1, 7 / 13, 0.25], rtol=1e-6
    )


def test_only_the_plain_overlap_forgets_boxes_that_are_apart():
    apart = put.array([2.0, 0, 3, 1])
    np.testing.assert_array_equal(jax.jit(jax.grad(box_iou))(UNIT, apart), 0)
    for function in (generalized_box_iou, distance_box_iou, complete_box_iou):
        assert np.abs(jax.jit(jax.grad(function))(UNIT, apart)).max() > 0.1


@pytest.mark.parametrize("name", OVERLAPS)
def test_boxes_without_area_give_no_nan(name):
    point = put.array([1.0, 1, 1, 1])
    value, gradient = jax.jit(jax.value_and_grad(OVERLAPS[name]))(point, point)
    assert value == 0
    assert np.isfinite(gradient).all()


corner = st.integers(0, 40).map(lambda n: n / 4)
some_box = st.tuples(corner, corner, corner, corner).map(
    lambda c: [min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]) + 1, max(c[1], c[3]) + 1]
)


@settings(deadline=None, max_examples=30)
@given(some_box, some_box)
def test_laws(first, second):
    a, b = jnp.asarray(first), jnp.asarray(second)
    values = {name: float(f(a, b)) for name, f in OVERLAPS.items()}
    for name, function in OVERLAPS.items():
        np.testing.assert_allclose(function(b, a), values[name], atol=1e-6)
        np.testing.assert_allclose(function(a, a), 1, atol=1e-6)
        np.testing.assert_allclose(function(3 * a + 1, 3 * b + 1), values[name], atol=1e-5)
        assert -1.0 - 1e-6 <= values[name] <= values["box_iou"] + 1e-6 or name[0] == "c"
    assert values["complete_box_iou"] <= values["distance_box_iou"] + 1e-6
    np.testing.assert_allclose(centers_to_corners(corners_to_centers(a)), a, atol=1e-5)


def test_compiled_and_differenced():
    for function in (box_iou, generalized_box_iou, distance_box_iou):
        check_gradient(function, *PAIR)
    for function in (*OVERLAPS.values(), pairwise_box_iou):
        check_jit(function, *PAIR)
        check_vmap(function, *PAIR)
    clip = lambda b: clip_boxes(b, 2.5, 3.5)  # noqa: E731  (no corner stands on the border)
    for function in (corners_to_centers, centers_to_corners, box_area, clip):
        check_jit(function, PAIR[0])
        check_vmap(function, PAIR[0])
        check_gradient(function, PAIR[0] + 0.25)


def test_arrays_that_are_no_boxes():
    for function in (box_area, corners_to_centers, centers_to_corners):
        with pytest.raises(ValueError, match=r"boxes must have shape \(..., 4\), got \(2, 3\)"):
            function(put.ones((2, 3)))
    with pytest.raises(ValueError, match=r"boxes must have shape \(..., 4\), got \(3,\)"):
        clip_boxes(put.ones(3), 1, 1)
    for function in OVERLAPS.values():
        with pytest.raises(ValueError, match=r"must have shape \(..., 4\), got \(3,\)"):
            function(UNIT, put.ones(3))
