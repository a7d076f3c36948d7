import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.functional import (
    centerness,
    decode_boxes,
    decode_distances,
    encode_boxes,
    encode_distances,
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

STORED = load_oracle("boxes")
WEIGHTS = {"plain": (1, 1, 1, 1), "weighted": (10, 10, 5, 5)}
BOXES = put.array([[1.0, 2, 5, 8], [0.0, 1, 2, 2]])
ANCHORS = put.array([[0.0, 0, 4, 4], [1.0, 1, 2, 3]])
POINTS = put.array([[3.0, 4], [1.5, 1.25]])


@pytest.mark.parametrize("name", WEIGHTS)
def test_coding_equals_torchvision(name):
    weights = WEIGHTS[name]
    encode = lambda b, a: encode_boxes(b, a, weights)  # noqa: E731
    decode = lambda t, a: decode_boxes(t, a, weights)  # noqa: E731
    # PyTorch's logarithm and exponential differ in the last digits; offsets can cancel.
    check_stored("boxes", encode, STORED[f"encode_boxes/{name}"], atol=1e-13, atol32=1e-4)
    check_stored("boxes", decode, STORED[f"decode_boxes/{name}"], atol=1e-11, atol32=1e-2)


def test_distances_equal_torchvision():
    # torchvision calls the box around a point an anchor, and its middle is the point.
    def middle(anchors):
        return (anchors[..., :2] + anchors[..., 2:]) / 2

    case = STORED["encode_distances/points"]
    check_stored("boxes", lambda b, a: encode_distances(middle(a), b), case)
    case = STORED["decode_distances/points"]
    check_stored("boxes", lambda d, a: decode_distances(middle(a), d), case)


def test_by_hand():
    offsets = encode_boxes(put.array([1.0, 2, 5, 8]), put.array([0.0, 0, 4, 4]), (10, 10, 5, 5))
    np.testing.assert_allclose(offsets, [2.5, 7.5, 0, 5 * np.log(1.5)], rtol=1e-6)
    distances = encode_distances(put.array([3.0, 4]), put.array([1.0, 2, 5, 8]))
    np.testing.assert_array_equal(distances, [2, 2, 2, 4])
    np.testing.assert_allclose(centerness(distances), 0.5**0.5, rtol=1e-6)
    assert centerness(put.array([1.0, 2, 1, 2])) == 1
    assert centerness(put.array([-1.0, 2, 3, 2])) == 0


def test_decoding_undoes_encoding():
    decoded = decode_boxes(encode_boxes(BOXES, ANCHORS), ANCHORS)
    np.testing.assert_allclose(decoded, BOXES, atol=1e-5)
    decoded = decode_distances(POINTS, encode_distances(POINTS, BOXES))
    np.testing.assert_allclose(decoded, BOXES, atol=1e-6)


def test_no_prediction_overflows():
    wild = decode_boxes(put.full((1, 4), 1e4), ANCHORS[:1])
    assert np.isfinite(wild).all()
    np.testing.assert_allclose(wild[0, 2] - wild[0, 0], 4 * 62.5, rtol=1e-3)


def test_centerness_is_one_only_in_the_middle():
    x = put.linspace(0.1, 3.9, 39)
    points = jnp.stack([x, jnp.full_like(x, 2)], axis=-1)
    values = centerness(encode_distances(points, put.array([0.0, 0, 4, 4])))
    agree("boxes, float32", values, np.sqrt(np.minimum(x, 4 - x) / np.maximum(x, 4 - x)), 1e-5)
    assert values.argmax() == 19


def test_compiled_and_differenced():
    for function in (encode_boxes, decode_boxes):
        check_jit(function, BOXES / 4, ANCHORS)
        check_vmap(function, BOXES / 4, ANCHORS)
        check_gradient(function, BOXES / 4, ANCHORS)
    for function in (encode_distances, decode_distances):
        check_jit(function, POINTS, BOXES)
        check_vmap(function, POINTS, BOXES)
        check_gradient(function, POINTS, BOXES)
    distances = put.array([[2.0, 2.5, 3, 4], [-1.0, 1, 2, 3]])
    check_jit(centerness, distances)
    check_vmap(centerness, distances)
    check_gradient(centerness, distances)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"anchors must have shape \(..., 4\), got \(2, 3\)"):
        encode_boxes(BOXES, ANCHORS[:, :3])
    with pytest.raises(ValueError, match=r"offsets must have shape \(..., 4\), got \(2,\)"):
        decode_boxes(put.ones(2), ANCHORS)
    for function in (encode_distances, decode_distances):
        with pytest.raises(ValueError, match=r"points must have shape \(..., 2\), got \(2, 4\)"):
            function(BOXES, BOXES)
    with pytest.raises(ValueError, match=r"distances must have shape \(..., 4\), got \(2, 2\)"):
        centerness(POINTS)
