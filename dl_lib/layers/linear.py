"""The dense layer."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module
from dl_lib.functional import linear
from dl_lib.initializers import Initializer, he_uniform

__all__ = ["Linear"]


class Linear(Module):
    """Dense layer, one example a row.

    Equation
        Y = X W + b
    Args
        in_features: size of the last axis of the input
        out_features: size of the last axis of the output
        key: random key for the weights
        bias: whether there is a b; it starts at zero
        initializer: how W is drawn, `init(key, shape)`
    Returns
        a layer that maps (..., in) to (..., out)
    Raises
        ValueError: if the last axis of an input is not `in_features`
    Chapter
        linear_networks/linear_regression
    """

    weight: Float[Array, "in out"]
    bias: Float[Array, "out"] | None
    torch_transposed: ClassVar = ("weight",)  # PyTorch keeps (out, in)

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        initializer: Initializer = he_uniform(),
    ):
        self.weight = initializer(key, (in_features, out_features))
        self.bias = jnp.zeros(out_features) if bias else None

    def __call__(self, x: Float[Array, "... in"], ctx: Context | None = None):
        return linear(x, self.weight, self.bias)
