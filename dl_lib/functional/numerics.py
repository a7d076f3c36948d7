"""Formulas rewritten so that no intermediate value overflows and no gradient surprises."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["absolute", "log_sum_exp"]


def absolute(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Magnitude, whose derivative at the corner is taken as 0, halfway between −1 and 1.

    `jnp.abs` has derivative 1 at 0, so that a weight at rest would be pushed off by a penalty.

    Equation
        |x| = x sign(x),  d|x|/dx = sign(x)
    Args
        x: any shape
    Returns
        same shape as `x`
    Chapter
        preliminaries/linear_algebra
    """
    return x * jnp.sign(x)


def log_sum_exp(
    x: Float[Array, "..."], axis: int | tuple[int, ...] | None = -1, keepdims: bool = False
) -> Float[Array, "..."]:
    """Logarithm of a sum of exponentials, a smooth maximum.

    Equation
        log Σᵢ exp(xᵢ) = m + log Σᵢ exp(xᵢ − m),  m = maxᵢ xᵢ
    Args
        x: any shape
        axis: axis or axes to sum over; None for all
        keepdims: keep the summed axes with size 1
    Returns
        x's shape without the summed axes
    Chapter
        linear_networks/softmax_regression
    """
    largest = jnp.max(x, axis=axis, keepdims=True)
    # Where the maximum is ±∞ the shift would make ∞ − ∞. The value does not depend on the
    # shift, so neither does the gradient.
    shift = jax.lax.stop_gradient(jnp.where(jnp.isfinite(largest), largest, 0))
    total = jnp.sum(jnp.exp(x - shift), axis=axis, keepdims=True)
    result = shift + jnp.log(total)
    return result if keepdims else jnp.squeeze(result, axis=axis)
