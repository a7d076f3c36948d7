"""Upsampling as layers."""

from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import interpolate, pixel_shuffle
from dl_lib.layers.convolution import Conv2d

__all__ = ["PixelShuffle", "SubpixelConv2d", "Upsample"]

Sizes = int | tuple[int, ...]


class Upsample(Module):
    """Resize images, sequences or volumes by interpolation.

    Equation
        y[i] = Σⱼ k(u − j) x[j],  u = (i + ½) n/o − ½
    Args
        size: of the output, one number for all axes after the second; or one for each of the last
        scale: instead of a size, by how much the axes grow
        method: "nearest", "bilinear" or "bicubic"
        align_corners: whether the centers of the corners stay where they are, or the edges do
    Returns
        a layer that maps (batch, channels, ...) to the same with axes of the new size
    Raises
        ValueError: if not exactly one of size and scale is given, or the method is unknown
    Chapter
        cnn/resampling
    """

    size: Sizes | None = static(default=None)
    scale: float | int | None = static(default=None)
    method: str = static(default="nearest")
    align_corners: bool = static(default=False)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return interpolate(x, self.size, self.scale, self.method, self.align_corners)


class PixelShuffle(Module):
    """Turn groups of r² channels into squares of r × r positions.

    Equation
        y[n, c, r h + i, r w + j] = x[n, c r² + i r + j, h, w]
    Args
        factor: r
    Returns
        a layer that maps (batch, channels · r², height, width) to
        (batch, channels, r · height, r · width)
    Raises
        ValueError: if the channels of an input cannot be divided by r²
    Source
        Shi et al. 2016.
    Chapter
        cnn/resampling
    """

    factor: int = static()

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return pixel_shuffle(x, self.factor)


class SubpixelConv2d(Module):
    """Upsampling that is learned: a convolution makes the pixels, a shuffle puts them in place.

    Equation
        y = PixelShuffle(K ∗ x + b)
    Args
        in_channels: channels of the input
        out_channels: channels of the output; the convolution makes r² times as many
        kernel_size: of the convolution, one number or (rows, columns)
        factor: r, by how much height and width grow
        key: random key for the kernels
        bias: whether there is a b
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, r · height, r · width)
    Raises
        ValueError: if the channels of an input are not `in_channels`
    Source
        Shi et al. 2016.
    Chapter
        cnn/resampling
    """

    conv: Conv2d
    factor: int = static()

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        factor: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
    ):
        outputs = out_channels * factor**2
        geometry = {"padding": "same", "bias": bias}
        self.conv = Conv2d(in_channels, outputs, kernel_size, key=key, **geometry)
        self.factor = factor

    def __call__(self, x: Float[Array, "batch in h w"], ctx: Context | None = None):
        return pixel_shuffle(self.conv(x, ctx), self.factor)
