"""Sliding windows as columns of a matrix, and back."""

import itertools
import math
from collections.abc import Iterator

import jax
import jax.numpy as jnp
from jaxtyping import Array, Inexact

from dl_lib.functional.convolution._axes import per_axis
from dl_lib.functional.convolution.sizes import conv_output_size
from dl_lib.functional.numerics import through_float32

__all__ = ["fold", "shifted_copies", "unfold"]

Sizes = int | tuple[int, ...]


def unfold(
    x: Inexact[Array, "..."],
    kernel: Sizes,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
) -> Inexact[Array, "batch entries windows"]:
    """Lay out every window as a column (im2col), so that a convolution is one matrix product.

    Equation
        U[n, (c, a, b), (i, j)] = x[n, c, s i + d a − p, s j + d b − p]
        windows = Π ⌊(n + 2p − d(k − 1) − 1) / s + 1⌋
    Args
        x: (batch, channels, ...), one to three more axes
        kernel: k, one number or one for each of these axes
        stride: s, likewise
        padding: p, zeros on each side, likewise
        dilation: d, likewise
    Returns
        (batch, channels · Π k, windows)
    Raises
        ValueError: if the kernel is larger than the padded input
    Chapter
        cnn/convolution_variants
    """
    axes = x.ndim - 2
    kernel, stride = per_axis("kernel", kernel, axes), per_axis("stride", stride, axes)
    padding, dilation = per_axis("padding", padding, axes), per_axis("dilation", dilation, axes)
    geometry = list(zip(kernel, stride, padding, dilation, strict=True))
    sizes = zip(x.shape[2:], geometry, strict=True)
    windows = [conv_output_size(size, *numbers) for size, numbers in sizes]
    x = jnp.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    columns = [copy for _, copy in shifted_copies(x, kernel, stride, dilation)]
    patches = jnp.stack(columns, 2)  # (batch, channels, Π k, *windows)
    return patches.reshape(x.shape[0], x.shape[1] * len(columns), math.prod(windows))


def shifted_copies(
    x: Inexact[Array, "..."],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Iterator[tuple[tuple[int, ...], Inexact[Array, "..."]]]:
    """What each entry of a kernel sees while the kernel slides.

    Args
        x: (batch, channels, ...), with its padding
        kernel: how many entries the kernel has along each axis
        stride: s, likewise
        dilation: d, likewise
    Returns
        pairs of an offset a, in the order of the kernel, and x[:, :, s i + d a] for all positions i
    Raises
        ValueError: if the kernel is larger than the input
    Chapter
        cnn/convolution_variants
    """
    geometry = list(zip(kernel, stride, dilation, strict=True))
    sizes = zip(x.shape[2:], geometry, strict=True)
    windows = [conv_output_size(n, k, s, 0, d) for n, (k, s, d) in sizes]
    for offset in itertools.product(*map(range, kernel)):
        cut = [
            slice(a * d, a * d + s * (count - 1) + 1, s)
            for a, (_, s, d), count in zip(offset, geometry, windows, strict=True)
        ]
        yield offset, x[(slice(None), slice(None), *cut)]


@through_float32
def fold(
    columns: Inexact[Array, "batch entries windows"],
    output_size: tuple[int, ...],
    kernel: Sizes,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
) -> Inexact[Array, "..."]:
    """Add every window back to where `unfold` took it from (col2im).

    It is the transpose of `unfold` and not its inverse: where windows overlap, they add up, so
    that fold(unfold(x)) is x times the number of windows that see each entry.

    Equation
        x[n, c, s i + d a − p, s j + d b − p] += U[n, (c, a, b), (i, j)], over all windows
    Args
        columns: U, (batch, channels · Π k, windows)
        output_size: sizes of the axes after the channels
        kernel: k, as in `unfold`
        stride: s
        padding: p
        dilation: d
    Returns
        (batch, channels, *output_size)
    Raises
        ValueError: if the entries or the windows are not those of an array of this size
    Chapter
        cnn/convolution_variants
    """
    axes = len(output_size)
    count = math.prod(per_axis("kernel", kernel, axes))
    batch, entries, _ = columns.shape
    shape = (batch, entries // max(count, 1), *output_size)  # unfold names a kernel of 0

    def forward(x):
        return unfold(x, kernel, stride, padding, dilation)

    x = jax.ShapeDtypeStruct(shape, columns.dtype)
    expected = jax.eval_shape(forward, x).shape
    if expected != columns.shape:
        raise ValueError(
            f"columns of shape {columns.shape} do not fold to {shape}, which unfolds to {expected}"
        )
    (y,) = jax.linear_transpose(forward, x)(columns)
    return y
