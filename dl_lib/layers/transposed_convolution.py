"""Transposed convolutional layers along one, two and three axes."""

from typing import ClassVar

from jaxtyping import Array, Float, Key

from dl_lib.core import Context, static
from dl_lib.functional import conv_transpose1d, conv_transpose2d, conv_transpose3d
from dl_lib.initializers import Initializer, he_uniform
from dl_lib.layers.convolution import Kernels, Sizes

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _ConvTranspose(Kernels):
    """What the three have in common."""

    output_padding: Sizes = static()

    def __init__(  # noqa: PLR0913  (the geometry of a convolution has this many numbers)
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        initializer: Initializer = he_uniform(),
    ):
        channels = in_channels, out_channels
        self._draw(channels, kernel_size, groups, key, bias, initializer, transposed=True)
        self.stride, self.padding, self.output_padding = stride, padding, output_padding
        self.dilation, self.groups = dilation, groups

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        transpose = (conv_transpose1d, conv_transpose2d, conv_transpose3d)[self.axes - 1]
        geometry = self.stride, self.padding, self.output_padding, self.dilation, self.groups
        return transpose(x, self.weight, self.bias, *geometry)


class ConvTranspose1d(_ConvTranspose):
    """One-dimensional transposed convolution.

    Equation
        y = Mᵀ x + b, where M is the matrix of the convolution with the same arguments
        output size = (n − 1)s − 2p + d(k − 1) + p_out + 1
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: k, one number, or (k,)
        stride: s, likewise
        padding: p, entries cut off on every side, likewise
        output_padding: p_out, entries added at the end, likewise, below the larger of s and d
        dilation: d, likewise
        groups: how many blocks of channels that do not mix
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how the weight (in, out / groups, ...) is drawn, `init(key, shape)`
    Returns
        a layer that maps (batch, in, length) to (batch, out, length'), with or without batch
    Raises
        ValueError: if the channels of an input are not `in_channels`, or groups do not divide them
    Chapter
        cnn/convolution_variants
    """

    axes: ClassVar[int] = 1


class ConvTranspose2d(_ConvTranspose):
    """Two-dimensional transposed convolution: each input paints a scaled kernel.

    Equation
        y = Mᵀ x + b, where M is the matrix of the convolution with the same arguments
        output size = (n − 1)s − 2p + d(k − 1) + p_out + 1
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: k, one number or (rows, columns)
        stride: s, likewise
        padding: p, entries cut off on every side, likewise
        output_padding: p_out, entries added at the end, likewise, below the larger of s and d
        dilation: d, likewise
        groups: how many blocks of channels that do not mix
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how the weight (in, out / groups, ...) is drawn, `init(key, shape)`
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height', width'), with or
        without batch
    Raises
        ValueError: if the channels of an input are not `in_channels`, or groups do not divide them
    Chapter
        cnn/convolution_variants
    """

    axes: ClassVar[int] = 2


class ConvTranspose3d(_ConvTranspose):
    """Three-dimensional transposed convolution.

    Equation
        y = Mᵀ x + b, where M is the matrix of the convolution with the same arguments
        output size = (n − 1)s − 2p + d(k − 1) + p_out + 1
    Args
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: k, one number or (depth, rows, columns)
        stride: s, likewise
        padding: p, entries cut off on every side, likewise
        output_padding: p_out, entries added at the end, likewise, below the larger of s and d
        dilation: d, likewise
        groups: how many blocks of channels that do not mix
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how the weight (in, out / groups, ...) is drawn, `init(key, shape)`
    Returns
        a layer that maps (batch, in, depth, height, width) to (batch, out, depth', height',
        width'), with or without batch
    Raises
        ValueError: if the channels of an input are not `in_channels`, or groups do not divide them
    Chapter
        cnn/convolution_variants
    """

    axes: ClassVar[int] = 3
