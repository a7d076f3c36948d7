"""Losses of object detectors: what stands at each anchor, and where exactly.

In all of them a label is 0 for background, 1 and up for an object, and −1 for an anchor that does
not count, so that the shapes stay the same whatever is in the picture.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import require_index
from dl_lib.losses.classification import binary_cross_entropy
from dl_lib.losses.imbalance import focal_loss
from dl_lib.losses.reduction import reduce
from dl_lib.losses.regression import smooth_l1
from dl_lib.losses.sequence import masked_cross_entropy
from dl_lib.validation import require_same_shape

__all__ = ["mask_rcnn_loss", "retinanet_loss", "ssd_loss", "voxelnet_loss"]


@in_float32
def ssd_loss(
    class_logits: Float[Array, "... anchors classes"],
    labels: Int[Array, "..."],
    boxes: Float[Array, "..."],
    box_targets: Float[Array, "..."],
    weight: float | int = 1.0,
    negatives: int = 3,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Single-shot detector: cross-entropy and smooth L1, against the hardest background only.

    Equation
        ℓ = (1/N) [ Σ_{pos} ce + Σ_{hard} ce + α Σ_{pos} smooth_l1(t̂ − t) ],  0 if N = 0
        N anchors are positive; hard are the 3N of the background with the largest ce
    Args
        class_logits: (..., anchors, classes), class 0 the background
        labels: (..., anchors), 0 background, from 1 the classes, −1 does not count
        boxes: t̂, encoded offsets, (..., anchors, coordinates)
        box_targets: t, same shape; only those of positive anchors are looked at
        weight: α
        negatives: how many background anchors count for each positive one
        reduction: "mean", "sum" or "none", over the images
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Liu et al. 2016, equations 1 to 3.
    Chapter
        vision/object_detection
    """
    require_same_shape("class_logits without the classes", class_logits[..., 0], "labels", labels)
    losses = masked_cross_entropy(class_logits, labels, labels >= 0, "none")
    positive = labels > 0
    found = jnp.sum(positive, axis=-1)
    # The rank of each background anchor when the largest loss comes first.
    difficulty = jnp.where(labels == 0, losses, -jnp.inf)
    rank = jnp.argsort(jnp.argsort(-difficulty, axis=-1), axis=-1)
    hard = (labels == 0) & (rank < negatives * found[..., None])
    confidence = jnp.sum(jnp.where(positive | hard, losses, 0), axis=-1)
    place = _box_sum(boxes, box_targets, positive, 1.0)
    return reduce(_per(confidence + weight * place, found), reduction)


