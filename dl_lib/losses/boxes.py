"""Losses of matched boxes that see a box as a whole and not as four numbers."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.boxes.overlap import (
    box_iou,
    complete_box_iou,
    distance_box_iou,
    generalized_box_iou,
)
from dl_lib.functional.numerics import in_float32
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape

__all__ = ["iou_loss"]

OVERLAPS = {
    "plain": box_iou,
    "generalized": generalized_box_iou,
    "distance": distance_box_iou,
    "complete": complete_box_iou,
}


@in_float32
def iou_loss(
    prediction: Float[Array, "... coordinates"],
    target: Float[Array, "..."],
    overlap: str = "plain",
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """One minus the overlap of two boxes.

    Equation
        ℓ = 1 − IoU,  1 − GIoU,  1 − DIoU,  1 − CIoU,  or −log max(IoU, 1e-7)
    Args
        prediction: corners (left, top, right, bottom), (..., 4)
        target: same shape
        overlap: "plain", "generalized", "distance", "complete", or "logarithm". For boxes that
            are apart "plain" and "logarithm" have gradient 0, the others lead them together
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes differ, the last axis is not 4, or for another word
    Source
        Yu et al. 2016 (logarithm), Rezatofighi et al. 2019 (generalized), Zheng et al. 2020.
    Chapter
        vision/boxes_and_anchors
    """
    require_same_shape("prediction", prediction, "target", target)
    if overlap == "logarithm":
        return reduce(-jnp.log(jnp.maximum(box_iou(prediction, target), 1e-7)), reduction)
    if overlap not in OVERLAPS:
        raise ValueError(f"overlap must be one of {[*OVERLAPS, 'logarithm']}, got {overlap!r}")
    return reduce(1 - OVERLAPS[overlap](prediction, target), reduction)
