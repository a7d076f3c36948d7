"""Points of an image by heat maps: one map for each kind of point, bright where the point is.

A point is (x, y) in pixels of the map, x to the right and y downwards, from the center of the first
pixel: the center in row i and column j is (j, i). `pixels_to_grid` turns it into the places, from
−1 to 1, of `grid_sample`.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.activations.softmax import softmax
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes, require_positive

__all__ = ["gaussian_heatmaps", "heatmap_argmax", "soft_argmax"]


@through_float32
def gaussian_heatmaps(
    points: Float[Array, "..."], size: tuple[int, int], width: float | int = 1.0
) -> Float[Array, "... rows columns"]:
    """Heat maps that a network should make of an image with known points: a Gaussian for each.

    Equation
        h[i, j] = exp(−((j − x)² + (i − y)²) / 2s²)
    Args
        points: (x, y), (..., 2), in pixels of the maps
        size: rows and columns of the maps
        width: s > 0, in pixels
    Returns
        (..., rows, columns), 1 at the point and near 0 three widths away
    Raises
        ValueError: if the last axis of the points is not 2, or the width or a size is not positive
    Source
        Tompson et al. 2014.
    Chapter
        vision/keypoints
    """
    if points.shape[-1:] != (2,):
        raise ValueError(f"points must have shape (..., 2), got {points.shape}")
    require_positive("width", width)
    if min(size) < 1:
        raise ValueError(f"size must be positive, got {size}")
    rows, columns = size
    x, y = points[..., 0, None], points[..., 1, None]
    # A product of two Gaussians: rows + columns exponentials, not rows · columns.
    down = jnp.exp(-((jnp.arange(rows) - y) ** 2) / (2 * width**2))
    right = jnp.exp(-((jnp.arange(columns) - x) ** 2) / (2 * width**2))
    return down[..., :, None] * right[..., None, :]


@through_float32
def soft_argmax(
    heatmaps: Float[Array, "... rows columns"], temperature: ScalarLike = 1.0
) -> Float[Array, "... 2"]:
    """Mean place under the softmax of a heat map: an argmax with a gradient, between pixels too.

    Equation
        p = softmax(h / T) over all pixels;  x = Σᵢⱼ pᵢⱼ j,  y = Σᵢⱼ pᵢⱼ i
    Args
        heatmaps: h, (batch, keypoints, rows, columns)
        temperature: T > 0; towards 0 the place of the largest entry, towards ∞ the middle
    Returns
        (x, y) in pixels, (batch, keypoints, 2)
    Raises
        ValueError: if there are fewer than two axes, no pixels, or a known temperature is not
            positive
    Source
        Levine et al. 2016, section 4.1; Sun et al. 2018.
    Chapter
        vision/keypoints
    """
    require_axes("heatmaps", heatmaps, "..., rows, columns")
    rows, columns = heatmaps.shape[-2:]
    require_positive("the number of pixels", rows * columns)
    flat = heatmaps.reshape(*heatmaps.shape[:-2], rows * columns)
    p = softmax(flat, temperature=temperature).reshape(heatmaps.shape)
    x = jnp.sum(p, axis=-2) @ jnp.arange(columns, dtype=p.dtype)
    y = jnp.sum(p, axis=-1) @ jnp.arange(rows, dtype=p.dtype)
    return jnp.stack([x, y], axis=-1)


def heatmap_argmax(
    heatmaps: Float[Array, "... rows columns"],
) -> tuple[Float[Array, "... 2"], Float[Array, "..."]]:
    """Place of the largest entry, a quarter of a pixel towards its larger neighbors.

    A map of a network is coarse, and the true maximum lies on the side of the larger neighbor.

    Equation
        (i, j) = argmax h;  x = j + ¼ sign(h[i, j + 1] − h[i, j − 1]),
                            y = i + ¼ sign(h[i + 1, j] − h[i − 1, j])
    Args
        heatmaps: h, (batch, keypoints, rows, columns)
    Returns
        (x, y) in pixels, (batch, keypoints, 2), without a gradient, and how sure they are, the
        largest entries, (batch, keypoints), with one
    Raises
        ValueError: if there are fewer than two axes, or no pixels
    Source
        Xiao, Wu & Wei 2018, after Newell, Yang & Deng 2016. At a border nothing is added along the
        axis that ends there; their code moves nothing in the first two rows and columns.
    Chapter
        vision/keypoints
    """
    require_axes("heatmaps", heatmaps, "..., rows, columns")
    rows, columns = heatmaps.shape[-2:]
    require_positive("the number of pixels", rows * columns)
    h = heatmaps.reshape(*heatmaps.shape[:-2], rows * columns)
    best = jnp.argmax(h, axis=-1, keepdims=True)
    places = []
    for axis, place in ((-1, best % columns), (-2, best // columns)):
        slope = _central_difference(heatmaps, axis).reshape(h.shape)
        towards = jnp.sign(jnp.take_along_axis(slope, best, axis=-1))
        places.append(place.astype(h.dtype) + towards / 4)
    scores = jnp.take_along_axis(h, best, axis=-1)[..., 0]
    return jnp.concatenate(places, axis=-1), scores


def _central_difference(h, axis):
    """h[i + 1] − h[i − 1] along an axis, 0 at its two ends."""
    h = jnp.moveaxis(h, axis, -1)
    inside = h[..., 2:] - h[..., :-2]
    ends = [(0, 0)] * (h.ndim - 1) + [(1, h.shape[-1] - 1 - inside.shape[-1])]
    return jnp.moveaxis(jnp.pad(inside, ends), -1, axis)
