"""Pooling: one number for each window, along one to three axes."""

import itertools
import math
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dl_lib.functional.convolution._axes import per_axis
from dl_lib.functional.convolution.sizes import pool_output_size
from dl_lib.functional.numerics import absolute, root, through_float32

__all__ = ["avg_pool", "lp_pool", "max_pool", "max_pool_with_indices"]

Sizes = int | tuple[int, ...]


def max_pool(
    x: Float[Array, "..."],
    window: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil: bool = False,
) -> Float[Array, "..."]:
    """Largest entry of each window; the gradient goes to the first of equal ones.

    Equation
        y[n, c, i, j] = max_{a, b} x[n, c, s i + d a − p, s j + d b − p]
    Args
        x: (batch, channels, ...)
        window: k, one number for all axes after the second; or one for each of the last axes,
            which also allows x without batch
        stride: s, one number or one an axis; None for windows side by side
        padding: p on each side, of −∞, at most half the window
        dilation: d
        ceil: take a last window that hangs over the end
    Returns
        (batch, channels, ...) with the sizes of `pool_output_size`
    Raises
        ValueError: if a window does not fit, or the padding is more than half a window
    Chapter
        cnn/pooling
    """
    return _largest(x, _geometry(x, window, stride, padding, dilation, ceil))


def max_pool_with_indices(
    x: Float[Array, "..."],
    window: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil: bool = False,
) -> tuple[Float[Array, "..."], Int[Array, "..."]]:
    """Largest entry of each window and where it stood, for `max_unpool`.

    Equation
        y = max over the window, m = argmax over the window, as a number in the flattened image
    Args
        x: (batch, channels, ...)
        window: k, as in `max_pool`
        stride: s
        padding: p
        dilation: d
        ceil: take a last window that hangs over the end
    Returns
        y as `max_pool` gives it, and m of the same shape: row · width + column, and so on
    Raises
        ValueError: as `max_pool`
    Chapter
        cnn/resampling
    """
    return _largest_and_where(x, _geometry(x, window, stride, padding, dilation, ceil))


@through_float32
def avg_pool(
    x: Float[Array, "..."],
    window: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil: bool = False,
    count_padding: bool = True,
) -> Float[Array, "..."]:
    """Mean of each window.

    Equation
        y[n, c, i, j] = (1/(kh kw)) Σ_{a, b} x[n, c, s i + a − p, s j + b − p]
    Args
        x: (batch, channels, ...)
        window: k, as in `max_pool`
        stride: s; None for windows side by side
        padding: p zeros on each side, at most half the window
        ceil: take a last window that hangs over the end
        count_padding: divide by kh kw at the border too; False divides by the entries that are
            no padding
    Returns
        (batch, channels, ...) with the sizes of `pool_output_size`
    Raises
        ValueError: if a window does not fit, or the padding is more than half a window
    Chapter
        cnn/pooling
    """
    geometry = _geometry(x, window, stride, padding, 1, ceil)
    total = _window_sums(_padded(x, geometry, 0), geometry)
    counted = jnp.ones([size for _, size, *_ in geometry], x.dtype)
    if count_padding:  # but what `ceil` adds beyond the padding never counts
        reached = [(g[4], min(g[4], max(0, _end(g)))) for g in geometry]
        counted = jnp.pad(counted, reached, constant_values=1)
        counted = jnp.pad(counted, [(0, max(0, _end(g) - g[4])) for g in geometry])
    else:
        counted = _padded(counted, geometry, 0)
    return total / _window_sums(counted, geometry)


@through_float32
def lp_pool(
    x: Float[Array, "..."],
    window: Sizes,
    p: float | int = 2,
    stride: Sizes | None = None,
    ceil: bool = False,
) -> Float[Array, "..."]:
    """Length of each window as a vector, in the p-norm: between a sum and a maximum.

    Equation
        y = (Σ |x|ᵖ)^(1/p) over the window;  p = ∞: max |x|
    Args
        x: (batch, channels, ...)
        window: k, as in `max_pool`
        p: p ≥ 1, or infinity
        stride: s; None for windows side by side
        ceil: take a last window that hangs over the end
    Returns
        (batch, channels, ...) with the sizes of `pool_output_size`; the gradient of a window of
        zeros is 0
    Raises
        ValueError: if p is below 1, or a window does not fit
    Source
        Sermanet, Chintala & LeCun 2012. Differs from PyTorch, which adds up xᵖ with its sign and
        gives NaN for an odd p where the sum is negative.
    Chapter
        cnn/pooling
    """
    if not p >= 1:
        raise ValueError(f"p must be at least 1, got {p}")
    size = absolute(x)
    if p == math.inf:
        return max_pool(size, window, stride, 0, 1, ceil)
    geometry = _geometry(x, window, stride, 0, 1, ceil)
    if p == 1:
        return _window_sums(_padded(size, geometry, 0), geometry)
    return root(_window_sums(_padded(size**p, geometry, 0), geometry), p)


