"""Convolutional layers."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import conv2d
from dl_lib.initializers import Initializer, he_uniform

__all__ = ["Conv2d"]


class Conv2d(Module):
    """Cross-correlation of images with a bank of kernels, which the field calls convolution.

    Equation
        y[o, i, j] = b[o] + Σ_{c, u, v} K[o, c, u, v] x[c, s i + u − p, s j + v − p]
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: side of the square kernel
        stride: s
        padding: p, zeros added on every side, or "same" or "valid"
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how K is drawn, `init(key, shape)`
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height', width')
    Raises
        ValueError: if the channels of an input are not `in_channels`
    Chapter
        cnn/convolution
    """

    weight: Float[Array, "out in kh kw"]
    bias: Float[Array, "out"] | None
    stride: int = static()
    padding: int | str = static()

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int | str = 0,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        initializer: Initializer = he_uniform(),
    ):
        self.weight = initializer(key, (out_channels, in_channels, kernel_size, kernel_size))
        self.bias = jnp.zeros(out_channels) if bias else None
        self.stride, self.padding = stride, padding

    def __call__(self, x: Float[Array, "batch in h w"], ctx: Context | None = None):
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)
