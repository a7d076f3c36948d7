"""Activations that hold parameters or draw random numbers; the others are plain functions."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.core import Context, Module, static
from dl_lib.functional import prelu, rrelu, swish

__all__ = ["PReLU", "RReLU", "Swish"]


class PReLU(Module):
    """Leaky relu that learns its slope.

    Equation
        y = max(0, x) + a min(0, x)
    Args
        channels: 1 for one slope, or the size of axis 1 of the input for one a channel
        initial: first value of a
    Returns
        a layer that keeps the shape of its input
    Raises
        ValueError: if an input does not have this many channels
    Source
        He et al. 2015.
    Chapter
        mlp/activations
    """

    weight: Float[Array, "channels"]

    def __init__(self, channels: int = 1, initial: float = 0.25):
        self.weight = jnp.full(channels, initial)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return prelu(x, self.weight)


class RReLU(Module):
    """Leaky relu with random slopes while training and their mean otherwise.

    Equation
        y = x if x ≥ 0, else a x;  a ~ U(l, u) while training, (l + u)/2 otherwise
    Args
        lower: l
        upper: u
    Returns
        a layer that keeps the shape of its input
    Raises
        ValueError: if `lower` exceeds `upper`, or no key reaches a training call
    Source
        Xu et al. 2015.
    Chapter
        mlp/activations
    """

    lower: float = static()
    upper: float = static()

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3):
        if lower > upper:
            raise ValueError(f"lower must not exceed upper, got {lower} and {upper}")
        self.lower, self.upper = lower, upper

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        key = ctx.key() if ctx is not None and ctx.training else None
        return rrelu(x, key, self.lower, self.upper)


class Swish(Module):
    """Swish that learns how sharp its gate is.

    Equation
        y = x σ(βx)
    Args
        initial: first value of β
    Returns
        a layer that keeps the shape of its input
    Source
        Ramachandran, Zoph & Le 2017.
    Chapter
        mlp/activations
    """

    beta: Float[Array, ""]

    def __init__(self, initial: float = 1.0):
        self.beta = jnp.asarray(initial, float)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return swish(x, self.beta)
