"""Boundary loss: a region's error weighted by how far it is from where the border should be."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Num

from dl_lib.functional.activations.sigmoid import sigmoid
from dl_lib.functional.numerics import in_float32
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_axes, require_same_shape, require_unit_interval

__all__ = ["boundary_loss", "signed_distance_map"]


@in_float32
def boundary_loss(
    logits: Float[Array, "... height width"],
    distance: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Boundary loss, linear in the predicted mask; it may be negative.

    Equation
        ℓ = (1/N) Σₙ φₙ σ(oₙ)
    Args
        logits: o, (..., height, width)
        distance: φ, the `signed_distance_map` of the true mask, same shape
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"; smallest when exactly the inside is predicted
    Raises
        ValueError: if the shapes differ
    Source
        Kervadec et al. 2019. Differs: the mean over the pixels, not the sum.
    Chapter
        vision/segmentation_losses
    """
    require_same_shape("logits", logits, "distance", distance)
    return reduce(jnp.mean(distance * sigmoid(logits), axis=(-2, -1)), reduction)


@in_float32
def signed_distance_map(
    mask: Bool[Array, "..."] | Num[Array, "..."],
) -> Float[Array, "... height width"]:
    """Distance of each pixel to the nearest one across the border, negative inside.

    Equation
        φₙ = −min_{m ∉ G} ‖n − m‖₂ if n ∈ G,  else min_{m ∈ G} ‖n − m‖₂
    Args
        mask: G, True or not 0 inside, (..., height, width)
    Returns
        same shape as `mask`, in pixels; 0 everywhere if there is no border
    Raises
        ValueError: if there are fewer than two axes, or a known entry lies outside [0, 1]
    Source
        Kervadec et al. 2019, whose code subtracts 1 inside. The minimum is exact, taken along
        one axis and then the other (Felzenszwalb & Huttenlocher 2012).
    Chapter
        vision/segmentation_losses
    """
    require_axes("mask", mask, "..., height, width")
    require_unit_interval("mask", mask)
    inside = mask != 0
    distance = _distance_to(inside) - _distance_to(~inside)
    both = jnp.any(inside, axis=(-2, -1)) & ~jnp.all(inside, axis=(-2, -1))
    return jnp.where(both[..., None, None], distance, 0.0)


def _distance_to(marked: Bool[Array, "... height width"]) -> Float[Array, "... height width"]:
    # Squared distances are whole numbers, so they are exact; no image is `far` across.
    height, width = marked.shape[-2:]
    far = 2 * (height + width) ** 2
    squares = jnp.where(marked, 0, far)
    for axis, size in ((-2, height), (-1, width)):
        steps = (jnp.arange(size)[:, None] - jnp.arange(size)) ** 2
        lines = jnp.moveaxis(squares, axis, -1)
        squares = jnp.moveaxis(jnp.min(lines[..., None, :] + steps, axis=-1), -1, axis)
    return jnp.sqrt(squares.astype(float))
