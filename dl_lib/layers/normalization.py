"""Normalization layers."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.core import Context, Module, buffer, static
from dl_lib.functional import batch_norm, batch_statistics

__all__ = ["BatchNorm"]


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
    Returns
        a layer that keeps the shape of its input, (batch, channels, ...)
    Raises
        ValueError: if axis 1 is not `channels`, or a training batch has one value a channel
    Source
        Ioffe & Szegedy 2015. Differs: unbiased running variance, as PyTorch.
    Chapter
        modern_cnn/normalization
    """

    weight: Float[Array, "channels"]
    bias: Float[Array, "channels"]
    running_mean: Float[Array, "channels"] = buffer()
    running_var: Float[Array, "channels"] = buffer()
    momentum: float = static()
    eps: float = static()

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5):
        self.weight, self.bias = jnp.ones(channels), jnp.zeros(channels)
        self.running_mean, self.running_var = jnp.zeros(channels), jnp.ones(channels)
        self.momentum, self.eps = momentum, eps

    def __call__(self, x: Float[Array, "batch channels ..."], ctx: Context | None = None):
        mean, var = self.running_mean, self.running_var
        if ctx is not None and ctx.training:
            mean, var = self._statistics(x, ctx)
        return batch_norm(x, mean, var, self.weight, self.bias, self.eps)

    def _statistics(self, x, ctx):
        n = x.size // x.shape[1]
        if n < 2:
            raise ValueError(f"batch norm needs two values a channel to train, got {x.shape}")
        mean, var = batch_statistics(x)
        old, m = ctx.latest(self), self.momentum
        ctx.record(
            self,
            running_mean=(1 - m) * old.running_mean + m * mean,
            running_var=(1 - m) * old.running_var + m * var * n / (n - 1),
        )
        return mean, var
