"""Losses for classes: logits in, because the logarithm of a rounded probability is lost."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num, ScalarLike

from dl_lib.functional.activations.sigmoid import log_sigmoid
from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import require_classes, require_index
from dl_lib.losses.reduction import reduce
from dl_lib.validation import is_known, require_same_shape, require_unit_interval

__all__ = ["binary_cross_entropy", "cross_entropy"]


@in_float32
def cross_entropy(
    logits: Float[Array, "..."],
    target: Num[Array, "..."],
    reduction: str = "mean",
    label_smoothing: ScalarLike = 0.0,
) -> Float[Array, "..."]:
    """Cross-entropy of labels, or of target distributions, with the softmax of logits.

    Equation
        ℓ = −Σⱼ yⱼ log softmax(o)ⱼ,  for a label y:  ℓ = −o_y + log Σⱼ exp(oⱼ)
        ∂ℓ/∂oⱼ = softmax(o)ⱼ − yⱼ
    Args
        logits: o, (..., classes)
        target: labels, integers of shape (...), or one-hot rows or distributions of the
            shape of `logits`
        reduction: "mean", "sum" or "none"
        label_smoothing: α in [0, 1]; y becomes (1 − α) y + α / classes
    Returns
        scalar, or (...) for "none". Under jit a label out of range gives NaN
    Raises
        ValueError: if the target fits neither shape, there is one class only, a known label is
            out of range, or α is outside [0, 1]
    Source
        Label smoothing: Szegedy et al. 2016.
    Chapter
        linear_networks/softmax_regression
    """
    if is_known(label_smoothing) and not 0 <= np.asarray(label_smoothing) <= 1:
        raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing}")
    require_classes("logits", logits)
    log_probability = log_softmax(logits)
    if target.shape == logits.shape:
        losses = -jnp.sum(_zero_times(target, log_probability), axis=-1)
    elif target.shape == logits.shape[:-1] and jnp.issubdtype(target.dtype, jnp.integer):
        index = require_index("target", target, logits.shape[-1])[..., None]
        picked = jnp.take_along_axis(log_probability, index, axis=-1, mode="fill")
        losses = -jnp.squeeze(picked, axis=-1)
    else:
        raise ValueError(
            f"target of shape {target.shape} and type {target.dtype} does not fit logits of "
            f"shape {logits.shape}: expected integers of shape {logits.shape[:-1]}, or one "
            f"distribution a row, {logits.shape}"
        )
    if not (is_known(label_smoothing) and np.asarray(label_smoothing) == 0):
        uniform = -jnp.mean(log_probability, axis=-1)
        losses = (1 - label_smoothing) * losses + label_smoothing * uniform
    return reduce(losses, reduction)


@in_float32
def binary_cross_entropy(
    logits: Float[Array, "..."], target: Num[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Cross-entropy of yes-or-no targets with the sigmoid of logits.

    Equation
        ℓ = −y log σ(o) − (1 − y) log(1 − σ(o)),  1 − σ(o) = σ(−o)
    Args
        logits: o, any shape
        target: y, 0 or 1 or a probability between, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `logits` for "none"
    Raises
        ValueError: if the shapes differ, or a known target is outside [0, 1]
    Chapter
        losses/classification
    """
    require_same_shape("logits", logits, "target", target)
    require_unit_interval("target", target)
    # −(y · …) and not (−y) · …, which wraps around for labels without a sign.
    losses = -(target * log_sigmoid(logits)) - (1 - target) * log_sigmoid(-logits)
    return reduce(losses, reduction)


def _zero_times(weight: Num[Array, "..."], value: Float[Array, "..."]) -> Float[Array, "..."]:
    # A class ruled out by a logit of −∞ costs nothing where the target gives it no weight.
    return jnp.where(weight == 0, 0, weight * jnp.where(weight == 0, 0, value))
