"""Losses of pictures through the features of a network: content, style, and smoothness."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import absolute, in_float32
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_axes, require_same_shape

__all__ = [
    "content_loss",
    "gram_matrix",
    "perceptual_loss",
    "style_loss",
    "total_variation_loss",
]


@in_float32
def content_loss(
    features: Float[Array, "... channels height width"],
    target: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Half the squared distance of two pictures' features.

    Equation
        ℓ = ½ ‖φ(x̂) − φ(x)‖₂²
    Args
        features: φ(x̂), (..., channels, height, width)
        target: φ(x), same shape
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes differ
    Source
        Gatys et al. 2016, equation 1.
    Chapter
        vision/style_transfer
    """
    require_same_shape("features", features, "target", target)
    return reduce(0.5 * jnp.sum((features - target) ** 2, axis=(-3, -2, -1)), reduction)


@in_float32
def perceptual_loss(
    features: Float[Array, "... channels height width"],
    target: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Mean squared distance of two pictures' features, whatever the size of the layer.

    Equation
        ℓ = ‖φ(x̂) − φ(x)‖₂² / CHW
    Args
        features: φ(x̂), (..., channels, height, width)
        target: φ(x), same shape
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes differ
    Source
        Johnson et al. 2016, section 3.2.
    Chapter
        vision/style_transfer
    """
    require_same_shape("features", features, "target", target)
    return reduce(jnp.mean((features - target) ** 2, axis=(-3, -2, -1)), reduction)


@in_float32
def gram_matrix(
    features: Float[Array, "..."],
) -> Float[Array, "... channels channels"]:
    """Which channels are active together, wherever in the picture that is.

    Equation
        G_{cd} = Σₙ φ_{cn} φ_{dn} / CHW
    Args
        features: φ, (..., channels, height, width)
    Returns
        (..., channels, channels), symmetric, no negative eigenvalue
    Raises
        ValueError: if there are fewer than three axes
    Source
        Gatys et al. 2016, equation 3, divided by the size as in Johnson et al. 2016.
    Chapter
        vision/style_transfer
    """
    require_axes("features", features, "..., channels, height, width")
    channels, height, width = features.shape[-3:]
    flat = features.reshape(*features.shape[:-2], height * width)
    return jnp.einsum("...cn,...dn->...cd", flat, flat) / (channels * height * width)


@in_float32
def style_loss(
    features: Float[Array, "... channels height width"],
    target: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Squared distance of two pictures' Gram matrices; where things are does not matter.

    Equation
        ℓ = ‖G(x̂) − G(x)‖_F²
    Args
        features: φ(x̂), (..., channels, height, width)
        target: φ(x), of as many channels; height and width may differ
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the leading axes or the channels differ
    Source
        Gatys et al. 2016, equation 4, with `gram_matrix`'s division.
    Chapter
        vision/style_transfer
    """
    first, second = gram_matrix(features), gram_matrix(target)
    require_same_shape("Gram matrix of features", first, "Gram matrix of target", second)
    return reduce(jnp.sum((first - second) ** 2, axis=(-2, -1)), reduction)


@in_float32
def total_variation_loss(
    images: Float[Array, "... height width"], squared: bool = False, reduction: str = "mean"
) -> Float[Array, "..."]:
    """Sum of all differences between neighbors, small for a picture without noise.

    Equation
        ℓ = Σ_{i<H, j} |x_{i+1,j} − x_{ij}| + Σ_{i, j<W} |x_{i,j+1} − x_{ij}|,  or of the squares
    Args
        images: x, (..., height, width)
        squared: add squares, which blurs edges, and not magnitudes
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if there are fewer than two axes
    Source
        Rudin et al. 1992, in its anisotropic form.
    Chapter
        vision/style_transfer
    """
    require_axes("images", images, "..., height, width")
    total = jnp.zeros(images.shape[:-2], images.dtype)
    for axis in (-2, -1):
        steps = jnp.diff(images, axis=axis)
        total += jnp.sum(steps**2 if squared else absolute(steps), axis=(-2, -1))
    return reduce(total, reduction)
