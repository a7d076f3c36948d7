"""Activations of straight pieces, cheap stand-ins for smooth ones.

The derivative at a corner is that of the flat side.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_nonnegative

__all__ = ["hardshrink", "hardsigmoid", "hardswish", "hardtanh"]


def hardtanh(
    x: Float[Array, "..."], lower: float | int = -1.0, upper: float | int = 1.0
) -> Float[Array, "..."]:
    """Identity between two limits, constant outside.

    Equation
        hardtanh(x) = min(max(x, l), u)
    Args
        x: any shape
        lower: l
        upper: u
    Returns
        same shape as `x`, in [l, u]
    Raises
        ValueError: if the limits are not in order
    Source
        Collobert 2004.
    Chapter
        mlp/activations
    """
    if not lower < upper:
        raise ValueError(f"lower must be below upper, got {lower} and {upper}")
    return jnp.where(x <= lower, lower, jnp.where(x >= upper, upper, x)).astype(x.dtype)


@through_float32
def hardsigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Sigmoid of three straight pieces.

    Equation
        hardsigmoid(x) = 0 if x ≤ −3, 1 if x ≥ 3, else x/6 + ½
    Args
        x: any shape
    Returns
        same shape as `x`, in [0, 1]
    Source
        Howard et al. 2019. Differs from older Keras, which has the slope 0.2.
    Chapter
        mlp/activations
    """
    return jnp.where(x <= -3, 0, jnp.where(x >= 3, 1, x / 6 + 0.5)).astype(x.dtype)


@through_float32
def hardswish(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Swish with the hard sigmoid as its gate.

    Equation
        hardswish(x) = x hardsigmoid(x) = 0 if x ≤ −3, x if x ≥ 3, else x (x + 3)/6
    Args
        x: any shape
    Returns
        same shape as `x`
    Source
        Howard et al. 2019.
    Chapter
        mlp/activations
    """
    # Only the middle may be squared, or an input of 1e20 would overflow where it is not used.
    middle = jnp.where(jnp.abs(x) >= 3, 0, x)
    return jnp.where(x <= -3, 0, jnp.where(x >= 3, x, middle * (middle + 3) / 6))


def hardshrink(x: Float[Array, "..."], limit: float | int = 0.5) -> Float[Array, "..."]:
    """Set small entries to zero and leave the others alone.

    Equation
        hardshrink(x) = x if |x| > λ, else 0
    Args
        x: any shape
        limit: λ ≥ 0
    Returns
        same shape as `x`
    Raises
        ValueError: if λ is negative
    Source
        Donoho & Johnstone 1994.
    Chapter
        mlp/activations
    """
    require_nonnegative("limit", limit)
    return jnp.where(jnp.abs(x) <= limit, 0, x)
