"""Arithmetic of schedules that stays right after a hundred million steps."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.validation import is_known

__all__ = ["falling", "power", "real"]


def real(value: ScalarLike) -> Float[Array, ""]:
    """A number in the default precision."""
    return jnp.asarray(value, dtype=float)


def power(base: ScalarLike, exponent: int | Int[Array, ""]) -> Float[Array, ""]:
    """Power of a base that is not negative, with a whole exponent however large."""
    # bⁿ = exp(n log b): n multiplies the error of the logarithm, which therefore is a double.
    with np.errstate(divide="ignore"):
        log = np.log(np.float64(base)) if is_known(base) else jnp.log(base)
    return jnp.where(exponent == 0, 1, jnp.exp(real(exponent) * real(log)))


def falling(initial: ScalarLike, final: ScalarLike, left: Float[Array, ""]) -> Float[Array, ""]:
    """Half a cosine wave, by the share of it that is left."""
    # ½ (1 + cos πp) = sin²(½π (1 − p)), which keeps its digits where the wave ends.
    return final + (initial - final) * jnp.sin(0.5 * jnp.pi * left) ** 2
