"""Images read at arbitrary places."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["affine_grid", "grid_sample"]


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
        ValueError: if a size is not positive
    Source
        Jaderberg et al. 2015.
    Chapter
        vision/spatial_transformer
    """
    if min(size) < 1:
        raise ValueError(f"size must be positive, got {size}")

    def line(n):
        i = jnp.arange(n, dtype=theta.dtype)
        if align_corners:
            return 2 * i / (n - 1) - 1 if n > 1 else jnp.zeros(1, theta.dtype)
        return (2 * i + 1) / n - 1

    y, x = jnp.meshgrid(line(size[0]), line(size[1]), indexing="ij")
    points = jnp.stack([x, y, jnp.ones_like(x)], -1)  # (height, width, 3)
    return jnp.einsum("hwk,nck->nhwc", points, theta)


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

    def place(g, n):
        u = (g + 1) / 2 * (n - 1) if align_corners else ((g + 1) * n - 1) / 2
        return jnp.clip(u, 0, n - 1) if padding == "border" else u

    u, v = place(grid[..., 0], x.shape[3]), place(grid[..., 1], x.shape[2])
    if method == "nearest":
        return jax.vmap(_read)(x, jnp.round(v), jnp.round(u))
    top, left = jnp.floor(v), jnp.floor(u)
    y = 0
    for row, row_weight in ((top, top + 1 - v), (top + 1, v - top)):
        for column, weight in ((left, left + 1 - u), (left + 1, u - left)):
            y = y + jax.vmap(_read)(x, row, column) * (row_weight * weight)[:, None]
    return y


def _read(x, row, column):
    """Entries of (channels, height, width) at whole places, 0 outside."""
    _, h, w = x.shape
    inside = (row >= 0) & (row < h) & (column >= 0) & (column < w)
    # Clipped before they become integers, so that no place is too far away for one.
    i = jnp.clip(row, 0, h - 1).astype(int)
    j = jnp.clip(column, 0, w - 1).astype(int)
    return jnp.where(inside, x[:, i, j], 0)
