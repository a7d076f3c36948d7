"""Arrays at other sizes: interpolation, and channels turned into positions."""

import math
from math import ceil, floor

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

from dl_lib.functional.convolution._axes import per_axis
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes

__all__ = ["interpolate", "pixel_shuffle", "pixel_unshuffle"]

Sizes = int | tuple[int, ...]
METHODS = ("nearest", "bilinear", "bicubic")


@through_float32
def interpolate(
    x: Float[Array, "..."],
    size: Sizes | None = None,
    scale: float | int | None = None,
    method: str = "nearest",
    align_corners: bool = False,
    antialias: bool = False,
) -> Float[Array, "..."]:
    """Resize an image, a sequence or a volume, one axis after another.

    Equation
        output i lies at u = (i + ½) n/o − ½ of the input, or at i (n − 1)/(o − 1) if the corners
        are aligned;  y[i] = Σⱼ k(u − j) x[j], the edge repeated beyond the ends
        nearest: x[⌊i n/o⌋];  bilinear: k(t) = max(0, 1 − |t|);  bicubic: the kernel of Keys
    Args
        x: (batch, channels, ...)
        size: o, one number for all axes after the second; or one for each of the last axes, which
            also allows x without batch
        scale: instead of a size, o = ⌊scale · n⌋ for all axes after the second
        method: "nearest", "bilinear" or "bicubic", the same along however many axes
        align_corners: whether the centers of the corners stay where they are, or the edges do
        antialias: widen the kernel when shrinking, so that every input counts
    Returns
        (batch, channels, ...) of the new size
    Raises
        ValueError: if not exactly one of size and scale is given, or the method is unknown or does
            not go with the other settings
    Source
        Keys 1981, with a = −¾ as PyTorch, and −½ if antialiased. Differs from `jax.image.resize`,
        which has −½ and antialiases by default.
    Chapter
        cnn/resampling
    """
    if (size is None) == (scale is None):
        raise ValueError(f"give either a size or a scale, got {size} and {scale}")
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if method == "nearest" and (align_corners or antialias):
        raise ValueError('align_corners and antialias are not for method "nearest"')
    if align_corners and antialias:
        raise ValueError("align_corners and antialias do not go together")
    axes = x.ndim - 2 if not isinstance(size, tuple) else len(size)
    if not 1 <= axes <= x.ndim:
        raise ValueError(f"x of shape {x.shape} has too few axes to resize")
    old = x.shape[x.ndim - axes :]
    new = per_axis("size", size, axes) if scale is None else tuple(floor(n * scale) for n in old)
    if min(new) < 1:
        raise ValueError(f"nothing is left of {old} at size {new}")
    for axis, n, o in zip(range(-axes, 0), old, new, strict=True):
        if method == "nearest":
            x = jnp.take(x, np.arange(o) * n // o, axis)
            continue
        make = _antialiased if antialias else _taps
        index, weight = make(n, o, method, align_corners)
        shape = (o,) + (1,) * (-axis - 1)
        x = sum(
            jnp.take(x, index[:, t], axis) * jnp.asarray(weight[:, t], x.dtype).reshape(shape)
            for t in range(index.shape[1])
        )
    return x


def pixel_shuffle(x: Shaped[Array, "..."], factor: int) -> Shaped[Array, "..."]:
    """Turn groups of r² channels into squares of r × r positions.

    Equation
        y[n, c, r h + i, r w + j] = x[n, c r² + i r + j, h, w]
    Args
        x: (batch, channels · r², height, width), or without batch
        factor: r
    Returns
        (batch, channels, r · height, r · width)
    Raises
        ValueError: if the channels cannot be divided by r²
    Source
        Shi et al. 2016.
    Chapter
        cnn/resampling
    """
    require_axes("x", x, "..., channels, height, width")
    *batch, channels, h, w = x.shape
    r = factor
    if r < 1 or channels % r**2:
        raise ValueError(f"channels of x of shape {x.shape} must be a multiple of {r}² = {r**2}")
    x = x.reshape(math.prod(batch), channels // r**2, r, r, h, w)  # (n, c, i, j, h, w)
    x = x.transpose(0, 1, 4, 2, 5, 3)  # (n, c, h, i, w, j)
    return x.reshape(*batch, channels // r**2, h * r, w * r)


def pixel_unshuffle(x: Shaped[Array, "..."], factor: int) -> Shaped[Array, "..."]:
    """Turn squares of r × r positions into channels, the inverse of `pixel_shuffle`.

    Equation
        y[n, c r² + i r + j, h, w] = x[n, c, r h + i, r w + j]
    Args
        x: (batch, channels, r · height, r · width), or without batch
        factor: r
    Returns
        (batch, channels · r², height, width)
    Raises
        ValueError: if height or width cannot be divided by r
    Source
        Shi et al. 2016.
    Chapter
        cnn/resampling
    """
    require_axes("x", x, "..., channels, height, width")
    *batch, channels, h, w = x.shape
    r = factor
    if r < 1 or h % r or w % r:
        raise ValueError(f"height and width of x of shape {x.shape} must be multiples of {r}")
    x = x.reshape(math.prod(batch), channels, h // r, r, w // r, r)  # (n, c, h, i, w, j)
    x = x.transpose(0, 1, 3, 5, 2, 4)  # (n, c, i, j, h, w)
    return x.reshape(*batch, channels * r**2, h // r, w // r)


def _taps(n, o, method, align_corners):
    """Which inputs each output is made of, and with which weights, (outputs, taps) each."""
    if align_corners:
        u = np.arange(o) * ((n - 1) / (o - 1) if o > 1 else 0.0)
    else:
        u = (np.arange(o) + 0.5) * n / o - 0.5
    if method == "bilinear":
        u = np.maximum(u, 0)
        offsets, kernel = np.arange(2), _triangle
    else:
        offsets, kernel = np.arange(-1, 3), lambda t: _keys(t, -0.75)
    j = np.floor(u).astype(int)[:, None] + offsets
    return np.clip(j, 0, n - 1), kernel(u[:, None] - j)


def _antialiased(n, o, method, _):
    """As `_taps`, with a kernel as much wider as the output is smaller, cut off at the ends."""
    stretch = max(n / o, 1.0)
    reach, kernel = (1, _triangle) if method == "bilinear" else (2, lambda t: _keys(t, -0.5))
    center = (np.arange(o) + 0.5) * n / o - 0.5
    offsets = np.arange(-ceil(reach * stretch), ceil(reach * stretch) + 1)
    j = np.round(center).astype(int)[:, None] + offsets
    weight = kernel((center[:, None] - j) / stretch) * ((j >= 0) & (j < n))
    return np.clip(j, 0, n - 1), weight / weight.sum(1, keepdims=True)


def _triangle(t):
    return np.maximum(0, 1 - np.abs(t))


def _keys(t, a):
    t = np.abs(t)
    near = ((a + 2) * t - (a + 3)) * t**2 + 1
    far = a * (((t - 5) * t + 8) * t - 4)
    return np.where(t <= 1, near, np.where(t < 2, far, 0))
