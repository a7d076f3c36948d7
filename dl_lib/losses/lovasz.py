"""Lovász losses: the intersection over union of hard masks, extended exactly to real errors."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

from dl_lib.functional.activations.rectifiers import relu
from dl_lib.functional.activations.softmax import softmax
from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import one_hot, require_classes, require_either
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape

__all__ = ["lovasz_hinge_loss", "lovasz_softmax_loss"]


@in_float32
def lovasz_hinge_loss(
    logits: Float[Array, "batch ..."], target: Num[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Lovász hinge, the piecewise linear surrogate of 1 − IoU of a binary mask.

    Equation
        ℓ = Σₖ max(0, m₍ₖ₎) (Δₖ − Δₖ₋₁),  m = 1 − (2y − 1) o,  m₍₁₎ ≥ m₍₂₎ ≥ …
        Δₖ = 1 − |G \\ Sₖ| / |G ∪ Sₖ|,  Sₖ the k pixels of largest error, G those with y = 1
    Args
        logits: o, (batch, ...); one mask is all axes but the first
        target: y, 0 or 1, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none". An empty mask costs its largest error
    Raises
        ValueError: if the shapes differ, or a known target is neither 0 nor 1
    Source
        Yu & Blaschko 2015; Berman et al. 2018, Algorithm 1.
    Chapter
        vision/segmentation_losses
    """
    require_same_shape("logits", logits, "target", target)
    require_either("target", target, (0, 1))
    scores = logits.reshape(logits.shape[0], math.prod(logits.shape[1:]))
    truth = target.reshape(scores.shape).astype(scores.dtype)
    errors = relu(1 - (2 * truth - 1) * scores)
    return reduce(_extension(errors, truth), reduction)


@in_float32
def lovasz_softmax_loss(
    logits: Float[Array, "batch classes ..."],
    target: Int[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Lovász-softmax, the surrogate of the mean of 1 − IoU over the classes that are present.

    Equation
        ℓ = (1/|C|) Σ_{c ∈ C} Σₖ m₍ₖ₎ (Δₖ − Δₖ₋₁),  mᵢ = |1(yᵢ = c) − softmax(oᵢ)_c|
    Args
        logits: o, (batch, classes, ...)
        target: labels y, (batch, ...); C holds those that occur in the image
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none". Under jit a label out of range gives NaN
    Raises
        ValueError: if the shapes do not fit, there is one class only, or a known label is out of
            range
    Source
        Berman et al. 2018. An image is scored by itself, as with their `per_image`.
    Chapter
        vision/segmentation_losses
    """
    require_same_shape("logits without the classes", logits[:, 0], "target", target)
    require_classes("logits", logits, axis=1)
    batch, classes = logits.shape[:2]
    pixels = math.prod(target.shape[1:])
    labels = target.reshape(batch, pixels)
    truth = jnp.moveaxis(one_hot(labels, classes, logits.dtype), -1, 1)
    probability = softmax(logits.reshape(batch, classes, pixels), axis=1)
    # |y − p| = y + p − 2yp for y of 0 and 1: no corner, so no gradient lost at p = y
    losses = _extension(truth + probability - 2 * truth * probability, truth)
    present = jnp.max(truth, axis=-1)
    return reduce(jnp.sum(present * losses, axis=1) / jnp.sum(present, axis=1), reduction)


def _extension(
    errors: Float[Array, "... pixels"], truth: Float[Array, "... pixels"]
) -> Float[Array, "..."]:
    # The loss is linear as long as the order of the errors stays, so the order has no gradient.
    order = jnp.argsort(-jax.lax.stop_gradient(errors), axis=-1)
    errors = jnp.take_along_axis(errors, order, axis=-1)
    truth = jnp.take_along_axis(truth, order, axis=-1)
    found = jnp.sum(truth, axis=-1, keepdims=True)
    left = found - jnp.cumsum(truth, axis=-1)
    union = found + jnp.cumsum(1 - truth, axis=-1)
    jaccard = 1 - left / union
    steps = jnp.diff(jaccard, axis=-1, prepend=0)
    return jnp.sum(errors * steps, axis=-1)
