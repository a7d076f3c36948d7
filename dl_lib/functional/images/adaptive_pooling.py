"""Pooling to a given size, and unpooling."""

import math
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from dl_lib.functional.convolution._axes import per_axis
from dl_lib.functional.convolution.sizes import unpool_output_size
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import is_known, require_positive

__all__ = [
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "global_avg_pool",
    "global_max_pool",
    "max_unpool",
]

Sizes = int | tuple[int, ...]


@through_float32
def adaptive_avg_pool(x: Float[Array, "..."], output_size: Sizes) -> Float[Array, "..."]:
    """Means over as many windows as the output has entries, whatever the size of the input.

    Equation
        window i = x[⌊i n/o⌋ : ⌈(i + 1) n/o⌉], along each axis
    Args
        x: (batch, channels, ...)
        output_size: o, one number for all axes after the second; or one for each of the last axes
    Returns
        (batch, channels, *output_size)
    Raises
        ValueError: if an output size is not positive, or there are not as many axes with positions
    Chapter
        cnn/pooling
    """
    return _adaptive(x, output_size, jnp.mean)


def adaptive_max_pool(x: Float[Array, "..."], output_size: Sizes) -> Float[Array, "..."]:
    """Maxima over as many windows as the output has entries, whatever the size of the input.

    Equation
        window i = x[⌊i n/o⌋ : ⌈(i + 1) n/o⌉], along each axis
    Args
        x: (batch, channels, ...)
        output_size: o, one number for all axes after the second; or one for each of the last axes
    Returns
        (batch, channels, *output_size)
    Raises
        ValueError: if an output size is not positive, or there are not as many axes with positions
    Chapter
        cnn/pooling
    """
    return _adaptive(x, output_size, _first_max)


@through_float32
def global_avg_pool(x: Float[Array, "batch channels ..."]) -> Float[Array, "batch channels"]:
    """Mean of each channel over all positions.

    Equation
        y[n, c] = (1/(H W)) Σ_{i, j} x[n, c, i, j]
    Args
        x: (batch, channels, ...)
    Returns
        (batch, channels)
    Raises
        ValueError: if there are no positions
    Source
        Lin, Chen & Yan 2014.
    Chapter
        cnn/pooling
    """
    _require_positions(x)
    return jnp.mean(x, axis=tuple(range(2, x.ndim)))


def global_max_pool(x: Float[Array, "batch channels ..."]) -> Float[Array, "batch channels"]:
    """Largest entry of each channel over all positions; over time, for sequences.

    Equation
        y[n, c] = max_{i, j} x[n, c, i, j]
    Args
        x: (batch, channels, ...)
    Returns
        (batch, channels)
    Raises
        ValueError: if there are no positions
    Chapter
        cnn/pooling
    """
    _require_positions(x)
    return _first_max(x.reshape(*x.shape[:2], math.prod(x.shape[2:])), -1)


def max_unpool(
    y: Float[Array, "..."],
    indices: Int[Array, "..."],
    window: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: tuple[int, ...] | None = None,
) -> Float[Array, "..."]:
    """Put each maximum back where it stood and zeros elsewhere.

    Equation
        x[n, c, m[n, c, i]] = y[n, c, i]
    Args
        y: (batch, channels, ...), as `max_pool_with_indices` gives it
        indices: m, as `max_pool_with_indices` gives it
        window: k, as in `max_pool`
        stride: s; None for windows side by side
        padding: p
        output_size: sizes of the axes; None for those of `unpool_output_size`, which are too small
            if pooling left something over
    Returns
        (batch, channels, ...); NaN everywhere if an index that cannot be looked at is out of range
    Raises
        ValueError: if the shapes differ, or a known index lies outside the output
    Source
        Zeiler & Fergus 2014.
    Chapter
        cnn/resampling
    """
    if y.shape != indices.shape:
        raise ValueError(f"y has shape {y.shape} but indices have shape {indices.shape}")
    axes = y.ndim - 2 if isinstance(window, int) else len(window)
    if output_size is None:
        window = per_axis("window", window, axes)
        stride = window if stride is None else per_axis("stride", stride, axes)
        geometry = zip(
            y.shape[-axes:], window, stride, per_axis("padding", padding, axes), strict=True
        )
        output_size = tuple(unpool_output_size(*numbers) for numbers in geometry)
    size, channels = math.prod(output_size), y.shape[:-axes]
    if is_known(indices) and indices.size:
        known = np.asarray(indices)
        for index in (known.min(), known.max()):
            if not 0 <= index < size:
                raise ValueError(f"index {index} lies outside an output of {output_size}")
    rows = math.prod(channels), math.prod(y.shape[-axes:])
    flat, where = y.reshape(rows), indices.reshape(rows)
    x = jnp.zeros((rows[0], size), y.dtype)
    x = x.at[jnp.arange(rows[0])[:, None], where].set(flat, mode="drop")
    if not is_known(indices):
        x = jnp.where(jnp.any((where < 0) | (where >= size)), jnp.nan, x)
    return x.reshape(*channels, *output_size)


def _adaptive(x, output_size: Sizes, reduce: Callable):
    axes = x.ndim - 2 if isinstance(output_size, int) else len(output_size)
    if not 1 <= axes <= x.ndim:
        raise ValueError(f"output size {output_size} does not fit x of shape {x.shape}")
    output_size = per_axis("output_size", output_size, axes)
    if min(output_size) < 1:
        raise ValueError(f"output sizes must be positive, got {output_size}")
    for axis, outputs in zip(range(-axes, 0), output_size, strict=True):
        size = x.shape[axis]
        require_positive("the number of positions", size)
        parts = []
        for i in range(outputs):
            start, end = i * size // outputs, -(-(i + 1) * size // outputs)  # ⌈·⌉ by negation
            parts.append(reduce(jnp.moveaxis(x, axis, -1)[..., start:end], -1))
        x = jnp.moveaxis(jnp.stack(parts, -1), -1, axis)
    return x


def _first_max(x, axis):
    """The maximum, with the gradient to the first of equal entries and not to all of them."""
    where = jnp.expand_dims(jnp.argmax(x, axis), axis)
    return jnp.squeeze(jnp.take_along_axis(x, where, axis), axis)


def _require_positions(x):
    if x.ndim < 3:
        raise ValueError(f"x must have shape (batch, channels, ...), got {x.shape}")
    require_positive("the number of positions", math.prod(x.shape[2:]))
