"""Images read at arbitrary places.

A place is (u, v) from −1 to 1, or in pixels (x, y); u and x run to the right, v and y downwards.
Pixels are counted from 0 at the center of the first: the center in row i and column j is (j, i).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import through_float32

__all__ = ["affine_grid", "grid_sample", "grid_to_pixels", "pixels_to_grid", "spatial_transform"]


@through_float32
def affine_grid(
    theta: Float[Array, "batch 2 3"], size: tuple[int, int], align_corners: bool = False
) -> Float[Array, "batch height width 2"]:
    """Places to read an image at, so that it appears moved by an affine map.

    Equation
        (u, v)ᵀ = θ (x, y, 1)ᵀ, where x and y run from −1 to 1 over the output
    Args
        theta: θ, from places of the output to places of the input
        size: height and width of the output
        align_corners: whether −1 and 1 are the centers of the corner pixels, or their outer edges
    Returns
        (u, v) for every pixel, u along the columns first, for `grid_sample`
    Raises
        ValueError: if a size is not positive, or theta has another shape
    Source
        Jaderberg et al. 2015.
    Chapter
        vision/spatial_transformer
    """
    if min(size) < 1:
        raise ValueError(f"size must be positive, got {size}")
    if theta.shape[1:] != (2, 3):
        raise ValueError(f"theta must have shape (batch, 2, 3), got {theta.shape}")

    lines = [_unit(jnp.arange(n, dtype=theta.dtype), n, align_corners) for n in size]
    y, x = jnp.meshgrid(*lines, indexing="ij")
    points = jnp.stack([x, y, jnp.ones_like(x)], -1)  # (height, width, 3)
    return jnp.einsum("hwk,nck->nhwc", points, theta)


@through_float32
def grid_sample(
    x: Float[Array, "batch channels height width"],
    grid: Float[Array, "grids rows columns 2"],
    method: str = "bilinear",
    padding: str = "zeros",
    align_corners: bool = False,
) -> Float[Array, "batch channels rows columns"]:
    """Read images at given places, with a gradient for image and places.

    Equation
        y[n, c, p] = Σ_{i, j} x[n, c, i, j] max(0, 1 − |v_p − i|) max(0, 1 − |u_p − j|)
    Args
        x: images
        grid: (u, v) from −1 to 1, u along the columns
        method: "bilinear", or "nearest", which has no gradient for the places
        padding: what lies outside, "zeros" or the "border" repeated
        align_corners: whether −1 and 1 are the centers of the corner pixels, or their outer edges
    Returns
        what was read
    Raises
        ValueError: if the method or the padding is unknown, or the numbers of images differ
    Source
        Jaderberg et al. 2015. PyTorch also mirrors at the border, which is left out here.
    Chapter
        vision/spatial_transformer
    """
    if method not in ("bilinear", "nearest"):
        raise ValueError(f'method must be "bilinear" or "nearest", got {method!r}')
    if padding not in ("zeros", "border"):
        raise ValueError(f'padding must be "zeros" or "border", got {padding!r}')
    if x.shape[0] != grid.shape[0]:
        raise ValueError(f"{x.shape[0]} images of shape {x.shape} for {grid.shape[0]} grids")

    height, width = x.shape[2:]
    u, v = jnp.moveaxis(grid_to_pixels(grid, (height, width), align_corners), -1, 0)
    if padding == "border":
        u, v = jnp.clip(u, 0, width - 1), jnp.clip(v, 0, height - 1)
    if method == "nearest":
        return jax.vmap(_read)(x, jnp.round(v), jnp.round(u))
    top, left = jnp.floor(v), jnp.floor(u)
    y = 0
    for row, row_weight in ((top, top + 1 - v), (top + 1, v - top)):
        for column, weight in ((left, left + 1 - u), (left + 1, u - left)):
            y = y + jax.vmap(_read)(x, row, column) * (row_weight * weight)[:, None]
    return y


@through_float32
def spatial_transform(
    x: Float[Array, "batch channels height width"],
    theta: Float[Array, "..."],
    size: tuple[int, int] | None = None,
    padding: str = "zeros",
    align_corners: bool = False,
) -> Float[Array, "batch channels rows columns"]:
    """Move images by affine maps: the grid of each map, and what is read there.

    Equation
        y[n, c, p] = x[n, c] at θₙ (x_p, y_p, 1)ᵀ, bilinearly between the pixels
    Args
        x: images
        theta: θ, (batch, 2, 3), from places of the output to places of the input;
            [[1, 0, 0], [0, 1, 0]] returns the images
        size: height and width of the output; None for those of x
        padding: what lies outside, "zeros" or the "border" repeated
        align_corners: whether −1 and 1 are the centers of the corner pixels, or their outer edges
    Returns
        moved images
    Raises
        ValueError: if theta is not (batch, 2, 3), or a setting is unknown
    Source
        Jaderberg et al. 2015, section 3.
    Chapter
        vision/spatial_transformer
    """
    if theta.shape != (x.shape[0], 2, 3):
        raise ValueError(f"theta must have shape {(x.shape[0], 2, 3)}, got {theta.shape}")
    grid = affine_grid(theta, x.shape[2:] if size is None else size, align_corners)
    return grid_sample(x, grid, padding=padding, align_corners=align_corners)


@through_float32
def grid_to_pixels(
    grid: Float[Array, "..."], size: tuple[int, int], align_corners: bool = False
) -> Float[Array, "..."]:
    """Places from −1 to 1, as `grid_sample` takes them, in pixels.

    Equation
        x = ((u + 1) W − 1) / 2,  y = ((v + 1) H − 1) / 2
        aligned corners: x = (u + 1) (W − 1) / 2,  y = (v + 1) (H − 1) / 2
    Args
        grid: (u, v), (..., 2)
        size: (H, W) of the image
        align_corners: whether −1 and 1 are the centers of the corner pixels, or their outer edges
    Returns
        (x, y), same shape
    Raises
        ValueError: if the last axis is not 2
    Chapter
        vision/spatial_transformer
    """
    return _each_axis(_pixel, grid, size, align_corners)


@through_float32
def pixels_to_grid(
    points: Float[Array, "..."], size: tuple[int, int], align_corners: bool = False
) -> Float[Array, "..."]:
    """Places in pixels, as keypoints are given, from −1 to 1: the inverse of `grid_to_pixels`.

    Equation
        u = (2x + 1) / W − 1,  v = (2y + 1) / H − 1
        aligned corners: u = 2x / (W − 1) − 1,  v = 2y / (H − 1) − 1;  0 along a side of one pixel
    Args
        points: (x, y), (..., 2)
        size: (H, W) of the image
        align_corners: whether −1 and 1 are the centers of the corner pixels, or their outer edges
    Returns
        (u, v), same shape
    Raises
        ValueError: if the last axis is not 2
    Chapter
        vision/keypoints
    """
    return _each_axis(_unit, points, size, align_corners)


def _each_axis(convert, places, size, align_corners):
    if places.shape[-1:] != (2,):
        raise ValueError(f"places must have shape (..., 2), got {places.shape}")
    if min(size) < 1:
        raise ValueError(f"size must be positive, got {size}")
    height, width = size
    parts = [convert(places[..., i], n, align_corners) for i, n in enumerate((width, height))]
    return jnp.stack(parts, -1)


def _pixel(u, n, align_corners):
    return (u + 1) / 2 * (n - 1) if align_corners else ((u + 1) * n - 1) / 2


def _unit(i, n, align_corners):
    if align_corners:
        return 2 * i / (n - 1) - 1 if n > 1 else jnp.zeros_like(i)
    return (2 * i + 1) / n - 1


def _read(x, row, column):
    """Entries of (channels, height, width) at whole places, 0 outside."""
    _, h, w = x.shape
    inside = (row >= 0) & (row < h) & (column >= 0) & (column < w)
    # Clipped before they become integers, so that no place is too far away for one.
    i = jnp.clip(row, 0, h - 1).astype(int)
    j = jnp.clip(column, 0, w - 1).astype(int)
    return jnp.where(inside, x[:, i, j], 0)
