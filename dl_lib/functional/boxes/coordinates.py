"""Boxes with sides along the axes.

A box is (left, top, right, bottom), x to the right and y downwards, unless a name says centers:
(x, y, width, height) of the middle.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import in_float32, through_float32
from dl_lib.validation import require_positive

__all__ = [
    "box_area",
    "centers_to_corners",
    "clip_boxes",
    "corners_to_centers",
    "require_boxes",
]


def require_boxes(**boxes: Float[Array, "..."]) -> None:
    """Raise unless the last axis of every array holds the four numbers of a box.

    Args
        boxes: arrays by what to call them in the message
    Raises
        ValueError: if a last axis is not 4
    Chapter
        vision/boxes_and_anchors
    """
    for name, array in boxes.items():
        if array.ndim < 1 or array.shape[-1] != 4:
            raise ValueError(f"{name} must have shape (..., 4), got {array.shape}")


@through_float32
def corners_to_centers(boxes: Float[Array, "..."]) -> Float[Array, "..."]:
    """Middle and size of boxes given by their corners.

    Equation
        x = ½ (left + right),  y = ½ (top + bottom),  w = right − left,  h = bottom − top
    Args
        boxes: (left, top, right, bottom), (..., 4)
    Returns
        (x, y, width, height), same shape
    Raises
        ValueError: if the last axis is not 4
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(boxes=boxes)
    first, second = boxes[..., :2], boxes[..., 2:]
    return jnp.concatenate([(first + second) / 2, second - first], axis=-1)


@through_float32
def centers_to_corners(boxes: Float[Array, "..."]) -> Float[Array, "..."]:
    """Corners of boxes given by middle and size.

    Equation
        left, right = x ∓ ½ w;  top, bottom = y ∓ ½ h
    Args
        boxes: (x, y, width, height), (..., 4)
    Returns
        (left, top, right, bottom), same shape
    Raises
        ValueError: if the last axis is not 4
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(boxes=boxes)
    middle, half = boxes[..., :2], boxes[..., 2:] / 2
    return jnp.concatenate([middle - half, middle + half], axis=-1)


@in_float32
def box_area(boxes: Float[Array, "..."]) -> Float[Array, "..."]:
    """Area of boxes; one whose sides are in the wrong order has none.

    Equation
        max(0, right − left) · max(0, bottom − top)
    Args
        boxes: (left, top, right, bottom), (..., 4)
    Returns
        (...), in float32 where `boxes` has 16 bits
    Raises
        ValueError: if the last axis is not 4
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(boxes=boxes)
    return jnp.prod(jax.nn.relu(boxes[..., 2:] - boxes[..., :2]), axis=-1)


def clip_boxes(
    boxes: Float[Array, "..."], height: float | int, width: float | int
) -> Float[Array, "..."]:
    """Cut off what lies outside an image.

    Equation
        left, right ← min(max(·, 0), width);  top, bottom ← min(max(·, 0), height)
    Args
        boxes: (left, top, right, bottom), (..., 4)
        height: of the image
        width: of the image
    Returns
        same shape; a box outside altogether has area 0
    Raises
        ValueError: if the last axis is not 4, or the image has no area
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(boxes=boxes)
    require_positive("height", height)
    require_positive("width", width)
    return jnp.clip(boxes, 0, jnp.asarray([width, height, width, height], boxes.dtype))
