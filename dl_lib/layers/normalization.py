"""Normalization layers."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.core import Context, Module, buffer, static
from dl_lib.functional import (
    batch_norm,
    batch_statistics,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from dl_lib.validation import require_axes

__all__ = ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"]


class BatchNorm(Module):
    """Normalize every channel by the statistics of the batch, or by their running averages.

    Equation
        training:   y = γ (x − μ_B) / sqrt(σ²_B + ε) + β,  μ ← (1 − m) μ + m μ_B,
                    σ² ← (1 − m) σ² + m σ²_B n/(n − 1)
        inference:  y = γ (x − μ) / sqrt(σ² + ε) + β
    Args
        channels: size of axis 1 of the input
        momentum: m, the weight of the new batch
        eps: ε, guards the division
        affine: whether γ and β are learned; otherwise they are 1 and 0
        axis_name: the mapped axis of devices over which the statistics are taken together; None
            for the statistics of each device alone
    Returns
        a layer that keeps the shape of its input, (batch, channels) or with one to three axes more
    Raises
        ValueError: if axis 1 is not `channels`, or a training batch has one value a channel
    Source
        Ioffe & Szegedy 2015. Differs: unbiased running variance, as PyTorch.
    Chapter
        modern_cnn/normalization
    """

    weight: Float[Array, "channels"] | None
    bias: Float[Array, "channels"] | None
    running_mean: Float[Array, "channels"] = buffer()
    running_var: Float[Array, "channels"] = buffer()
    momentum: float = static()
    eps: float = static()
    axis_name: str | None = static()

    def __init__(
        self,
        channels: int,
        momentum: float = 0.1,
        eps: float = 1e-5,
        affine: bool = True,
        axis_name: str | None = None,
    ):
        self.weight, self.bias = _scale_and_shift(channels, affine)
        self.running_mean, self.running_var = jnp.zeros(channels), jnp.ones(channels)
        self.momentum, self.eps, self.axis_name = momentum, eps, axis_name

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        mean, var = self.running_mean, self.running_var
        if ctx is not None and ctx.training:
            mean, var = self._statistics(x, ctx)
        return batch_norm(x, mean, var, self.weight, self.bias, self.eps)

    def _statistics(self, x, ctx):
        devices = 1 if self.axis_name is None else jax.lax.psum(1, self.axis_name)
        n = x.size // x.shape[1] * devices
        if n < 2:
            raise ValueError(f"batch norm needs two values a channel to train, got {x.shape}")
        mean, var = batch_statistics(x, self.axis_name)
        old, m = ctx.latest(self), self.momentum
        ctx.record(
            self,
            running_mean=(1 - m) * old.running_mean + m * mean,
            running_var=(1 - m) * old.running_var + m * var * n / (n - 1),
        )
        return mean, var


class LayerNorm(Module):
    """Normalize the features of each example, or of each token, for itself.

    Equation
        y = γ ⊙ (x − μ) / sqrt(σ² + ε) + β,  μ and σ² over the last axes
    Args
        shape: size of the last axis, or sizes of the last axes, that are normalized together
        eps: ε
        affine: whether γ and β are learned; otherwise they are 1 and 0
    Returns
        a layer that keeps the shape of its input, (..., *shape)
    Raises
        ValueError: if the last axes of an input are not of this shape
    Source
        Ba, Kiros & Hinton 2016.
    Chapter
        modern_cnn/normalization
    """

    weight: Float[Array, "..."] | None
    bias: Float[Array, "..."] | None
    shape: tuple[int, ...] = static()
    eps: float = static()

    def __init__(self, shape: int | tuple[int, ...], eps: float = 1e-5, affine: bool = True):
        self.shape = (shape,) if isinstance(shape, int) else shape
        self.weight, self.bias = _scale_and_shift(self.shape, affine)
        self.eps = eps

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        if x.shape[-len(self.shape) :] != self.shape:
            raise ValueError(f"the last axes of x must be {self.shape}, got shape {x.shape}")
        return layer_norm(x, self.weight, self.bias, self.eps, len(self.shape))


class RMSNorm(Module):
    """Divide the features by their root mean square, without centering.

    Equation
        y = γ ⊙ x / sqrt(mean(x²) + ε)
    Args
        features: size of the last axis of the input
        eps: ε
    Returns
        a layer that keeps the shape of its input, (..., features)
    Raises
        ValueError: if the last axis of an input is not `features`
    Source
        Zhang & Sennrich 2019.
    Chapter
        modern_cnn/normalization
    """

    weight: Float[Array, "features"]
    eps: float = static()

    def __init__(self, features: int, eps: float = 1e-6):
        self.weight, self.eps = jnp.ones(features), eps

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return rms_norm(x, self.weight, self.eps)


class InstanceNorm(Module):
    """Normalize each channel of each example over its positions, while training and after.

    Equation
        y[n, c] = γ_c (x[n, c] − μ[n, c]) / sqrt(σ²[n, c] + ε) + β_c
    Args
        channels: size of axis 1 of the input
        eps: ε
        affine: whether γ and β are learned; otherwise they are 1 and 0
    Returns
        a layer that keeps the shape of its input, (batch, channels, ...)
    Raises
        ValueError: if axis 1 is not `channels`, or there are fewer than two positions
    Source
        Ulyanov, Vedaldi & Lempitsky 2016.
    Chapter
        modern_cnn/normalization
    """

    weight: Float[Array, "channels"] | None
    bias: Float[Array, "channels"] | None
    channels: int = static()
    eps: float = static()

    def __init__(self, channels: int, eps: float = 1e-5, affine: bool = False):
        self.weight, self.bias = _scale_and_shift(channels, affine)
        self.channels, self.eps = channels, eps

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        require_axes("x", x, "batch, channels, ...")
        if x.shape[1] != self.channels:
            raise ValueError(f"axis 1 of x must be {self.channels}, got shape {x.shape}")
        return instance_norm(x, self.weight, self.bias, self.eps)


class GroupNorm(Module):
    """Normalize groups of channels of each example over channels and positions.

    Equation
        y[n, c] = γ_c (x[n, c] − μ[n, g]) / sqrt(σ²[n, g] + ε) + β_c,  c in group g
    Args
        groups: how many groups of neighboring channels
        channels: size of axis 1 of the input
        eps: ε
        affine: whether γ and β are learned; otherwise they are 1 and 0
    Returns
        a layer that keeps the shape of its input, (batch, channels, ...)
    Raises
        ValueError: if the groups do not divide the channels, or axis 1 is not `channels`
    Source
        Wu & He 2018.
    Chapter
        modern_cnn/normalization
    """

    weight: Float[Array, "channels"] | None
    bias: Float[Array, "channels"] | None
    groups: int = static()
    eps: float = static()

    def __init__(self, groups: int, channels: int, eps: float = 1e-5, affine: bool = True):
        if groups < 1 or channels % groups:
            raise ValueError(f"groups must divide the {channels} channels, got {groups}")
        self.weight, self.bias = _scale_and_shift(channels, affine)
        self.groups, self.eps = groups, eps

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return group_norm(x, self.groups, self.weight, self.bias, self.eps)


def _scale_and_shift(shape, affine):
    return (jnp.ones(shape), jnp.zeros(shape)) if affine else (None, None)
