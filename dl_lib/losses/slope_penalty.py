"""A limit on how steep a discriminator may be where the data are."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import widened
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_axes, require_nonnegative

__all__ = ["slope_penalty"]


def slope_penalty(
    discriminator: Callable[[Array], Array],
    x: Float[Array, "batch ..."],
    weight: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Half the squared slope of a discriminator at each example, known as R₁ on real ones.

    Equation
        ℓ = (γ/2) ‖∇D(x)‖₂²
    Args
        discriminator: D, takes a batch and gives (batch,) logits, each from its own example only
        x: real examples for R₁, generated ones for R₂, (batch, ...)
        weight: γ, from 0
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"
    Raises
        ValueError: if `x` has no example axis, or a known weight is negative
    Source
        Mescheder et al. 2018, equations 9 and 10.
    Chapter
        generative/gan_losses
    """
    require_axes("x", x, "batch, ...")
    require_nonnegative("weight", weight)
    # One gradient of the sum is every example's own, since no logit depends on another's.
    slope = widened(jax.grad(lambda x: jnp.sum(discriminator(x)))(x))
    squares = jnp.sum(slope**2, axis=tuple(range(1, slope.ndim)))
    return reduce(weight / 2 * squares, reduction)
