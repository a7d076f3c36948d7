"""Convolution, called so by the field: cross-correlation of arrays with a bank of kernels.

This file does it along one, two and three axes.
"""

import jax
from jaxtyping import Array, Inexact

from dl_lib.functional.convolution._axes import (
    add_bias,
    channels_first,
    of_one_type,
    per_axis,
    require_channels,
)
from dl_lib.functional.convolution._on_cpu import form_for_cpu
from dl_lib.functional.convolution.padding import pad
from dl_lib.functional.convolution.sizes import conv_output_size

__all__ = ["conv1d", "conv2d", "conv3d"]

Sizes = int | tuple[int, ...]


def conv1d(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Inexact[Array, "..."]:
    """One-dimensional convolution, of sequences.

    Equation
        y[n, o, i] = b[o] + Σ_{c, a} K[o, c, a] x[n, c, s i + d a − p]
    Args
        x: (batch, in, length), or (in, length)
        weight: K, (out, in / groups, k)
        bias: (out,); None for no bias
        stride: s
        padding: p, entries added at each end, "same" or "valid", as in `conv2d`
        dilation: d
        groups: as in `conv2d`
        padding_mode: as in `conv2d`
    Returns
        (batch, out, length'), or (out, length')
    Raises
        ValueError: if the shapes do not fit, or the kernel is larger than the padded sequence
    Chapter
        cnn/convolution_variants
    """
    return _convolve(1, x, weight, bias, stride, padding, dilation, groups, padding_mode)


def conv2d(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Inexact[Array, "..."]:
    """Two-dimensional convolution with several input and output channels.

    Equation
        y[n, o, i, j] = b[o] + Σ_{c, a, b} K[o, c, a, b] x[n, c, s i + d a − p, s j + d b − p]
        output height = ⌊(H + 2p − d(kh − 1) − 1) / s⌋ + 1
    Args
        x: (batch, in, height, width), or (in, height, width); real or complex
        weight: K, (out, in / groups, kh, kw)
        bias: (out,); None for no bias
        stride: s, one number or (rows, columns)
        padding: p on each side, one number or (rows, columns); "same" keeps the size, with one
            more entry at the end where the kernel spans an even number; "valid" is 0
        dilation: d, one number or (rows, columns)
        groups: how many blocks of channels that do not mix; with as many as there are channels,
            each output channel sees one input channel (depthwise)
        padding_mode: what the border holds, "zeros", "reflect", "replicate" or "circular"
    Returns
        (batch, out, height', width'), or (out, height', width')
    Raises
        ValueError: if the channels do not fit, the kernel is larger than the padded image, or
            "same" meets a stride, where libraries differ
    Chapter
        cnn/convolution
    """
    return _convolve(2, x, weight, bias, stride, padding, dilation, groups, padding_mode)


def conv3d(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Inexact[Array, "..."]:
    """Three-dimensional convolution, of volumes or of images in time.

    Equation
        y[n, o, i] = b[o] + Σ_{c, a} K[o, c, a] x[n, c, s i + d a − p],  i and a of three numbers
    Args
        x: (batch, in, depth, height, width), or (in, depth, height, width)
        weight: K, (out, in / groups, kd, kh, kw)
        bias: (out,); None for no bias
        stride: s, one number or (depth, rows, columns)
        padding: p, one number or (depth, rows, columns), "same" or "valid", as in `conv2d`
        dilation: d, one number or (depth, rows, columns)
        groups: as in `conv2d`
        padding_mode: as in `conv2d`
    Returns
        (batch, out, depth', height', width'), or without batch
    Raises
        ValueError: if the shapes do not fit, or the kernel is larger than the padded volume
    Chapter
        cnn/convolution_variants
    """
    return _convolve(3, x, weight, bias, stride, padding, dilation, groups, padding_mode)


def _convolve(axes, x, weight, bias, stride, padding, dilation, groups, padding_mode):
    stride = per_axis("stride", stride, axes)
    dilation = per_axis("dilation", dilation, axes)
    if groups < 1 or weight.shape[0] % groups:
        raise ValueError(f"groups must divide the {weight.shape[0]} output channels, got {groups}")
    require_channels(x, weight, bias, axes, weight.shape[1] * groups, weight.shape[0])
    x, weight = of_one_type(x, weight)
    kernel = weight.shape[2:]
    widths = _widths(padding, kernel, stride, dilation)
    sizes = zip(x.shape[-axes:], kernel, stride, widths, dilation, strict=True)
    windows = tuple(conv_output_size(*numbers) for numbers in sizes)  # raises where none is left
    if padding_mode != "zeros":
        x, widths = pad(x, widths, padding_mode), ((0, 0),) * axes
    unbatched = x.ndim == axes + 1
    batch = x[None] if unbatched else x
    on_cpu = jax.default_backend() == "cpu"
    form = form_for_cpu(batch, weight, windows, groups) if on_cpu else None
    y = (form or _by_xla)(batch, weight, stride, widths, dilation, groups)
    return add_bias(y[0] if unbatched else y, bias, axes)


def _by_xla(x, weight, stride, widths, dilation, groups):
    return jax.lax.conv_general_dilated(
        x,
        weight,
        stride,
        widths,
        rhs_dilation=dilation,
        dimension_numbers=channels_first(len(stride)),
        feature_group_count=groups,
    )


def _widths(padding, kernel, stride, dilation):
    """Numbers of entries before and after, for each axis."""
    if padding == "same":
        if any(s != 1 for s in stride):
            raise ValueError(f'padding "same" is for stride 1, got stride {stride}')
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str) and padding != "valid":
        raise ValueError(f'padding must be numbers, "same" or "valid", got {padding!r}')
    padding = 0 if isinstance(padding, str) else padding
    return tuple((p, p) for p in per_axis("padding", padding, len(kernel)))
