"""Centering and scaling of activations."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import in_float32, through_float32
from dl_lib.validation import require_axes, require_positive

__all__ = [
    "batch_norm",
    "batch_statistics",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "rms_norm",
]


@in_float32
def batch_statistics(
    x: Float[Array, "..."], axis_name: str | None = None
) -> tuple[Float[Array, "channels"], Float[Array, "channels"]]:
    """Mean and biased variance of each channel over the batch and all positions.

    Equation
        μ = (1/m) Σ x,  σ² = (1/m) Σ (x − μ)²
    Args
        x: (batch, channels, ...)
        axis_name: the mapped axis (of vmap or shard_map) over whose equal parts of the batch the
            statistics are taken together; None for this part alone
    Returns
        mean and variance, (channels,) each, in float32 where `x` has 16 bits
    Raises
        ValueError: if `x` has fewer than two axes, or no entries
    Source
        Ioffe & Szegedy 2015, Algorithm 1.
    Chapter
        modern_cnn/normalization
    """
    require_axes("x", x, "batch, channels, ...")
    require_positive("the number of entries in a mean", x.size)
    axes = (0, *range(2, x.ndim))
    if axis_name is None:
        return jnp.mean(x, axis=axes), jnp.var(x, axis=axes)
    mean = jax.lax.pmean(jnp.mean(x, axis=axes), axis_name)
    # The mean of the parts' variances would miss how far the parts are from each other.
    deviation = x - mean.reshape((-1,) + (1,) * (x.ndim - 2))
    return mean, jax.lax.pmean(jnp.mean(deviation**2, axis=axes), axis_name)


@through_float32
def batch_norm(
    x: Float[Array, "..."],
    mean: Float[Array, "..."],
    var: Float[Array, "..."],
    scale: Float[Array, "..."] | None = None,
    shift: Float[Array, "..."] | None = None,
    eps: float = 1e-5,
) -> Float[Array, "..."]:
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
        ValueError: if x has no channels, or a statistic or parameter is not of shape (channels,)
    Source
        Ioffe & Szegedy 2015, Algorithm 1.
    Chapter
        modern_cnn/normalization
    """
    require_axes("x", x, "batch, channels, ...")
    _require_shapes(x, x.shape[1:2], mean=mean, var=var, scale=scale, shift=shift)
    factor = jax.lax.rsqrt(var + eps)
    if scale is not None:
        factor = scale * factor
    y = (x - _along_channels(mean, x)) * _along_channels(factor, x)
    return y if shift is None else y + _along_channels(shift, x)


@through_float32
def layer_norm(
    x: Float[Array, "..."],
    scale: Float[Array, "..."] | None = None,
    shift: Float[Array, "..."] | None = None,
    eps: float = 1e-5,
    axes: int = 1,
) -> Float[Array, "..."]:
    """Normalize the features of each example, or of each token, for itself.

    Equation
        yᵢ = γᵢ (xᵢ − μ) / sqrt(σ² + ε) + βᵢ,  μ and σ² over the last axes
    Args
        x: any shape
        scale: γ, of the shape of the normalized axes; None for 1
        shift: β, of the shape of the normalized axes; None for 0
        eps: ε; where σ² is not far above it, LN(ax) = LN(x) for a > 0 no longer holds
        axes: how many of the last axes are normalized together
    Returns
        same shape as `x`
    Raises
        ValueError: if `x` has fewer axes, or scale or shift another shape than the normalized axes
    Source
        Ba, Kiros & Hinton 2016.
    Chapter
        modern_cnn/normalization
    """
    if not 1 <= axes <= x.ndim:
        raise ValueError(f"axes must be from 1 to {x.ndim} for x of shape {x.shape}, got {axes}")
    _require_shapes(x, x.shape[x.ndim - axes :], scale=scale, shift=shift)
    return _affine(_standardize(x, tuple(range(-axes, 0)), eps), scale, shift)


