"""Cross-entropies for rare classes: errors weighted by the class, or by how hard they are."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num, ScalarLike

from dl_lib.functional.activations.sigmoid import log_sigmoid
from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import in_float32, log_sum_exp
from dl_lib.functional.vectors.indexing import require_classes, require_either, require_index
from dl_lib.losses.reduction import reduce
from dl_lib.validation import (
    require_nonnegative,
    require_same_shape,
    require_unit_interval,
)

__all__ = ["focal_loss", "multiclass_focal_loss", "weighted_binary_cross_entropy"]


@in_float32
def weighted_binary_cross_entropy(
    logits: Float[Array, "..."],
    target: Num[Array, "..."],
    weight: ScalarLike | Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Binary cross-entropy that counts a positive w times and a negative 1 − w times.

    Equation
        ℓ = −w y log σ(o) − (1 − w)(1 − y) log(1 − σ(o))
    Args
        logits: o, any shape
        target: y, 0 or 1 or a probability between, same shape
        weight: w in [0, 1], one number, or the shape of `logits`; ½ halves the plain loss
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `logits` for "none"
    Raises
        ValueError: if the shapes differ, or a known target or weight is outside [0, 1]
    Source
        Differs from PyTorch's `pos_weight`, which is w / (1 − w) and scales positives only.
    Chapter
        losses/classification
    """
    require_same_shape("logits", logits, "target", target)
    weight = jnp.asarray(weight)
    if weight.ndim:
        require_same_shape("logits", logits, "weight", weight)
    require_unit_interval("target", target)
    require_unit_interval("weight", weight)
    positive, negative = weight * target, (1 - weight) * (1 - target)
    return reduce(-positive * log_sigmoid(logits) - negative * log_sigmoid(-logits), reduction)


@in_float32
def focal_loss(
    logits: Float[Array, "..."],
    target: Num[Array, "..."],
    gamma: float | int = 2.0,
    alpha: float | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Binary cross-entropy that turns away from the examples it already gets right.

    Equation
        ℓ = −α_t (1 − p_t)^γ log p_t,  p_t = σ(o) and α_t = α if y = 1,  1 − σ(o) and 1 − α if y = 0
    Args
        logits: o, any shape
        target: y, 0 or 1, same shape
        gamma: γ ≥ 0; 0 gives cross-entropy
        alpha: weight of the positives, in [0, 1]; None for no weights at all
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `logits` for "none"
    Raises
        ValueError: if the shapes differ, a known target is neither 0 nor 1, γ is negative, or
            α is outside [0, 1]
    Source
        Lin et al. 2017, equations 4 and 5.
    Chapter
        losses/classification
    """
    require_same_shape("logits", logits, "target", target)
    require_nonnegative("gamma", gamma)
    require_either("target", target, (0, 1))
    towards_truth = jnp.where(target == 1, logits, -logits)
    # log p_t = log σ(z) and log(1 − p_t) = log σ(−z): no power of a rounded probability, whose
    # slope at 0 is infinite for γ < 1
    losses = -jnp.exp(gamma * log_sigmoid(-towards_truth)) * log_sigmoid(towards_truth)
    if alpha is not None:
        require_unit_interval("alpha", alpha)
        losses = jnp.where(target == 1, alpha, 1 - alpha) * losses
    return reduce(losses, reduction)


@in_float32
def multiclass_focal_loss(
    logits: Float[Array, "... classes"],
    target: Int[Array, "..."],
    gamma: float | int = 2.0,
    class_weights: Float[Array, "..."] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Focal loss of several classes.

    Equation
        ℓ = −α_y (1 − p_y)^γ log p_y,  p = softmax(o)
    Args
        logits: o, (..., classes)
        target: labels y, (...)
        gamma: γ ≥ 0; 0 gives cross-entropy
        class_weights: α, one for each class; None for all 1
        reduction: "mean", "sum" or "none"; the mean divides by the number of examples
    Returns
        scalar, or (...) for "none". Under jit a label out of range gives NaN
    Raises
        ValueError: if the shapes do not fit, there is one class only, a known label is out of
            range, or γ is negative
    Source
        Lin et al. 2017.
    Chapter
        losses/classification
    """
    require_nonnegative("gamma", gamma)
    require_same_shape("logits without the classes", logits[..., 0], "target", target)
    require_classes("logits", logits)
    classes = logits.shape[-1]
    label = require_index("target", target, classes)[..., None]
    log_probability = log_softmax(logits)
    own = jnp.take_along_axis(log_probability, label, axis=-1, mode="fill")[..., 0]
    # log(1 − p_y) is the log-sum of the other classes; 1 − p_y itself would have rounded to 0
    others = jnp.where(jnp.arange(classes) == label, -jnp.inf, log_probability)
    losses = -jnp.exp(gamma * log_sum_exp(others)) * own if gamma else -own
    if class_weights is not None:
        if class_weights.shape != (classes,):
            raise ValueError(
                f"class_weights must have shape {(classes,)}, got {class_weights.shape}"
            )
        losses = losses * jnp.take(class_weights, label[..., 0], mode="fill")
    return reduce(losses, reduction)