def _geometry(x, window, stride, padding, dilation, ceil):
    """(axis, size, window, stride, padding, dilation, outputs) for each axis, counted from 0."""
    axes = x.ndim - 2 if isinstance(window, int) else len(window)
    if not 1 <= axes <= x.ndim:
        raise ValueError(f"window {window} does not fit x of shape {x.shape}")
    window = per_axis("window", window, axes)
    stride = window if stride is None else per_axis("stride", stride, axes)
    padding = per_axis("padding", padding, axes)
    dilation = per_axis("dilation", dilation, axes)
    numbers = zip(range(-axes, 0), x.shape[-axes:], window, stride, padding, dilation, strict=True)
    return tuple((*g, pool_output_size(*g[1:], ceil)) for g in numbers)


def _end(g):
    """How far the last window of an axis reaches beyond the end; negative if it ends before."""
    _, size, k, s, p, d, out = g
    return (out - 1) * s + d * (k - 1) + 1 - p - size


def _padded(x, geometry, value):
    widths = [(g[4], max(0, _end(g))) for g in geometry]
    if not any(itertools.chain(*widths)):
        return x
    return jnp.pad(x, [(0, 0)] * (x.ndim - len(widths)) + widths, constant_values=value)


def _entries(x, axis, window, stride, dilation, outputs):
    """For each entry of a window along one axis, that entry of all windows."""
    axis, starts = axis % x.ndim, [a * dilation for a in range(window)]
    # Every s-th entry is a column of the axis cut into rows of s. On the way back a column is put
    # beside others, where a slice with steps would be spread with zeros, which a CPU is slow at.
    rows = starts[-1] // stride + outputs
    ends = [(0, 0)] * x.ndim
    ends[axis] = (0, max(0, rows * stride - x.shape[axis]))  # what no window sees
    x = jax.lax.slice_in_dim(jnp.pad(x, ends), 0, rows * stride, axis=axis)
    x = x.reshape(*x.shape[:axis], rows, stride, *x.shape[axis + 1 :])
    columns = [jax.lax.index_in_dim(x, n, axis + 1, keepdims=False) for n in range(stride)]
    return [
        jax.lax.slice_in_dim(columns[n % stride], n // stride, n // stride + outputs, axis=axis)
        for n in starts
    ]


def _wins(other, best):
    return (other > best) | jnp.isnan(other)  # NaN is passed on, not hidden


# Compiled here: outside of jit, each of the many slices would be a program of its own.
@partial(jax.jit, static_argnames="geometry")
def _largest(x, geometry):
    x = _padded(x, geometry, -jnp.inf)
    # The maximum over rows of the maximum over columns: k_h + k_w comparisons, not k_h · k_w.
    for axis, _, k, s, _, d, out in reversed(geometry):
        y, *others = _entries(x, axis, k, s, d, out)
        for other in others:
            y = jnp.where(_wins(other, y), other, y)
        x = y
    return x


@partial(jax.jit, static_argnames="geometry")
def _largest_and_where(x, geometry):
    sizes = tuple(size for _, size, *_ in geometry)
    index = jnp.broadcast_to(jnp.arange(math.prod(sizes)).reshape(sizes), x.shape)
    x, index = _padded(x, geometry, -jnp.inf), _padded(index, geometry, 0)
    for axis, _, k, s, _, d, out in reversed(geometry):
        both = (_entries(array, axis, k, s, d, out) for array in (x, index))
        (y, m), *others = zip(*both, strict=True)
        for other, other_index in others:
            wins = _wins(other, y)
            y, m = jnp.where(wins, other, y), jnp.where(wins, other_index, m)
        x, index = y, m
    return x, index


@partial(jax.jit, static_argnames="geometry")
def _window_sums(x, geometry):
    for axis, _, k, s, _, d, out in reversed(geometry):
        x = sum(_entries(x, axis, k, s, d, out))
    return x
