"""The softmax and its logarithm, in forms that stay finite, and keep finite gradients, at ±1e4."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import log_sum_exp, through_float32
from dl_lib.validation import require_positive

__all__ = ["log_softmax", "softmax"]


@through_float32
def softmax(
    x: Float[Array, "..."], axis: int = -1, temperature: ScalarLike = 1.0
) -> Float[Array, "..."]:
    """Softmax: scores become probabilities in the same order.

    Equation
        softmax(x)ᵢ = exp(xᵢ/T) / Σⱼ exp(xⱼ/T)
    Args
        x: scores (logits), any shape
        axis: the axis over which the result sums to one
        temperature: T > 0; towards 0 all mass goes to the largest score, towards ∞ it spreads
    Returns
        same shape as `x`, positive, sums to one over `axis`
    Raises
        ValueError: if the temperature is known and not positive
    Source
        Bridle 1990.
    Chapter
        linear_networks/softmax_regression
    """
    x = _cooled(x, temperature)
    # exp(xᵢ − m) / Σⱼ exp(xⱼ − m): any m gives the same value, the maximum keeps exp below 1
    shift = jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True, initial=-jnp.inf))
    weights = jnp.exp(x - shift)
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


@through_float32
def log_softmax(
    x: Float[Array, "..."], axis: int = -1, temperature: ScalarLike = 1.0
) -> Float[Array, "..."]:
    """Logarithm of the softmax, finite where the softmax itself has rounded to 0.

    Equation
        log softmax(x)ᵢ = xᵢ/T − log Σⱼ exp(xⱼ/T)
    Args
        x: scores (logits), any shape
        axis: the axis over which the probabilities sum to one
        temperature: T > 0, as in `softmax`
    Returns
        same shape as `x`, at most 0
    Raises
        ValueError: if the temperature is known and not positive
    Chapter
        linear_networks/softmax_regression
    """
    x = _cooled(x, temperature)
    # Shifting first keeps small differences between large scores: 1e4 + 0.01 is not 1e4.
    x = x - jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True, initial=-jnp.inf))
    return x - log_sum_exp(x, axis=axis, keepdims=True)


def _cooled(x: Float[Array, "..."], temperature: ScalarLike) -> Float[Array, "..."]:
    if isinstance(temperature, int | float) and temperature == 1:
        return x
    require_positive("temperature", temperature)
    return x / temperature
