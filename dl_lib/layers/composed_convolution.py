"""Layers made of convolutions, and one whose kernel is given."""

import jax
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module
from dl_lib.functional import sobel
from dl_lib.functional.activations.sigmoid import sigmoid
from dl_lib.layers.convolution import Conv2d, Sizes

__all__ = ["DepthwiseSeparableConv2d", "EdgeDetection", "GatedConv2d"]


class DepthwiseSeparableConv2d(Module):
    """Convolve each channel for itself, then mix the channels at each position.

    Equation
        y = W (D ∗ x + b) + b'
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: of the depthwise step, one number or (rows, columns)
        stride: of the depthwise step, likewise
        padding: of the depthwise step, likewise, or "same" or "valid"
        dilation: of the depthwise step, likewise
        key: random key for the kernels
        bias: whether there are b and b'
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height', width')
    Raises
        ValueError: if the channels of an input are not `in_channels`
    Source
        Howard et al. 2017.
    Chapter
        modern_cnn/resnet
    """

    depthwise: Conv2d
    pointwise: Conv2d

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        *,
        key: Key[Array, ""],
        bias: bool = True,
    ):
        depthwise, pointwise = jax.random.split(key)
        geometry = kernel_size, stride, padding, dilation, in_channels
        self.depthwise = Conv2d(in_channels, in_channels, *geometry, key=depthwise, bias=bias)
        self.pointwise = Conv2d(in_channels, out_channels, 1, key=pointwise, bias=bias)

    def __call__(self, x: Float[Array, "batch in h w"], ctx: Context | None = None):
        return self.pointwise(self.depthwise(x, ctx), ctx)


class GatedConv2d(Module):
    """Convolution whose outputs a second convolution lets through or holds back.

    Equation
        y = (K ∗ x + b) ⊙ σ(G ∗ x + b')
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: of both, one number or (rows, columns)
        stride: of both, likewise
        padding: of both, likewise, or "same" or "valid"
        dilation: of both, likewise
        key: random key for the kernels
        bias: whether there are b and b'
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height', width')
    Raises
        ValueError: if the channels of an input are not `in_channels`
    Source
        Yu et al. 2019.
    Chapter
        cnn/convolution_variants
    """

    features: Conv2d
    gate: Conv2d

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        *,
        key: Key[Array, ""],
        bias: bool = True,
    ):
        features, gate = jax.random.split(key)
        geometry = in_channels, out_channels, kernel_size, stride, padding, dilation
        self.features = Conv2d(*geometry, key=features, bias=bias)
        self.gate = Conv2d(*geometry, key=gate, bias=bias)

    def __call__(self, x: Float[Array, "batch in h w"], ctx: Context | None = None):
        return self.features(x, ctx) * sigmoid(self.gate(x, ctx))


class EdgeDetection(Module):
    """Brightness of edges, by the kernels of Sobel: a layer with nothing to learn.

    Equation
        y = sqrt((Gx ∗ x)² + (Gy ∗ x)²)
    Returns
        a layer that maps (batch, channels, height, width) to two rows and columns less
    Raises
        ValueError: if an input is no batch of images, or the image is smaller than 3 × 3
    Source
        Sobel & Feldman 1968.
    Chapter
        cnn/convolution
    """

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return sobel(x)[2]
