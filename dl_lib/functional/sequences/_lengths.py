"""Sequences that end before the array does."""

import jax.numpy as jnp
from jaxtyping import Array, Inexact, Int

from dl_lib.functional.attention.masks import padding_mask
from dl_lib.validation import require_count

__all__ = ["require_lengths", "without_rest"]


def require_lengths(lengths: Int[Array, "..."], batch: int, time: int) -> None:
    """Raise unless there is one length for each sequence, an integer from 0 to the time."""
    require_count("lengths", lengths, time)
    if jnp.shape(lengths) != (batch,):
        raise ValueError(f"lengths must have shape {(batch,)}, got {jnp.shape(lengths)}")


def without_rest(
    x: Inexact[Array, "batch time ..."], lengths: Int[Array, "..."] | None
) -> Inexact[Array, "batch time ..."]:
    """Sequences with zeros behind their ends, where even a NaN is to reach no gradient."""
    if lengths is None:
        return x
    require_lengths(lengths, *x.shape[:2])
    valid = padding_mask(lengths, x.shape[1])
    return jnp.where(valid.reshape(*valid.shape, *(1,) * (x.ndim - 2)), x, 0)
