"""Activations that multiply the input by a gate between 0 and 1."""

import math

import jax.numpy as jnp
from jax.scipy.special import erfc
from jaxtyping import Array, Float

from dl_lib.functional.activations.sigmoid import sigmoid, softplus, tanh
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes

__all__ = ["gelu", "glu", "mish", "swish"]


@through_float32
def gelu(x: Float[Array, "..."], approximate: bool = False) -> Float[Array, "..."]:
    """Gaussian error linear unit: the gate is the chance that a normal number is smaller.

    Equation
        gelu(x) = x Φ(x) = (x/2) erfc(−x/√2)
        approximate: (x/2) (1 + tanh u) = x σ(2u),  u = sqrt(2/π) (x + 0.044715 x³)
    Args
        x: any shape
        approximate: the form with tanh, at most 4.73e-4 away
    Returns
        same shape as `x`
    Source
        Hendrycks & Gimpel 2016. Differs from `jax.nn.gelu`, which approximates by default.
    Chapter
        mlp/activations
    """
    if approximate:
        # ½ (1 + tanh u) = σ(2u), which loses no digits where tanh is near −1.
        return x * sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    return 0.5 * x * erfc(-x * math.sqrt(0.5))


@through_float32
def swish(
    x: Float[Array, "..."], beta: Float[Array, ""] | float | int = 1.0
) -> Float[Array, "..."]:
    """Swish, called SiLU when β is 1: the gate is the sigmoid.

    Equation
        swish(x) = x σ(βx)
    Args
        x: any shape
        beta: β; 0 halves the input, towards ∞ the relu appears
    Returns
        same shape as `x`
    Source
        Ramachandran, Zoph & Le 2017.
    Chapter
        mlp/activations
    """
    return x * sigmoid(beta * x)


@through_float32
def mish(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Mish: the gate is the tanh of the softplus.

    Equation
        mish(x) = x tanh(softplus(x))
    Args
        x: any shape
    Returns
        same shape as `x`
    Source
        Misra 2019.
    Chapter
        mlp/activations
    """
    return x * tanh(softplus(x))


@through_float32
def glu(x: Float[Array, "..."], axis: int = -1) -> Float[Array, "..."]:
    """Gated linear unit: one half of the features is the gate of the other.

    Equation
        glu(x) = a ⊙ σ(b),  x = [a, b]
    Args
        x: any shape
        axis: the axis that is cut in two
    Returns
        x's shape with half as many entries along `axis`
    Raises
        ValueError: if the number of entries along the axis is odd
    Source
        Dauphin et al. 2017.
    Chapter
        mlp/activations
    """
    require_axes("x", x, "..., channels")
    if x.shape[axis] % 2:
        raise ValueError(
            f"axis {axis} of x of shape {x.shape} must have an even size to be cut in two"
        )
    value, gate = jnp.split(x, 2, axis)
    return value * sigmoid(gate)
