"""How much of a number is explained."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from dl_lib.functional.numerics import in_float32
from dl_lib.validation import require_positive, require_same_shape

__all__ = ["r2_score"]


@in_float32
def r2_score(prediction: Float[Array, "..."], target: Num[Array, "..."]) -> Float[Array, ""]:
    """Coefficient of determination, the share of the target's variance that is explained.

    Equation
        R² = 1 − Σᵢ (ŷᵢ − yᵢ)² / Σᵢ (yᵢ − ȳ)²
    Args
        prediction: ŷ, any shape
        target: y, same shape; all its entries count as one sample
    Returns
        scalar, at most 1; 0 is as good as the mean. NaN or −∞ if the target is constant
    Raises
        ValueError: if the shapes differ, or there is no example
    Chapter
        linear_networks/linear_regression
    """
    require_same_shape("prediction", prediction, "target", target)
    require_positive("the number of examples", target.size)
    unexplained = jnp.sum((prediction - target) ** 2)
    return 1 - unexplained / jnp.sum((target - jnp.mean(target)) ** 2)