@in_float32
def retinanet_loss(
    class_logits: Float[Array, "... anchors classes"],
    labels: Int[Array, "..."],
    boxes: Float[Array, "..."],
    box_targets: Float[Array, "..."],
    gamma: float | int = 2.0,
    alpha: float = 0.25,
    beta: float = 1 / 9,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """RetinaNet: focal loss over all anchors and smooth L1 over the positive ones.

    Equation
        ℓ = (1/N) [ Σ_{labels ≥ 0} Σ_c focal(o_c, 1(y = c)) + Σ_{pos} smooth_l1(t̂ − t) ]
        N anchors are positive, counted as 1 if there is none
    Args
        class_logits: o, (..., anchors, classes), one sigmoid for each class; the background,
            label 0, has none, so that label 1 is the first column
        labels: y, (..., anchors), 0 background, from 1 the classes, −1 does not count
        boxes: t̂, encoded offsets, (..., anchors, coordinates)
        box_targets: t, same shape; only those of positive anchors are looked at
        gamma: exponent of the focal loss
        alpha: weight of the positives in the focal loss
        beta: where smooth L1 becomes linear
        reduction: "mean", "sum" or "none", over the images
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Lin et al. 2017, sections 3 and 4. N counts anchors assigned to objects, not examples.
    Chapter
        vision/object_detection
    """
    require_same_shape("class_logits without the classes", class_logits[..., 0], "labels", labels)
    require_index("labels", jnp.maximum(labels, 0), class_logits.shape[-1] + 1)
    hot = labels[..., None] == jnp.arange(1, class_logits.shape[-1] + 1)
    counts = labels >= 0
    logits = jnp.where(counts[..., None], class_logits, 0)
    losses = focal_loss(logits, hot.astype(int), gamma, alpha, "none")
    confidence = jnp.sum(jnp.where(counts[..., None], losses, 0), axis=(-2, -1))
    place = _box_sum(boxes, box_targets, labels > 0, beta)
    found = jnp.maximum(jnp.sum(labels > 0, axis=-1), 1)
    return reduce((confidence + place) / found, reduction)


@in_float32
def mask_rcnn_loss(
    class_logits: Float[Array, "... regions classes"],
    labels: Int[Array, "..."],
    boxes: Float[Array, "..."],
    box_targets: Float[Array, "..."],
    mask_logits: Float[Array, "..."],
    mask_targets: Num[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Mask R-CNN: class, box and mask of each region, the mask on the channel of the true class.

    Equation
        ℓ = (1/R) Σ ce + (1/R) Σ_{pos} smooth_l1(t̂_y − t) + (1/N) Σ_{pos} mean bce(m̂_y, m)
        R regions count, N of them are positive; a mean over nothing is 0
    Args
        class_logits: (..., regions, classes), class 0 the background
        labels: y, (..., regions), 0 background, from 1 the classes, −1 does not count
        boxes: t̂, encoded offsets for every class, (..., regions, classes, coordinates)
        box_targets: t, (..., regions, coordinates)
        mask_logits: m̂, one mask for every class, (..., regions, classes, height, width)
        mask_targets: m, 0 or 1, (..., regions, height, width)
        reduction: "mean", "sum" or "none", over the images
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        He et al. 2017, section 3; the normalization of Girshick 2015.
    Chapter
        vision/object_detection
    """
    for name, each in (
        ("class_logits without the classes", class_logits[..., 0]),
        ("boxes without classes and corners", boxes[..., 0, 0]),
        ("mask_logits without classes and pixels", mask_logits[..., 0, 0, 0]),
        ("mask_targets without the pixels", mask_targets[..., 0, 0]),
    ):
        require_same_shape(name, each, "labels", labels)
    counts, positive = labels >= 0, labels > 0
    index = jnp.maximum(labels, 0)
    losses = masked_cross_entropy(class_logits, labels, counts, "none")
    regions = jnp.sum(counts, axis=-1)
    own = jnp.take_along_axis(boxes, index[..., None, None], axis=-2)[..., 0, :]
    place = _box_sum(own, box_targets, positive, 1.0)
    chosen = jnp.take_along_axis(mask_logits, index[..., None, None, None], axis=-3)[..., 0, :, :]
    here = positive[..., None, None]
    pixels = binary_cross_entropy(
        jnp.where(here, chosen, 0), jnp.where(here, mask_targets, 0), "none"
    )
    shapes = jnp.sum(jnp.where(positive, jnp.mean(pixels, axis=(-2, -1)), 0), axis=-1)
    total = _per(jnp.sum(losses, axis=-1) + place, regions)
    return reduce(total + _per(shapes, jnp.sum(positive, axis=-1)), reduction)


@in_float32
def voxelnet_loss(
    logits: Float[Array, "... anchors"],
    labels: Int[Array, "..."],
    boxes: Float[Array, "..."],
    box_targets: Float[Array, "..."],
    alpha: float | int = 1.5,
    beta: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """VoxelNet: positives and negatives averaged apart, and smooth L1 over the positives.

    Equation
        ℓ = (α/N₊) Σ_{pos} bce(o, 1) + (β/N₋) Σ_{neg} bce(o, 0) + (1/N₊) Σ_{pos} smooth_l1(u − u*)
    Args
        logits: o, (..., anchors)
        labels: (..., anchors), 1 object, 0 background, −1 does not count
        boxes: u, encoded offsets, (..., anchors, coordinates), 7 of them for a box in space
        box_targets: u*, same shape; only those of positive anchors are looked at
        alpha: weight of the positives
        beta: weight of the negatives
        reduction: "mean", "sum" or "none", over the scenes
    Returns
        scalar, or (...) for "none"; a mean over nothing is 0
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Zhou & Tuzel 2018, equation 2.
    Chapter
        geometry/point_clouds
    """
    require_same_shape("logits", logits, "labels", labels)
    require_index("labels", jnp.maximum(labels, 0), 2)
    positive, negative = labels > 0, labels == 0
    safe = jnp.where(labels >= 0, logits, 0)
    losses = binary_cross_entropy(safe, positive.astype(int), "none")
    found, empty = jnp.sum(positive, axis=-1), jnp.sum(negative, axis=-1)
    objects = alpha * jnp.sum(jnp.where(positive, losses, 0), axis=-1)
    nothing = beta * jnp.sum(jnp.where(negative, losses, 0), axis=-1)
    place = _box_sum(boxes, box_targets, positive, 1.0)
    return reduce(_per(objects + place, found) + _per(nothing, empty), reduction)


def _box_sum(boxes, targets, positive, beta):
    require_same_shape("boxes", boxes, "box_targets", targets)
    require_same_shape("boxes without the coordinates", boxes[..., 0], "labels", positive)
    # Replaced before the loss: the target of an anchor without an object may be anything.
    here = positive[..., None]
    losses = smooth_l1(jnp.where(here, boxes, 0), jnp.where(here, targets, 0), beta, "none")
    return jnp.sum(losses, axis=(-2, -1))


def _per(total, count):
    # total is 0 where count is 0
    return total / jnp.maximum(count, 1)
