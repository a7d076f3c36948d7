"""Transposed convolution: the matrix of a convolution, transposed, makes small inputs large."""

import itertools
import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Inexact

from dl_lib.functional.convolution._axes import (
    add_bias,
    channels_first,
    of_one_type,
    per_axis,
    require_channels,
)
from dl_lib.functional.convolution.patches import fold
from dl_lib.functional.convolution.sizes import conv_transpose_output_size

__all__ = ["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

Sizes = int | tuple[int, ...]


def conv_transpose1d(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Inexact[Array, "..."]:
    """One-dimensional transposed convolution.

    Equation
        y[n, o, s i + d a − p] += K[c, o, a] x[n, c, i], over all c, a, i
    Args
        x: (batch, in, length), or (in, length)
        weight: K, (in, out / groups, k)
        bias: (out,); None for no bias
        stride: s
        padding: p, how many entries are cut off at each end
        output_padding: as in `conv_transpose2d`
        dilation: d
        groups: as in `conv_transpose2d`
    Returns
        (batch, out, length'), or (out, length')
    Raises
        ValueError: if the shapes do not fit, or the output padding is out of range
    Chapter
        cnn/convolution_variants
    """
    return _transpose(1, x, weight, bias, stride, padding, output_padding, dilation, groups)


def conv_transpose2d(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Inexact[Array, "..."]:
    """Two-dimensional transposed convolution: each input paints a scaled kernel.

    What is transposed is the matrix M of the convolution with the same arguments, y = Mᵀx, not the
    kernel; for this reason the weight has the inputs first.

    Equation
        y[n, o, s i + d a − p, s j + d b − p] += K[c, o, a, b] x[n, c, i, j], over all c, a, b, i, j
        output height = (H − 1)s − 2p + d(kh − 1) + p_out + 1
    Args
        x: (batch, in, height, width), or (in, height, width)
        weight: K, (in, out / groups, kh, kw)
        bias: (out,); None for no bias
        stride: s, one number or (rows, columns)
        padding: p, how many entries are cut off on each side, one number or (rows, columns)
        output_padding: p_out, entries that are added at the end, since s sizes are convolved to one
        dilation: d, one number or (rows, columns)
        groups: how many blocks of channels that do not mix
    Returns
        (batch, out, height', width'), or (out, height', width')
    Raises
        ValueError: if the shapes do not fit, or the output padding is out of range
    Source
        Dumoulin & Visin 2016.
    Chapter
        cnn/convolution_variants
    """
    return _transpose(2, x, weight, bias, stride, padding, output_padding, dilation, groups)


def conv_transpose3d(
    x: Inexact[Array, "..."],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Inexact[Array, "..."]:
    """Three-dimensional transposed convolution.

    Equation
        y[n, o, s i + d a − p] += K[c, o, a] x[n, c, i], over all c, a, i;  i and a of three numbers
    Args
        x: (batch, in, depth, height, width), or (in, depth, height, width)
        weight: K, (in, out / groups, kd, kh, kw)
        bias: (out,); None for no bias
        stride: s, one number or (depth, rows, columns)
        padding: p, one number or (depth, rows, columns)
        output_padding: as in `conv_transpose2d`
        dilation: d, one number or (depth, rows, columns)
        groups: as in `conv_transpose2d`
    Returns
        (batch, out, depth', height', width'), or without batch
    Raises
        ValueError: if the shapes do not fit, or the output padding is out of range
    Chapter
        cnn/convolution_variants
    """
    return _transpose(3, x, weight, bias, stride, padding, output_padding, dilation, groups)


def _transpose(axes, x, weight, bias, stride, padding, output_padding, dilation, groups):
    stride = per_axis("stride", stride, axes)
    padding = per_axis("padding", padding, axes)
    extra = per_axis("output_padding", output_padding, axes)
    dilation = per_axis("dilation", dilation, axes)
    inputs, kernel = weight.shape[0], weight.shape[2:]
    if groups < 1 or inputs % groups:
        raise ValueError(f"groups must divide the {inputs} input channels, got {groups}")
    require_channels(x, weight, bias, axes, inputs, weight.shape[1] * groups)
    x, weight = of_one_type(x, weight)
    geometry = (kernel, stride, padding, extra, dilation)
    sizes = zip(x.shape[-axes:], *geometry, strict=True)
    output_size = tuple(conv_transpose_output_size(*numbers) for numbers in sizes)
    unbatched = x.ndim == axes + 1
    batch = x[None] if unbatched else x
    # XLA's convolution of a spread input is slow on a CPU, a matrix product and sums of what comes
    # out are not: row `transposed` of benchmarks/.
    on_cpu, steps = jax.default_backend() == "cpu", _steps(batch, kernel, stride)
    if on_cpu and groups == 1 and set(dilation) == {1} and max(steps) > 1:
        y = _by_blocks(batch, weight, output_size, steps, padding)
    # From e = s on, one column would be missing.
    elif on_cpu and all(e < s for e, s in zip(extra, stride, strict=True)):
        y = _by_folding(batch, weight, output_size, stride, padding, dilation, groups)
    else:
        y = _by_spreading(batch, weight, stride, padding, extra, dilation, groups)
    return add_bias(y[0] if unbatched else y, bias, axes)


def _steps(x, kernel, stride):
    """The stride; along an axis with a single input, where none is taken, at least the kernel."""
    sizes = zip(x.shape[2:], kernel, stride, strict=True)
    return tuple(max(k, s) if n == 1 else s for n, k, s in sizes)


def _by_blocks(x, weight, output_size, stride, padding):
    """y[s (i + m) + r − p] += (x K)[i, a] with a = s m + r: for each m a block without overlaps."""
    batch, inputs, *sizes = x.shape
    axes, (outputs, *kernel) = len(sizes), weight.shape[1:]
    wide = jnp.promote_types(x.dtype, jnp.float32)
    rows = jnp.moveaxis(x, 1, -1).reshape(-1, inputs)
    columns = jnp.matmul(rows, weight.reshape(inputs, -1), preferred_element_type=wide)
    columns = columns.reshape(batch, *sizes, outputs, *kernel)
    # (batch, *sizes, outputs, *stride) becomes (batch, outputs, size · stride of each axis).
    order = 0, axes + 1, *(axis for i in range(axes) for axis in (i + 1, i + axes + 2))
    lengths = [n * s for n, s in zip(sizes, stride, strict=True)]
    y, zero = 0, jnp.zeros((), wide)
    starts = (range(0, k, s) for k, s in zip(kernel, stride, strict=True))
    for start in itertools.product(*starts):  # s m
        phases = (slice(a, a + s) for a, s in zip(start, stride, strict=True))
        block = columns[(..., *phases)]
        missing = [(0, s - n) for s, n in zip(stride, block.shape[-axes:], strict=True)]
        block = jnp.pad(block, [(0, 0)] * (axes + 2) + missing).transpose(order)
        block = block.reshape(batch, outputs, *lengths)
        places = zip(start, padding, output_size, lengths, strict=True)
        moved = [(a - p, size - (a - p) - length, 0) for a, p, size, length in places]
        y += jax.lax.pad(block, zero, [(0, 0, 0)] * 2 + moved)
    return y.astype(x.dtype)


def _by_folding(x, weight, output_size, stride, padding, dilation, groups):
    """Mᵀ = (K U)ᵀ = Uᵀ Kᵀ: each input times its kernel is a column, which `fold` puts in place."""
    columns = jnp.einsum(
        "ngcl,gck->ngkl",
        x.reshape(x.shape[0], groups, x.shape[1] // groups, math.prod(x.shape[2:])),
        weight.reshape(groups, weight.shape[0] // groups, -1),
        preferred_element_type=jnp.promote_types(x.dtype, jnp.float32),
    )
    columns = columns.reshape(x.shape[0], math.prod(columns.shape[1:3]), columns.shape[-1])
    y = fold(columns, output_size, weight.shape[2:], stride, padding, dilation)
    return y.astype(x.dtype)


def _by_spreading(x, weight, stride, padding, extra, dilation, groups):
    """A convolution of the input, spread by the stride, with the flipped kernel."""
    spans = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    widths = [(n - p, n - p + e) for n, p, e in zip(spans, padding, extra, strict=True)]
    return jax.lax.conv_general_dilated(
        x,
        _flipped(weight, groups),
        (1,) * len(stride),
        widths,
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=channels_first(len(stride)),
        feature_group_count=groups,
    )


def _flipped(weight, groups):
    """(in, out / groups, ...) as (out, in / groups, ...), the kernel backwards."""
    inputs, outputs, *kernel = weight.shape
    K = weight.reshape(groups, inputs // groups, outputs, *kernel).swapaxes(1, 2)
    K = K.reshape(groups * outputs, inputs // groups, *kernel)
    return jnp.flip(K, tuple(range(2, K.ndim)))
