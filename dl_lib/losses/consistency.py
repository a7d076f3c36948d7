"""Losses of generated pictures against what they should still be: the input, a cycle, a feature."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Num

from dl_lib.functional.numerics import absolute, in_float32
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_nonnegative, require_positive, require_same_shape

__all__ = [
    "cycle_consistency_loss",
    "feature_matching_loss",
    "reconstruction_loss",
    "temporal_consistency_loss",
]


@in_float32
def reconstruction_loss(
    reconstruction: Float[Array, "batch ..."],
    target: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Squared distance of a whole example to what it was.

    Equation
        ℓ = ‖x̂ − x‖₂²
    Args
        reconstruction: x̂, (batch, ...); the square is summed over all axes but the first
        target: x, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"
    Raises
        ValueError: if the shapes differ
    Chapter
        generative/gan_losses
    """
    require_same_shape("reconstruction", reconstruction, "target", target)
    axes = tuple(range(1, reconstruction.ndim))
    return reduce(jnp.sum((reconstruction - target) ** 2, axes), reduction)


@in_float32
def feature_matching_loss(
    real_features: Float[Array, "batch ..."],
    fake_features: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Squared difference between the mean features of two batches.

    Equation
        ‖E f(x) − E f(G(z))‖₂², which is "sum"; "mean" divides it by the number of features
    Args
        real_features: f(x), (batch, ...)
        fake_features: f(G(z)), (another batch, ...)
        reduction: "mean", "sum" or "none", over the features
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the features differ in shape, or a batch is empty
    Source
        Salimans et al. 2016, section 3.1.
    Chapter
        generative/gan
    """
    for name, features in (("real_features", real_features), ("fake_features", fake_features)):
        require_positive(f"the number of {name}", len(features))
    real, fake = jnp.mean(real_features, axis=0), jnp.mean(fake_features, axis=0)
    require_same_shape("real features", real, "fake features", fake)
    return reduce((real - fake) ** 2, reduction)


@in_float32
def cycle_consistency_loss(
    first: Float[Array, "batch ..."],
    first_cycled: Float[Array, "..."],
    second: Float[Array, "..."],
    second_cycled: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Absolute error of two translations there and back, one from each side.

    Equation
        ℓ = mean |F(G(x)) − x| + mean |G(F(y)) − y|
    Args
        first: x, (batch, ...)
        first_cycled: F(G(x)), same shape
        second: y, (batch, ...)
        second_cycled: G(F(y)), same shape as `second`
        reduction: "mean", "sum" or "none", over the batch
    Returns
        scalar, or (batch,) for "none"
    Raises
        ValueError: if the shapes do not fit
    Source
        Zhu et al. 2017, equation 2, with the mean over the entries for their sum.
    Chapter
        generative/gan_losses
    """
    require_same_shape("first", first, "first_cycled", first_cycled)
    require_same_shape("second", second, "second_cycled", second_cycled)
    one, other = _mean_error(first, first_cycled), _mean_error(second, second_cycled)
    require_same_shape("batch of first", one, "batch of second", other)
    return reduce(one + other, reduction)


@in_float32
def temporal_consistency_loss(
    frame: Float[Array, "batch ..."],
    warped: Float[Array, "..."],
    visible: Num[Array, "..."] | Bool[Array, "..."] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Absolute difference of a frame and the frame before, moved along the optical flow.

    Equation
        ℓ = Σₙ mₙ |fₜ − warp(f_{t−1})|ₙ / Σₙ mₙ
    Args
        frame: fₜ, (batch, ...)
        warped: warp(f_{t−1}), same shape; the frame before itself where there is no flow
        visible: m, True or 1 where the pixel could be seen before, same shape; None for all
        reduction: "mean", "sum" or "none", over the batch
    Returns
        scalar, or (batch,) for "none"; 0 for a frame of which nothing was visible
    Raises
        ValueError: if the shapes differ, or a known weight is negative
    Source
        Lai et al. 2018, section 3.2.
    Chapter
        generative/gan_losses
    """
    require_same_shape("frame", frame, "warped", warped)
    if visible is None:
        return reduce(_mean_error(frame, warped), reduction)
    require_same_shape("frame", frame, "visible", visible)
    require_nonnegative("visible", visible)
    axes, seen = tuple(range(1, frame.ndim)), visible != 0
    # `where` before the subtraction: outside the picture the flow may bring in NaN.
    error = visible * absolute(jnp.where(seen, frame, 0) - jnp.where(seen, warped, 0))
    weight = jnp.sum(visible, axes)
    return reduce(jnp.sum(error, axes) / jnp.where(weight == 0, 1, weight), reduction)


def _mean_error(first: Float[Array, "..."], second: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.mean(absolute(first - second), axis=tuple(range(1, first.ndim)))
