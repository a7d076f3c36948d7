"""The network at each position of a Transformer."""

import math
from collections.abc import Callable

import jax
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import relu, swish
from dl_lib.initializers import xavier_uniform
from dl_lib.layers.dropout import drop_in_training
from dl_lib.layers.linear import Linear
from dl_lib.layers.sequential import as_layer
from dl_lib.validation import require_drop_rate

__all__ = ["GatedFeedForward", "PositionwiseFeedForward"]


class PositionwiseFeedForward(Module):
    """The same network with one hidden layer at every position.

    Equation
        y = φ(x W₁ + b₁) W₂ + b₂
    Args
        width: d, of the input and of the result
        hidden: units in between; 4d is usual
        key: random key for the weights
        activation: φ, a function or a layer
        rate: probability of dropping a hidden unit while training
    Returns
        a layer that keeps the shape of its input, (..., width)
    Raises
        ValueError: if the last axis of an input is not `width`, or `rate` no probability below 1
    Source
        Vaswani et al. 2017, equation 2.
    Chapter
        attention/transformer
    """

    first: Linear
    second: Linear
    activation: Module
    rate: float = static()

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        activation: Callable[[Array], Array] = relu,
        rate: float = 0.0,
    ):
        require_drop_rate(rate)
        keys = jax.random.split(key)
        self.first = Linear(width, hidden, key=keys[0])
        self.second = Linear(hidden, width, key=keys[1], initializer=xavier_uniform())
        self.activation, self.rate = as_layer(activation), float(rate)

    def __call__(self, x: Float[Array, "... width"], ctx: Context | None = None):
        # One position a row: an activation with a number for each unit finds them on axis 1.
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        hidden = self.activation(self.first(rows, ctx), ctx)
        return self.second(drop_in_training(hidden, self.rate, ctx), ctx).reshape(x.shape)


class GatedFeedForward(Module):
    """A network at every position whose hidden units are multiplied by gates (SwiGLU).

    Equation
        y = (swish(x W_g) ⊙ x W₁) W₂
    Args
        width: d, of the input and of the result
        hidden: units in between; 8d/3 are as many weights as the 4d of `PositionwiseFeedForward`
        key: random key for the weights
        rate: probability of dropping a hidden unit while training
    Returns
        a layer that keeps the shape of its input, (..., width)
    Raises
        ValueError: if the last axis of an input is not `width`, or `rate` no probability below 1
    Source
        Shazeer 2020, equation 6.
    Chapter
        attention/decoder_only
    """

    gate: Linear
    first: Linear
    second: Linear
    rate: float = static()

    def __init__(self, width: int, hidden: int, *, key: Key[Array, ""], rate: float = 0.0):
        require_drop_rate(rate)
        keys = jax.random.split(key, 3)
        self.gate = Linear(width, hidden, key=keys[0], bias=False)
        self.first = Linear(width, hidden, key=keys[1], bias=False, initializer=xavier_uniform())
        self.second = Linear(hidden, width, key=keys[2], bias=False, initializer=xavier_uniform())
        self.rate = float(rate)

    def __call__(self, x: Float[Array, "... width"], ctx: Context | None = None):
        hidden = swish(self.gate(x, ctx)) * self.first(x, ctx)
        return self.second(drop_in_training(hidden, self.rate, ctx), ctx)
