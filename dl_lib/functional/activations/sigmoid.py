"""The sigmoid, its logarithm and its integral, in forms that stay finite at ±1e4."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_positive

__all__ = ["log_sigmoid", "sigmoid", "softplus", "tanh"]


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


@through_float32
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


@through_float32
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