@through_float32
def rms_norm(
    x: Float[Array, "..."], scale: Float[Array, "..."] | None = None, eps: float = 1e-6
) -> Float[Array, "..."]:
    """Divide the features by their root mean square, without centering.

    Equation
        yᵢ = γᵢ xᵢ / sqrt((1/d) Σⱼ xⱼ² + ε)
    Args
        x: (..., d)
        scale: γ, (d,); None for 1
        eps: ε
    Returns
        same shape as `x`
    Raises
        ValueError: if the scale is not of shape (d,)
    Source
        Zhang & Sennrich 2019.
    Chapter
        modern_cnn/normalization
    """
    require_axes("x", x, "..., width")
    _require_shapes(x, x.shape[-1:], scale=scale)
    y = x * jax.lax.rsqrt(jnp.mean(x**2, axis=-1, keepdims=True) + eps)
    return _affine(y, scale, None)


def instance_norm(
    x: Float[Array, "..."],
    scale: Float[Array, "..."] | None = None,
    shift: Float[Array, "..."] | None = None,
    eps: float = 1e-5,
) -> Float[Array, "..."]:
    """Normalize each channel of each example over its positions.

    Equation
        y[n, c] = γ_c (x[n, c] − μ[n, c]) / sqrt(σ²[n, c] + ε) + β_c
    Args
        x: (batch, channels, ...) with one to three axes of positions
        scale: γ, (channels,); None for 1
        shift: β, (channels,); None for 0
        eps: ε
    Returns
        same shape as `x`
    Raises
        ValueError: if there are fewer than two positions, or scale or shift is not (channels,)
    Source
        Ulyanov, Vedaldi & Lempitsky 2016.
    Chapter
        modern_cnn/normalization
    """
    require_axes("x", x, "batch, channels, ...")
    channels = x.shape[1]
    if x.size < 2 * x.shape[0] * channels:
        raise ValueError(f"instance norm needs two positions a channel, got x of shape {x.shape}")
    return group_norm(x, channels, scale, shift, eps)


@through_float32
def group_norm(
    x: Float[Array, "..."],
    groups: int,
    scale: Float[Array, "..."] | None = None,
    shift: Float[Array, "..."] | None = None,
    eps: float = 1e-5,
) -> Float[Array, "..."]:
    """Normalize groups of channels of each example over channels and positions.

    One group is layer normalization over all but the batch, a group a channel is instance
    normalization; only γ and β stay those of the channels.

    Equation
        y[n, c] = γ_c (x[n, c] − μ[n, g]) / sqrt(σ²[n, g] + ε) + β_c,  c in group g
    Args
        x: (batch, channels, ...)
        groups: how many groups of neighboring channels
        scale: γ, (channels,); None for 1
        shift: β, (channels,); None for 0
        eps: ε
    Returns
        same shape as `x`
    Raises
        ValueError: if the groups do not divide the channels, or scale or shift is not (channels,)
    Source
        Wu & He 2018.
    Chapter
        modern_cnn/normalization
    """
    require_axes("x", x, "batch, channels, ...")
    channels = x.shape[1]
    if groups < 1 or channels % groups:
        raise ValueError(f"groups must divide the {channels} channels of x, got {groups}")
    _require_shapes(x, (channels,), scale=scale, shift=shift)
    # (batch, groups, channels of a group, positions)
    grouped = x.reshape(x.shape[0], groups, channels // groups, math.prod(x.shape[2:]))
    y = _standardize(grouped, (-2, -1), eps).reshape(x.shape)
    per_channel = (None if a is None else _along_channels(a, x) for a in (scale, shift))
    return _affine(y, *per_channel)


def _standardize(x: Float[Array, "..."], axes: tuple[int, ...], eps: float) -> Float[Array, "..."]:
    centered = x - jnp.mean(x, axis=axes, keepdims=True)
    var = jnp.mean(centered**2, axis=axes, keepdims=True)  # biased, as in every normalization
    return centered * jax.lax.rsqrt(var + eps)


def _affine(
    x: Float[Array, "..."],
    scale: Float[Array, "..."] | None,
    shift: Float[Array, "..."] | None,
) -> Float[Array, "..."]:
    x = x if scale is None else x * scale
    return x if shift is None else x + shift


def _along_channels(array: Float[Array, "channels"], x: Float[Array, "..."]):
    return array.reshape((-1,) + (1,) * (x.ndim - 2))


def _require_shapes(x: Float[Array, "..."], expected: tuple[int, ...], **arrays) -> None:
    for name, array in arrays.items():
        if array is not None and array.shape != expected:
            raise ValueError(
                f"{name} has shape {array.shape}, expected {expected} for x of shape {x.shape}"
            )
