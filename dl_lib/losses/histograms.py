"""Losses of histograms that can be differentiated, because a sample is shared between two bins."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import absolute, in_float32
from dl_lib.functional.probability.information import kl_divergence
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_axes, require_positive, require_same_shape

__all__ = ["histogram_loss", "mutual_information_loss", "soft_bins"]


def soft_bins(
    x: Float[Array, "..."], bins: int, low: float | int = 0.0, high: float | int = 1.0
) -> Float[Array, "... bins"]:
    """Share each value between the two bins whose centers enclose it.

    Equation
        wⱼ(x) = max(0, 1 − |x − cⱼ| / h),  cⱼ = low + j h,  h = (high − low) / (bins − 1),  j from 0
    Args
        x: any shape; values outside the range count in the first or the last bin
        bins: at least 2
        low: center of the first bin
        high: center of the last bin, above `low`
    Returns
        the shape of `x`, then (bins,); the last axis sums to 1
    Raises
        ValueError: if there are fewer than 2 bins, or the range is empty
    Source
        The triangular window of Ustinova & Lempitsky 2016.
    Chapter
        generative/gan_losses
    """
    if bins < 2 or not high > low:
        raise ValueError(f"expected 2 bins or more and low < high, got {bins}, {low} and {high}")
    place = (jnp.clip(x, low, high) - low) * ((bins - 1) / (high - low))
    return jnp.maximum(1 - jnp.abs(place[..., None] - jnp.arange(bins)), 0)


@in_float32
def histogram_loss(
    prediction: Float[Array, "... samples"],
    target: Float[Array, "..."],
    bins: int = 32,
    low: float | int = 0.0,
    high: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Earth mover's distance of two histograms, in the unit of the values.

    Equation
        ℓ = h Σⱼ |F̂ⱼ − Fⱼ|,  F the running sums of the two histograms,  h the width of a bin
    Args
        prediction: (..., samples)
        target: the same number of leading axes and sizes; the samples need not be as many
        bins: at least 2, as for `soft_bins`
        low: center of the first bin
        high: center of the last bin
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the leading axes differ, there are no samples, or the bins are wrong
    Chapter
        generative/gan_losses
    """
    for name, values in (("prediction", prediction), ("target", target)):
        require_axes(name, values, "..., samples")
        require_positive(f"the number of samples of {name}", values.shape[-1])
    first = jnp.mean(soft_bins(prediction, bins, low, high), axis=-2)
    second = jnp.mean(soft_bins(target, bins, low, high), axis=-2)
    require_same_shape("prediction's histogram", first, "target's histogram", second)
    # The last running sums are 1 and 1: their difference is rounding only.
    difference = jnp.cumsum(first - second, axis=-1)[..., :-1]
    width = (high - low) / (bins - 1)
    return reduce(width * jnp.sum(absolute(difference), axis=-1), reduction)


@in_float32
def mutual_information_loss(
    prediction: Float[Array, "... samples"],
    target: Float[Array, "..."],
    bins: int = 16,
    low: float | int = 0.0,
    high: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Minus the mutual information of two signals, estimated from their joint soft histogram.

    Minimizing it aligns two images of which one need not look like the other.

    Equation
        ℓ = −Σᵢⱼ p̂ᵢⱼ log( p̂ᵢⱼ / (p̂ᵢ p̂ⱼ) ),  p̂ᵢⱼ = (1/n) Σₙ wᵢ(xₙ) wⱼ(yₙ)
    Args
        prediction: x, (..., samples)
        target: y, same shape
        bins: at least 2, in each direction, as for `soft_bins`
        low: center of the first bin
        high: center of the last bin
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none", from −log(bins) to 0. Few samples in many bins inflate it
    Raises
        ValueError: if the shapes differ, there are no samples, or the bins are wrong
    Source
        Viola & Wells 1997, with another window. `info_nce_loss` bounds the same quantity.
    Chapter
        losses/distributions
    """
    require_same_shape("prediction", prediction, "target", target)
    require_positive("the number of samples", prediction.shape[-1])
    rows = soft_bins(prediction, bins, low, high)
    columns = soft_bins(target, bins, low, high)
    joint = jnp.einsum("...ni,...nj->...ij", rows, columns) / rows.shape[-2]
    apart = joint.sum(-1, keepdims=True) * joint.sum(-2, keepdims=True)
    flat = (*joint.shape[:-2], bins * bins)
    return reduce(-kl_divergence(joint.reshape(flat), apart.reshape(flat)), reduction)
