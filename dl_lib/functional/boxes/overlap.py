"""How far two boxes overlap, and how far apart they are where they do not."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.boxes.coordinates import box_area, require_boxes
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes

__all__ = [
    "box_iou",
    "complete_box_iou",
    "distance_box_iou",
    "generalized_box_iou",
    "pairwise_box_iou",
]


@through_float32
def box_iou(first: Float[Array, "..."], second: Float[Array, "..."]) -> Float[Array, "..."]:
    """Intersection over union, the Jaccard index of two boxes.

    Equation
        IoU = |A ∩ B| / |A ∪ B|
    Args
        first: A, (..., 4)
        second: B, of a shape that broadcasts with it
    Returns
        (...), from 0 to 1; 0 for boxes without area. Boxes apart have gradient 0
    Raises
        ValueError: if a last axis is not 4
    Source
        Jaccard 1901.
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(first=first, second=second)
    return _ratio(*_intersection_and_union(first, second))


def pairwise_box_iou(
    first: Float[Array, "n coordinates"], second: Float[Array, "m coordinates"]
) -> Float[Array, "n m"]:
    """Intersection over union of every box with every other.

    Equation
        IoUᵢⱼ = |Aᵢ ∩ Bⱼ| / |Aᵢ ∪ Bⱼ|
    Args
        first: A, (n, 4)
        second: B, (m, 4)
    Returns
        (n, m)
    Raises
        ValueError: if a last axis is not 4
    Chapter
        vision/boxes_and_anchors
    """
    for name, boxes in (("first", first), ("second", second)):
        require_axes(name, boxes, "boxes, 4")
    return box_iou(first[:, None], second[None])


@through_float32
def generalized_box_iou(
    first: Float[Array, "..."], second: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Generalized IoU, which still falls when boxes that are apart move further apart.

    Equation
        GIoU = IoU − (|C| − |A ∪ B|) / |C|,  C the smallest box around both
    Args
        first: A, (..., 4)
        second: B, of a shape that broadcasts with it
    Returns
        (...), above −1, at most 1
    Raises
        ValueError: if a last axis is not 4
    Source
        Rezatofighi et al. 2019.
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(first=first, second=second)
    intersection, union = _intersection_and_union(first, second)
    around = box_area(_hull(first, second))
    return _ratio(intersection, union) - _ratio(around - union, around)


@through_float32
def distance_box_iou(
    first: Float[Array, "..."], second: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Distance IoU, which falls with the distance between the middles.

    Equation
        DIoU = IoU − d² / c²,  d between the middles, c the diagonal of the box around both
    Args
        first: A, (..., 4)
        second: B, of a shape that broadcasts with it
    Returns
        (...), above −1, at most 1
    Raises
        ValueError: if a last axis is not 4
    Source
        Zheng et al. 2020.
    Chapter
        vision/boxes_and_anchors
    """
    iou = box_iou(first, second)
    apart = (first[..., :2] + first[..., 2:] - second[..., :2] - second[..., 2:]) / 2
    hull = _hull(first, second)
    diagonal = jnp.sum((hull[..., 2:] - hull[..., :2]) ** 2, axis=-1)
    return iou - _ratio(jnp.sum(apart**2, axis=-1), diagonal)


@through_float32
def complete_box_iou(
    first: Float[Array, "..."], second: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Complete IoU, which falls with a difference of the aspect ratios too.

    Equation
        CIoU = DIoU − α v,  v = (2/π)² (arctan(w_A / h_A) − arctan(w_B / h_B))²
        α = v / (1 − IoU + v),  held fixed in the gradient
    Args
        first: A, (..., 4)
        second: B, of a shape that broadcasts with it
    Returns
        (...), at most 1
    Raises
        ValueError: if a last axis is not 4
    Source
        Zheng et al. 2020. As torchvision.
    Chapter
        vision/boxes_and_anchors
    """
    require_boxes(first=first, second=second)
    v = (2 / jnp.pi * (_aspect_angle(first) - _aspect_angle(second))) ** 2
    weight = jax.lax.stop_gradient(_ratio(v, 1 - box_iou(first, second) + v))
    return distance_box_iou(first, second) - weight * v


def _intersection_and_union(first: Array, second: Array) -> tuple[Array, Array]:
    corners = [
        jnp.maximum(first[..., :2], second[..., :2]),
        jnp.minimum(first[..., 2:], second[..., 2:]),
    ]
    intersection = box_area(jnp.concatenate(corners, axis=-1))
    return intersection, box_area(first) + box_area(second) - intersection


def _hull(first: Array, second: Array) -> Array:
    corners = [
        jnp.minimum(first[..., :2], second[..., :2]),
        jnp.maximum(first[..., 2:], second[..., 2:]),
    ]
    return jnp.concatenate(corners, axis=-1)


def _aspect_angle(boxes: Array) -> Array:
    width, height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    empty = (width == 0) & (height == 0)
    return jnp.arctan2(width, jnp.where(empty, 1, height))


def _ratio(top: Array, bottom: Array) -> Array:
    # 0 for 0 / 0, and no NaN in the gradient either.
    return jnp.where(bottom > 0, top / jnp.where(bottom > 0, bottom, 1), 0)
