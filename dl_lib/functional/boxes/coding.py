"""Boxes as a network predicts them: relative to anchors, or to points."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.boxes.coordinates import (
    centers_to_corners,
    corners_to_centers,
    require_boxes,
)
from dl_lib.functional.numerics import through_float32

__all__ = ["centerness", "decode_boxes", "decode_distances", "encode_boxes", "encode_distances"]

# No box is predicted to be larger than this many times its anchor: exp would overflow.
LARGEST = math.log(1000 / 16)
Weights = tuple[float | int, float | int, float | int, float | int]


@through_float32
def encode_boxes(
    boxes: Float[Array, "..."], anchors: Float[Array, "..."], weights: Weights = (1, 1, 1, 1)
) -> Float[Array, "..."]:
    """Offsets from anchors to boxes, what a detector learns to predict.

    Equation
        t = (a (x − x_a) / w_a,  b (y − y_a) / h_a,  c log(w / w_a),  d log(h / h_a))
    Args
        boxes: corners, (..., 4)
        anchors: corners, of a shape that broadcasts with it
        weights: a, b, c, d; (10, 10, 5, 5) brings the offsets near variance 1
    Returns
        (..., 4)
    Raises
        ValueError: if a last axis is not 4, or the weights are not four positive numbers
    Source
        Girshick et al. 2014, Ren et al. 2015.
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(boxes=boxes, anchors=anchors)
    box, anchor = corners_to_centers(boxes), corners_to_centers(anchors)
    moved = (box[..., :2] - anchor[..., :2]) / anchor[..., 2:]
    grown = jnp.log(box[..., 2:] / anchor[..., 2:])
    return jnp.concatenate([moved, grown], axis=-1) * _four(weights, boxes.dtype)


@through_float32
def decode_boxes(
    offsets: Float[Array, "..."], anchors: Float[Array, "..."], weights: Weights = (1, 1, 1, 1)
) -> Float[Array, "..."]:
    """Boxes from offsets, the inverse of `encode_boxes`.

    Equation
        x = x_a + w_a t_x / a,  y = y_a + h_a t_y / b,  w = w_a exp(t_w / c),  h = h_a exp(t_h / d)
    Args
        offsets: t, (..., 4)
        anchors: corners, of a shape that broadcasts with it
        weights: a, b, c, d, as they were encoded with
    Returns
        corners, (..., 4); no side is more than 62.5 times the anchor's
    Raises
        ValueError: if a last axis is not 4, or the weights are not four positive numbers
    Source
        Girshick et al. 2014, Ren et al. 2015. As torchvision.
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(offsets=offsets, anchors=anchors)
    offsets = offsets / _four(weights, offsets.dtype)
    anchor = corners_to_centers(anchors)
    middle = anchor[..., :2] + anchor[..., 2:] * offsets[..., :2]
    size = anchor[..., 2:] * jnp.exp(jnp.minimum(offsets[..., 2:], LARGEST))
    return centers_to_corners(jnp.concatenate([middle, size], axis=-1))


def encode_distances(points: Float[Array, "..."], boxes: Float[Array, "..."]):
    """Distances from points to the four sides of boxes, for detectors without anchors.

    Equation
        (x − left, y − top, right − x, bottom − y)
    Args
        points: (x, y), (..., 2)
        boxes: corners, (..., 4)
    Returns
        (..., 4); all positive where the point lies inside the box
    Raises
        ValueError: if the last axis of `points` is not 2 or that of `boxes` not 4
    Source
        Tian et al. 2019, FCOS, equation 1.
    Chapter
        vision/object_detection
    """
    _require_points(points)
    require_boxes(boxes=boxes)
    return jnp.concatenate([points - boxes[..., :2], boxes[..., 2:] - points], axis=-1)


def decode_distances(points: Float[Array, "..."], distances: Float[Array, "..."]):
    """Boxes from the distances of points to their sides, the inverse of `encode_distances`.

    Equation
        (left, top, right, bottom) = (x − l, y − t, x + r, y + b)
    Args
        points: (x, y), (..., 2)
        distances: (l, t, r, b), (..., 4)
    Returns
        corners, (..., 4)
    Raises
        ValueError: if the last axis of `points` is not 2 or that of `distances` not 4
    Source
        Tian et al. 2019, FCOS.
    Chapter
        vision/object_detection
    """
    _require_points(points)
    require_boxes(distances=distances)
    return jnp.concatenate([points - distances[..., :2], points + distances[..., 2:]], axis=-1)


@through_float32
def centerness(distances: Float[Array, "..."]) -> Float[Array, "..."]:
    """How near a point is to the middle of its box.

    Equation
        sqrt(min(l, r) / max(l, r) · min(t, b) / max(t, b))
    Args
        distances: (l, t, r, b), (..., 4)
    Returns
        (...), 1 in the middle and 0 on the sides and outside
    Raises
        ValueError: if the last axis is not 4
    Source
        Tian et al. 2019, FCOS, equation 3.
    Chapter
        vision/object_detection
    """
    require_boxes(distances=distances)
    first, second = distances[..., :2], distances[..., 2:]
    inside = jnp.all(distances > 0, axis=-1)
    # Outside, ones take the place of the distances, so that no NaN enters the gradient.
    first, second = (jnp.where(inside[..., None], side, 1) for side in (first, second))
    ratio = jnp.minimum(first, second) / jnp.maximum(first, second)
    return jnp.where(inside, jnp.sqrt(jnp.prod(ratio, axis=-1)), 0)


def _require_points(points: Float[Array, "..."]) -> None:
    if points.ndim < 1 or points.shape[-1] != 2:
        raise ValueError(f"points must have shape (..., 2), got {points.shape}")


def _four(weights, dtype):
    if len(weights) != 4 or min(weights) <= 0:
        raise ValueError(f"weights must be four positive numbers, got {weights}")
    return jnp.asarray(weights, dtype)
