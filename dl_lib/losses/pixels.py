"""Losses of maps, pixel by pixel, and the sums of them that segmentation networks are named for."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from dl_lib.functional.activations.softmax import softmax
from dl_lib.functional.numerics import absolute, in_float32
from dl_lib.losses.classification import cross_entropy
from dl_lib.losses.overlap import class_masks
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_positive, require_same_shape

__all__ = ["deeplab_loss", "gradient_difference_loss", "pixel_cross_entropy", "unet_loss"]


@in_float32
def pixel_cross_entropy(
    logits: Float[Array, "batch classes ..."],
    target: Num[Array, "..."],
    weight: Float[Array, "..."] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy of every pixel, the classes on the channel axis.

    Equation
        ℓₙ = −wₙ log softmax(oₙ)_{yₙ}
    Args
        logits: o, (batch, classes, ...)
        target: labels y, integers of shape (batch, ...), or distributions of the shape of `logits`
        weight: w, one for each pixel, (batch, ...), as U-Net puts on the borders between
            cells; None for all 1
        reduction: "mean" divides by the number of pixels whatever the weights; "sum", "none"
    Returns
        scalar, or (batch, ...) for "none"
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Long et al. 2015; with weights, Ronneberger et al. 2015.
    Chapter
        vision/segmentation_losses
    """
    last = jnp.moveaxis(logits, 1, -1)
    soft = target.shape == logits.shape
    losses = cross_entropy(last, jnp.moveaxis(target, 1, -1) if soft else target, "none")
    if weight is not None:
        require_same_shape("losses", losses, "weight", weight)
        losses = weight * losses
    return reduce(losses, reduction)


@in_float32
def unet_loss(
    logits: Float[Array, "batch classes ..."],
    target: Num[Array, "..."],
    weight: float | int = 1.0,
    smooth: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Dice loss averaged over the classes, plus cross-entropy: shapes and pixels together.

    Equation
        ℓ = (1/C) Σₗ [1 − (2 Σₙ yₙₗ ŷₙₗ + s) / (Σₙ yₙₗ + Σₙ ŷₙₗ + s)] + λ (1/N) Σₙ ℓₙ
    Args
        logits: o, (batch, classes, ...), ŷ = softmaxₗ(o)
        target: labels, integers of shape (batch, ...), or masks of the shape of `logits`
        weight: λ
        smooth: s > 0
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"
    Raises
        ValueError: if the target fits neither shape, a known label is out of range, or s is
            not positive
    Source
        Isensee et al. 2021. The U-Net of 2015 itself used `pixel_cross_entropy` with weights.
    Chapter
        vision/segmentation_losses
    """
    require_positive("smooth", smooth)
    truth, space = class_masks(logits, target), tuple(range(2, logits.ndim))
    prediction = softmax(logits, axis=1)
    both = jnp.sum(truth * prediction, space)
    total = jnp.sum(truth + prediction, space)
    dice = jnp.mean(1 - (2 * both + smooth) / (total + smooth), axis=1)
    pixels = pixel_cross_entropy(logits, target, reduction="none")
    return reduce(dice + weight * jnp.mean(pixels, tuple(range(1, pixels.ndim))), reduction)


@in_float32
def deeplab_loss(
    logits: Float[Array, "batch classes ..."],
    auxiliary_logits: Float[Array, "..."],
    target: Num[Array, "..."],
    weight: float | int = 0.4,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy of the output and, weighted, of an output half-way up the network.

    Equation
        ℓₙ = ce(oₙ, yₙ) + λ ce(aₙ, yₙ)
    Args
        logits: o, (batch, classes, ...)
        auxiliary_logits: a, same shape
        target: labels y, integers of shape (batch, ...), or distributions of the shape of `logits`
        weight: λ
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch, ...) for "none"
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Zhao et al. 2017 (PSPNet), section 3.3; common training practice for DeepLab.
    Chapter
        vision/segmentation_losses
    """
    require_same_shape("logits", logits, "auxiliary_logits", auxiliary_logits)
    main = pixel_cross_entropy(logits, target, reduction="none")
    auxiliary = pixel_cross_entropy(auxiliary_logits, target, reduction="none")
    return reduce(main + weight * auxiliary, reduction)


@in_float32
def gradient_difference_loss(
    prediction: Float[Array, "... height width"],
    target: Num[Array, "..."],
    weight: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Absolute error of a map and of its slopes, so that edges stay sharp.

    Equation
        ℓ = mean |ŷ − y| + λ mean |∇ŷ − ∇y|,  ∇ the differences of neighbors in both directions
    Args
        prediction: ŷ, (..., height, width), at least 2 wide or high
        target: y, same shape
        weight: λ
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes differ, or the map is one pixel
    Source
        Mathieu et al. 2016. Kervadec et al.'s boundary loss is `boundary_loss`.
    Chapter
        vision/segmentation_losses
    """
    require_same_shape("prediction", prediction, "target", target)
    height, width = prediction.shape[-2:]
    slopes = (height - 1) * width + height * (width - 1)
    if slopes < 1:
        raise ValueError(f"prediction must be larger than one pixel, got {prediction.shape}")
    error = prediction - target
    vertical = jnp.sum(absolute(jnp.diff(error, axis=-2)), (-2, -1))
    horizontal = jnp.sum(absolute(jnp.diff(error, axis=-1)), (-2, -1))
    values = jnp.mean(absolute(error), (-2, -1))
    return reduce(values + weight * (vertical + horizontal) / slopes, reduction)
