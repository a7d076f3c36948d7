"""Losses of overlap between a predicted and a true mask, indifferent to how large the object is."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from dl_lib.functional.activations.sigmoid import sigmoid
from dl_lib.functional.activations.softmax import softmax
from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import one_hot, require_classes
from dl_lib.losses.reduction import reduce
from dl_lib.validation import (
    require_nonnegative,
    require_same_shape,
    require_unit_interval,
)

__all__ = [
    "class_masks",
    "dice_loss",
    "generalized_dice_loss",
    "jaccard_loss",
    "tversky_loss",
]


@in_float32
def dice_loss(
    logits: Float[Array, "batch ..."],
    target: Num[Array, "..."],
    squared: bool = True,
    smooth: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Dice loss of masks, one minus the Dice coefficient.

    Equation
        ℓ = 1 − (2 Σ yŷ + s) / (Σ y² + Σ ŷ² + s),  ŷ = σ(o)
    Args
        logits: o, (batch, ...); the sums run over all axes but the first
        target: y, 0 or 1 or between, same shape
        squared: False leaves the squares in the denominator away, which is the same for ŷ of
            0 and 1 only
        smooth: s ≥ 0; with 0 an empty mask that is predicted empty costs 1, with s > 0 nothing
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"; 0 for a perfect prediction
    Raises
        ValueError: if the shapes differ, s is negative, or a known y lies outside [0, 1]
    Source
        Milletari et al. 2016.
    Chapter
        vision/segmentation_losses
    """
    both, predicted, true = _sums(logits, target, smooth, squared)
    return reduce(1 - _ratio(2 * both + smooth, predicted + true + smooth), reduction)


@in_float32
def jaccard_loss(
    logits: Float[Array, "batch ..."],
    target: Num[Array, "..."],
    smooth: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Jaccard loss of masks, one minus their soft intersection over union.

    Equation
        ℓ = 1 − (Σ yŷ + s) / (Σ y + Σ ŷ − Σ yŷ + s),  ŷ = σ(o)
    Args
        logits: o, (batch, ...); the sums run over all axes but the first
        target: y, 0 or 1 or between, same shape
        smooth: s ≥ 0
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"; 0 for a perfect prediction
    Raises
        ValueError: if the shapes differ, s is negative, or a known y lies outside [0, 1]
    Chapter
        vision/segmentation_losses
    """
    return tversky_loss(logits, target, 1, 1, smooth, reduction)


@in_float32
def tversky_loss(
    logits: Float[Array, "batch ..."],
    target: Num[Array, "..."],
    alpha: float | int = 0.3,
    beta: float | int = 0.7,
    smooth: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Overlap loss that prices false positives and false negatives separately.

    With α = β = ½ it is the Dice loss without squares (and with s doubled there), with
    α = β = 1 the Jaccard loss.

    Equation
        ℓ = 1 − (TP + s) / (TP + α FP + β FN + s)
        TP = Σ yŷ,  FP = Σ (1 − y) ŷ,  FN = Σ y (1 − ŷ),  ŷ = σ(o)
    Args
        logits: o, (batch, ...); the sums run over all axes but the first
        target: y, 0 or 1 or between, same shape
        alpha: α ≥ 0, price of a false positive
        beta: β ≥ 0, price of a false negative
        smooth: s ≥ 0
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"; 0 for a perfect prediction
    Raises
        ValueError: if the shapes differ, α, β or s is negative, or a known y lies outside [0, 1]
    Source
        Salehi et al. 2017.
    Chapter
        vision/segmentation_losses
    """
    require_nonnegative("alpha", alpha)
    require_nonnegative("beta", beta)
    both, predicted, true = _sums(logits, target, smooth)
    wrong = alpha * (predicted - both) + beta * (true - both)
    return reduce(1 - _ratio(both + smooth, both + wrong + smooth), reduction)


@in_float32
def generalized_dice_loss(
    logits: Float[Array, "batch classes ..."],
    target: Num[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Dice loss over all classes, each weighted so that a small one counts as much as a large one.

    Equation
        ℓ = 1 − 2 Σₗ wₗ Σₙ yₙₗ ŷₙₗ / Σₗ wₗ Σₙ (yₙₗ + ŷₙₗ),  wₗ = 1 / (Σₙ yₙₗ)²,  ŷ = softmaxₗ(o)
    Args
        logits: o, (batch, classes, ...), l the class and n the pixel
        target: labels, integers of shape (batch, ...) without the classes, or one-hot masks
            or distributions of the shape of `logits`
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"; 0 for a perfect prediction
    Raises
        ValueError: if the target fits neither shape, there is one class only, or a known label is
            out of range
    Source
        Sudre et al. 2017. Differs: a class that is absent is weighted as if it had one pixel,
        where the formula gives it infinite weight.
    Chapter
        vision/segmentation_losses
    """
    truth = class_masks(logits, target)
    prediction = softmax(logits, axis=1)
    space = tuple(range(2, logits.ndim))
    weight = 1 / jnp.maximum(jnp.sum(truth, space), 1) ** 2
    both = jnp.sum(weight * jnp.sum(truth * prediction, space), axis=1)
    total = jnp.sum(weight * jnp.sum(truth + prediction, space), axis=1)
    return reduce(1 - 2 * both / total, reduction)


def class_masks(
    logits: Float[Array, "batch classes ..."], target: Num[Array, "..."]
) -> Float[Array, "batch classes ..."]:
    """Turn labels into one mask for each class, and leave masks as they are.

    Args
        logits: (batch, classes, ...), which the masks must match
        target: labels, integers of shape (batch, ...), or masks of the shape of `logits`
    Returns
        the shape and type of `logits`. Under jit a label out of range gives NaN
    Raises
        ValueError: if the target fits neither shape, there is one class only, or a known label is
            out of range
    Chapter
        vision/segmentation_losses
    """
    require_classes("logits", logits, axis=1)
    if target.shape == logits.shape:
        return target.astype(logits.dtype)
    without = (logits.shape[0], *logits.shape[2:])
    if target.shape != without or not jnp.issubdtype(target.dtype, jnp.integer):
        raise ValueError(
            f"target of shape {target.shape} and type {target.dtype} does not fit logits of "
            f"shape {logits.shape}: expected integers of shape {without}, or masks, {logits.shape}"
        )
    return jnp.moveaxis(one_hot(target, logits.shape[1], logits.dtype), -1, 1)


def _sums(
    logits: Float[Array, "batch ..."],
    target: Num[Array, "..."],
    smooth: float | int,
    squared: bool = False,
) -> tuple[Float[Array, " batch"], ...]:
    require_same_shape("logits", logits, "target", target)
    require_unit_interval("target", target)
    require_nonnegative("smooth", smooth)
    prediction, axes = sigmoid(logits), tuple(range(1, logits.ndim))
    power = 2 if squared else 1
    return (
        jnp.sum(target * prediction, axes),
        jnp.sum(prediction**power, axes),
        jnp.sum(jnp.asarray(target, logits.dtype) ** power, axes),
    )


def _ratio(part: Float[Array, " batch"], whole: Float[Array, " batch"]) -> Float[Array, " batch"]:
    # Nothing true and nothing predicted: 0/0 would be NaN, and its gradient too.
    return part / jnp.where(whole == 0, 1, whole)
