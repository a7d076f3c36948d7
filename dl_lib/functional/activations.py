"""Activations, in forms that stay finite, and keep finite gradients, at ±1e4."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import log_sum_exp
from dl_lib.functional.validation import require_positive

__all__ = ["log_sigmoid", "log_softmax", "relu", "sigmoid", "softmax", "softplus", "tanh"]


def relu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Rectified linear unit.

    The derivative at 0 is taken as 0; `jnp.maximum(x, 0)` would give ½.

    Equation
        relu(x) = max(x, 0)
    Args
        x: any shape
    Returns
        same shape as `x`
    Source
        Nair & Hinton 2010.
    Chapter
        mlp/activations
    """
    return jax.nn.relu(x)


def sigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Logistic sigmoid.

    Equation
        σ(x) = 1 / (1 + exp(−x))
    Args
        x: any shape
    Returns
        same shape as `x`, in [0, 1]
    Chapter
        mlp/activations
    """
    # The primitive: differentiated as written, the equation gives NaN at −100 in float32.
    return jax.lax.logistic(x)


def tanh(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Hyperbolic tangent.

    Equation
        tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) = 2 σ(2x) − 1
    Args
        x: any shape
    Returns
        same shape as `x`, in [−1, 1]
    Chapter
        mlp/activations
    """
    return jnp.tanh(x)


def softplus(x: Float[Array, "..."], beta: ScalarLike = 1.0) -> Float[Array, "..."]:
    """Softplus, a smooth relu whose derivative is the sigmoid.

    Equation
        softplus(x) = (1/β) log(1 + exp(βx));  for β = 1: max(x, 0) + log(1 + e^−|x|)
    Args
        x: any shape
        beta: β > 0; towards ∞ the relu appears
    Returns
        same shape as `x`, positive
    Raises
        ValueError: if a known β is not positive
    Source
        Dugas et al. 2001.
    Chapter
        mlp/activations
    """
    require_positive("beta", beta)
    return jnp.logaddexp(beta * x, 0.0) / beta


def log_sigmoid(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Logarithm of the sigmoid.

    Equation
        log σ(x) = −softplus(−x)
    Args
        x: any shape
    Returns
        same shape as `x`, negative
    Chapter
        mlp/activations
    """
    return -softplus(-x)


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
    shift = jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True))
    weights = jnp.exp(x - shift)
    return weights / jnp.sum(weights, axis=axis, keepdims=True)


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
    x = x - jax.lax.stop_gradient(jnp.max(x, axis=axis, keepdims=True))
    return x - log_sum_exp(x, axis=axis, keepdims=True)


def _cooled(x: Float[Array, "..."], temperature: ScalarLike) -> Float[Array, "..."]:
    if isinstance(temperature, int | float) and temperature == 1:
        return x
    require_positive("temperature", temperature)
    return x / temperature
