"""Anchors, the boxes and points that a detector starts from."""

from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.validation import require_positive

__all__ = ["anchor_shapes", "grid_anchors", "grid_points"]


def anchor_shapes(
    sizes: Sequence[float | int], ratios: Sequence[float | int], every_pair: bool = False
) -> Float[Array, "anchors 2"]:
    """Widths and heights of the anchors around one position.

    Equation
        w = s √r,  h = s / √r
    Args
        sizes: s₁, …, sₙ, the square root of the area
        ratios: r₁, …, rₘ, width over height
        every_pair: all n·m pairs; otherwise the n + m − 1 that hold s₁ or r₁
    Returns
        (anchors, 2); first all sizes with r₁, then s₁ with the other ratios; or all ratios for
        s₁, for s₂, ...
    Raises
        ValueError: if there are none, or one is not positive
    Source
        Liu et al. 2016; every pair: Ren et al. 2015.
    Chapter
        vision/boxes_and_anchors
    """
    if not sizes or not ratios or min(*sizes, *ratios) <= 0:
        raise ValueError(f"sizes and ratios must be positive, got {sizes} and {ratios}")
    if every_pair:
        pairs = [(s, r) for s in sizes for r in ratios]
    else:
        pairs = [(s, ratios[0]) for s in sizes] + [(sizes[0], r) for r in ratios[1:]]
    return jnp.asarray([(s * r**0.5, s / r**0.5) for s, r in pairs])


def grid_points(
    rows: int,
    columns: int,
    stride: float | int | tuple[float | int, float | int] = 1,
    offset: float | int = 0.5,
) -> Float[Array, "points 2"]:
    """Where the positions of a feature map lie in its image.

    Equation
        x = (j + o) s_x,  y = (i + o) s_y
    Args
        rows: of the feature map
        columns: of the feature map
        stride: s, pixels of the image from one position to the next; or (s_y, s_x).
            (1 / rows, 1 / columns) gives shares of the image instead of pixels
        offset: o; ½ is the middle of a cell, 0 its corner
    Returns
        (rows · columns, 2) of (x, y), row after row
    Raises
        ValueError: if rows, columns or the stride is not positive
    Chapter
        vision/boxes_and_anchors
    """
    vertical, horizontal = stride if isinstance(stride, tuple) else (stride, stride)
    for name, value in (("rows", rows), ("columns", columns)):
        require_positive(name, value)
    require_positive("stride", min(vertical, horizontal))
    y, x = jnp.meshgrid(
        (jnp.arange(rows) + offset) * vertical,
        (jnp.arange(columns) + offset) * horizontal,
        indexing="ij",
    )
    return jnp.stack([x.ravel(), y.ravel()], axis=-1)


def grid_anchors(
    shapes: Float[Array, "anchors sides"], points: Float[Array, "points coordinates"]
) -> Float[Array, "boxes 4"]:
    """Anchors of the given shapes around every point.

    Equation
        (x − ½ w, y − ½ h, x + ½ w, y + ½ h)
    Args
        shapes: (width, height), (anchors, 2), from `anchor_shapes`
        points: (x, y), (points, 2), from `grid_points`
    Returns
        corners, (points · anchors, 4), all anchors of the first point first
    Raises
        ValueError: if one has not two axes, the last of 2
    Chapter
        vision/boxes_and_anchors
    """
    for name, array in (("shapes", shapes), ("points", points)):
        if array.shape != (len(array), 2):
            raise ValueError(f"{name} must have shape (n, 2), got {array.shape}")
    half = shapes[None] / 2
    boxes = jnp.concatenate([points[:, None] - half, points[:, None] + half], axis=-1)
    return boxes.reshape(-1, 4)
