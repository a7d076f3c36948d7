"""Losses that ask for a margin and are satisfied once they have it."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

from dl_lib.functional.activations.rectifiers import relu
from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import require_classes, require_either, require_index
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_positive, require_same_shape

__all__ = ["hinge_loss", "multiclass_hinge_loss"]


@in_float32
def hinge_loss(
    scores: Float[Array, "..."],
    target: Num[Array, "..."],
    squared: bool = False,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Hinge loss of two classes named −1 and +1, the loss of the support vector machine.

    Equation
        ℓ = max(0, 1 − y f),  or its square
    Args
        scores: f, any shape; the sign is the prediction
        target: y, −1 or +1, same shape. With 0 and 1 the examples of 0 would have no gradient
        squared: square the loss, which takes the corner away
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `scores` for "none"
    Raises
        ValueError: if the shapes differ, or a known target is neither −1 nor +1
    Source
        Cortes & Vapnik 1995.
    Chapter
        losses/classification
    """
    require_same_shape("scores", scores, "target", target)
    require_either("target", target, (-1, 1))
    losses = relu(1 - target * scores)
    return reduce(losses**2 if squared else losses, reduction)


@in_float32
def multiclass_hinge_loss(
    logits: Float[Array, "... classes"],
    target: Int[Array, "..."],
    margin: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Hinge loss of several classes: the true one must lead the best of the others by a margin.

    Equation
        ℓ = max(0, m + max_{j ≠ y} oⱼ − o_y)
    Args
        logits: o, (..., classes)
        target: labels y, (...)
        margin: m > 0
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none". Under jit a label out of range gives NaN
    Raises
        ValueError: if the shapes do not fit, there is one class only, a known label is out of
            range, or m is not positive
    Source
        Crammer & Singer 2001. Differs from PyTorch's multi_margin_loss, which averages over
        all other classes.
    Chapter
        losses/classification
    """
    require_positive("margin", margin)
    require_same_shape("logits without the classes", logits[..., 0], "target", target)
    require_classes("logits", logits)
    label = require_index("target", target, logits.shape[-1])[..., None]
    own = jnp.take_along_axis(logits, label, axis=-1, mode="fill")[..., 0]
    others = jnp.where(jnp.arange(logits.shape[-1]) == label, -jnp.inf, logits)
    return reduce(relu(margin + jnp.max(others, axis=-1) - own), reduction)
