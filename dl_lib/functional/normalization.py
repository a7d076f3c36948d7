"""Centering and scaling of activations."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["batch_norm", "batch_statistics"]


def batch_statistics(
    x: Float[Array, "..."],
) -> tuple[Float[Array, "channels"], Float[Array, "channels"]]:
    """Mean and biased variance of each channel over the batch and all positions.

    Equation
        μ = (1/m) Σ x,  σ² = (1/m) Σ (x − μ)²
    Args
        x: (batch, channels, ...)
    Returns
        mean and variance, (channels,) each
    Raises
        ValueError: if `x` has fewer than two axes
    Source
        Ioffe & Szegedy 2015, Algorithm 1.
    Chapter
        modern_cnn/normalization
    """
    if x.ndim < 2:
        raise ValueError(f"x must have shape (batch, channels, ...), got {x.shape}")
    axes = (0, *range(2, x.ndim))
    return jnp.mean(x, axis=axes), jnp.var(x, axis=axes)


def batch_norm(
    x: Float[Array, "batch channels ..."],
    mean: Float[Array, "..."],
    var: Float[Array, "..."],
    scale: Float[Array, "..."] | None = None,
    shift: Float[Array, "..."] | None = None,
    eps: float = 1e-5,
) -> Float[Array, "batch channels ..."]:
    """Normalize each channel with given statistics: the batch's in training, running ones later.

    Equation
        y = γ (x − μ) / sqrt(σ² + ε) + β
    Args
        x: (batch, channels, ...)
        mean: μ, (channels,)
        var: σ², (channels,)
        scale: γ, (channels,); None for 1
        shift: β, (channels,); None for 0
        eps: ε
    Returns
        same shape as `x`
    Raises
        ValueError: if a statistic or parameter is not of shape (channels,)
    Source
        Ioffe & Szegedy 2015, Algorithm 1.
    Chapter
        modern_cnn/normalization
    """
    channels = x.shape[1]
    for name, array in (("mean", mean), ("var", var), ("scale", scale), ("shift", shift)):
        if array is not None and array.shape != (channels,):
            raise ValueError(
                f"{name} has shape {array.shape} but x of shape {x.shape} has {channels} channels"
            )

    def along_channels(array: Float[Array, "channels"]) -> Float[Array, "..."]:
        return array.reshape((1, channels) + (1,) * (x.ndim - 2))

    factor = jax.lax.rsqrt(var + eps)
    if scale is not None:
        factor = scale * factor
    y = (x - along_channels(mean)) * along_channels(factor)
    return y if shift is None else y + along_channels(shift)
