"""Convolutional layers along one, two and three axes."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, decays, static
from dl_lib.functional import conv1d, conv2d, conv3d
from dl_lib.functional.convolution._axes import per_axis
from dl_lib.initializers import Initializer, he_uniform

__all__ = ["Conv1d", "Conv2d", "Conv3d", "Kernels", "Sizes"]

Sizes = int | tuple[int, ...]


class Kernels(Module):
    """What slides kernels over its input: they, a bias, and the geometry that both ways share.

    Args
        weight: the kernels, (out, in / groups, ...), or turned (in, out / groups, ...)
        bias: (out,), or None
        stride: s, one number or one for each axis
        padding: p, likewise
        dilation: d, likewise
        groups: how many blocks of channels that do not mix
    Returns
        a layer without a call; `axes` of its class says how many a kernel has
    Chapter
        cnn/convolution
    """

    weight: Float[Array, "first second *kernel"] = decays()
    bias: Float[Array, "out"] | None
    stride: Sizes = static()
    padding: Sizes | str = static()
    dilation: Sizes = static()
    groups: int = static()
    axes: ClassVar[int]

    def _draw(self, channels, kernel_size, groups, key, bias, initializer, transposed=False):
        if groups < 1 or any(number % groups for number in channels):
            raise ValueError(
                f"groups must divide {channels[0]} and {channels[1]} channels, got {groups}"
            )
        first, second = channels if transposed else channels[::-1]
        kernel = per_axis("kernel_size", kernel_size, self.axes)
        self.weight = initializer(key, (first, second // groups, *kernel))
        self.bias = jnp.zeros(channels[1]) if bias else None


class _Convolution(Kernels):
    """What the three have in common."""

    padding_mode: str = static()

    def __init__(  # noqa: PLR0913  (the geometry of a convolution has this many numbers)
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        padding_mode: str = "zeros",
        *,
        key: Key[Array, ""],
        bias: bool = True,
        initializer: Initializer = he_uniform(),
    ):
        self._draw((in_channels, out_channels), kernel_size, groups, key, bias, initializer)
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.groups, self.padding_mode = groups, padding_mode

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        convolve = (conv1d, conv2d, conv3d)[self.axes - 1]
        geometry = self.stride, self.padding, self.dilation, self.groups, self.padding_mode
        return convolve(x, self.weight, self.bias, *geometry)


class Conv1d(_Convolution):
    """One-dimensional convolution, of sequences.

    Equation
        y[o, i] = b[o] + Σ_{c, u} K[o, c, u] x[c, s i + d u − p]
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: size of the kernel, one number, or (k,)
        stride: s, likewise
        padding: p, entries added on every side, likewise, or "same" or "valid"
        dilation: d, likewise
        groups: how many blocks of channels that do not mix
        padding_mode: what the border holds, "zeros", "reflect", "replicate" or "circular"
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how K is drawn, `init(key, shape)`
    Returns
        a layer that maps (batch, in, length) to (batch, out, length'), with or without batch
    Raises
        ValueError: if the channels of an input are not `in_channels`, or groups do not divide them
    Chapter
        cnn/convolution_variants
    """

    axes: ClassVar[int] = 1


class Conv2d(_Convolution):
    """Cross-correlation of images with a bank of kernels, which the field calls convolution.

    Equation
        y[o, i, j] = b[o] + Σ_{c, u, v} K[o, c, u, v] x[c, s i + d u − p, s j + d v − p]
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: size of the kernel, one number or (rows, columns)
        stride: s, likewise
        padding: p, entries added on every side, likewise, or "same" or "valid"
        dilation: d, likewise
        groups: how many blocks of channels that do not mix
        padding_mode: what the border holds, "zeros", "reflect", "replicate" or "circular"
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how K is drawn, `init(key, shape)`
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height', width'), with or
        without batch
    Raises
        ValueError: if the channels of an input are not `in_channels`, or groups do not divide them
    Chapter
        cnn/convolution
    """

    axes: ClassVar[int] = 2


class Conv3d(_Convolution):
    """Three-dimensional convolution, of volumes or of images in time.

    Equation
        y[o, i] = b[o] + Σ_{c, u} K[o, c, u] x[c, s i + d u − p],  i and u of three numbers
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: size of the kernel, one number or (depth, rows, columns)
        stride: s, likewise
        padding: p, entries added on every side, likewise, or "same" or "valid"
        dilation: d, likewise
        groups: how many blocks of channels that do not mix
        padding_mode: what the border holds, "zeros", "reflect", "replicate" or "circular"
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how K is drawn, `init(key, shape)`
    Returns
        a layer that maps (batch, in, depth, height, width) to (batch, out, depth', height',
        width'), with or without batch
    Raises
        ValueError: if the channels of an input are not `in_channels`, or groups do not divide them
    Chapter
        cnn/convolution_variants
    """

    axes: ClassVar[int] = 3
