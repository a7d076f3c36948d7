"""How well predicted regions cover the true ones."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

from dl_lib.metrics.classification import confusion_matrix
from dl_lib.validation import require_positive

__all__ = ["class_iou", "mean_iou"]


def class_iou(
    prediction: Num[Array, "..."], target: Int[Array, "..."], classes: int
) -> Float[Array, " classes"]:
    """Intersection over union of each class, over all pixels of all images.

    Equation
        IoUⱼ = TPⱼ / (TPⱼ + FPⱼ + FNⱼ)
    Args
        prediction: scores with the classes on the last axis, (..., classes), or labels as
            integers, (...)
        target: labels, (...)
        classes: number of classes
    Returns
        (classes,); NaN for a class that occurs neither in prediction nor in target
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Chapter
        vision/segmentation
    """
    counts = confusion_matrix(prediction, target, classes)
    both = jnp.diagonal(counts)
    either = counts.sum(axis=0) + counts.sum(axis=1) - both
    return jnp.where(either == 0, jnp.nan, both / jnp.where(either == 0, 1, either))


def mean_iou(
    prediction: Num[Array, "..."], target: Int[Array, "..."], classes: int
) -> Float[Array, ""]:
    """Mean intersection over union of the classes that occur.

    Equation
        mIoU = (1/|C|) Σ_{j ∈ C} IoUⱼ
    Args
        prediction: scores with the classes on the last axis, (..., classes), or labels as
            integers, (...)
        target: labels, (...)
        classes: number of classes
    Returns
        scalar from 0 to 1
    Raises
        ValueError: if the shapes do not fit, there is no example, or a known label is out of range
    Source
        Everingham et al. 2015; a class that occurs nowhere is left out.
    Chapter
        vision/segmentation
    """
    require_positive("the number of examples", target.size)
    return jnp.nanmean(class_iou(prediction, target, classes))
