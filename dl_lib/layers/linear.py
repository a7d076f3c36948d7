"""The dense layer, and the bilinear one."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, decays
from dl_lib.functional import bilinear, linear
from dl_lib.initializers import Initializer, he_uniform

__all__ = ["Bilinear", "Linear"]


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

    weight: Float[Array, "in out"] = decays()
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


class Bilinear(Module):
    """A layer of two inputs that is linear in each of them.

    Equation
        y[o] = x₁ᵀ A[o] x₂ + b[o]
    Args
        in1_features: size of the last axis of the first input
        in2_features: size of the last axis of the second input
        out_features: size of the last axis of the output
        key: random key for the weights
        bias: whether there is a b; it starts at zero
        initializer: how A, (out, in1, in2), is drawn, `init(key, shape)`; each output adds up
            in1 · in2 products
    Returns
        a layer: `layer(x, other=z)` maps (..., in1) and (..., in2) to (..., out)
    Raises
        ValueError: if the inputs do not fit the weights, or each other
    Chapter
        mlp/multilayer_perceptron
    """

    weight: Float[Array, "out in1 in2"] = decays()
    bias: Float[Array, "out"] | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        initializer: Initializer = he_uniform(),
    ):
        self.weight = initializer(key, (out_features, in1_features, in2_features))
        self.bias = jnp.zeros(out_features) if bias else None

    def __call__(
        self,
        x: Float[Array, "... in1"],
        ctx: Context | None = None,
        *,
        other: Float[Array, "... in2"],
    ):
        return bilinear(x, other, self.weight, self.bias)
