"""Several attentions side by side in one array."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.validation import require_axes

__all__ = ["merge_heads", "split_heads"]


def split_heads(
    x: Float[Array, "... time width"], heads: int
) -> Float[Array, "... heads time head_width"]:
    """Cut the last axis into heads and move them in front of time.

    Equation
        X = [X₁ … X_h] ↦ X₁, …, X_h, each (time, width / h)
    Args
        x: (..., time, width)
        heads: how many; divides the width
    Returns
        (..., heads, time, width / heads)
    Raises
        ValueError: if `heads` does not divide the width
    Chapter
        attention/multi_head_attention
    """
    if heads < 1 or x.shape[-1] % heads:
        raise ValueError(f"a width of {x.shape[-1]} cannot be split into {heads} heads")
    return jnp.swapaxes(x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads), -2, -3)


def merge_heads(x: Float[Array, "... heads time head_width"]) -> Float[Array, "... time width"]:
    """Put the heads side by side again, the inverse of `split_heads`.

    Equation
        X₁, …, X_h ↦ [X₁ … X_h]
    Args
        x: (..., heads, time, head width)
    Returns
        (..., time, heads · head width)
    Raises
        ValueError: if there are fewer than three axes
    Chapter
        attention/multi_head_attention
    """
    require_axes("x", x, "..., heads, time, head width")
    x = jnp.swapaxes(x, -2, -3)
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])
