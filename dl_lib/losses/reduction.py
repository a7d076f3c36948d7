"""One way for every loss to turn the losses of the examples into one number."""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import in_float32
from dl_lib.validation import require_positive

__all__ = ["Reduction", "reduce"]

Reduction = Literal["mean", "sum", "none"]


@in_float32
def reduce(losses: Float[Array, "..."], reduction: str) -> Float[Array, "..."]:
    """Average, add up, or leave alone.

    Equation
        (1/n) Σᵢ ℓᵢ,  Σᵢ ℓᵢ  or  ℓ
    Args
        losses: loss of each example, any shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or `losses` for "none"
    Raises
        ValueError: for any other word, or if the mean is taken of nothing
    Chapter
        linear_networks/linear_regression
    """
    if reduction == "mean":
        require_positive("the number of losses in a mean", losses.size)
        return jnp.mean(losses)
    if reduction == "sum":
        return jnp.sum(losses)
    if reduction == "none":
        return losses
    raise ValueError(f'reduction must be "mean", "sum" or "none", got {reduction!r}')
