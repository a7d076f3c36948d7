"""Functions of sets of points: the order in which the points are listed does not matter."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dl_lib.validation import require_axes

__all__ = ["append_maximum", "max_over_points"]


def max_over_points(
    x: Float[Array, "... points features"], mask: Bool[Array, "..."] | None = None
) -> Float[Array, "... features"]:
    """Largest value of each feature over the points of a cloud, whatever their order.

    Equation
        y_f = max_i x_if, over the points that exist
    Args
        x: (..., points, features)
        mask: True where a point exists, (..., points), for clouds filled up to one size; None for
            all
    Returns
        (..., features); zeros for a cloud without points. Points that share a maximum share its
        gradient, so that the gradient does not know their order either
    Raises
        ValueError: if there are fewer than two axes, or the mask does not fit
    Source
        Qi et al. 2017, equation 1.
    Chapter
        geometry/point_clouds
    """
    require_axes("x", x, "..., points, features")
    if x.shape[-2] == 0:
        return jnp.zeros((*x.shape[:-2], x.shape[-1]), x.dtype)
    if mask is None:
        return jnp.max(x, axis=-2)
    if mask.shape != x.shape[:-1]:
        raise ValueError(f"mask must have shape {x.shape[:-1]}, got {mask.shape}")
    largest = jnp.max(jnp.where(mask[..., None], x, -jnp.inf), axis=-2)
    return jnp.where(jnp.any(mask, axis=-1, keepdims=True), largest, 0)


def append_maximum(
    x: Float[Array, "... points features"], mask: Bool[Array, "..."] | None = None
) -> Float[Array, "... points twice_features"]:
    """Tell every point about its whole cloud, for a label at each point: segmentation.

    Equation
        yᵢ = [xᵢ, max_j xⱼ]
    Args
        x: (..., points, features)
        mask: as in `max_over_points`
    Returns
        (..., points, 2 · features)
    Raises
        ValueError: if the mask does not fit
    Source
        Qi et al. 2017, section 4.2. There the maximum is that of a later layer.
    Chapter
        geometry/point_clouds
    """
    whole = jnp.broadcast_to(max_over_points(x, mask)[..., None, :], x.shape)
    return jnp.concatenate([x, whole], axis=-1)
