"""Small modules that the tests of the core share."""

import jax
import jax.numpy as jnp
from jax import Array

from dl_lib.core import Module, buffer, decays, static


class Affine(Module):
    """y = xW + b."""

    weight: Array = decays()
    bias: Array
    torch_transposed = ("weight",)

    def __init__(self, inputs, outputs, *, key):
        self.weight = jax.random.normal(key, (inputs, outputs)) / inputs**0.5
        self.bias = jnp.zeros(outputs)

    def __call__(self, x, ctx=None):
        return x @ self.weight + self.bias


class Drop(Module):
    """Dropout, rate given at construction."""

    rate: float = static()

    def __call__(self, x, ctx=None):
        if ctx is None or not ctx.training:
            return x
        keep = jax.random.bernoulli(ctx.key(), 1 - self.rate, x.shape)
        return jnp.where(keep, x / (1 - self.rate), 0.0)


class Center(Module):
    """Subtract the batch mean while training, its running average otherwise."""

    running_mean: Array = buffer()

    def __init__(self, features):
        self.running_mean = jnp.zeros(features)

    def __call__(self, x, ctx=None):
        if ctx is None or not ctx.training:
            return x - self.running_mean
        mean = x.mean(0)
        ctx.record(self, running_mean=0.9 * ctx.latest(self).running_mean + 0.1 * mean)
        return x - mean


class Net(Module):
    """Two affine layers around a centering and a dropout."""

    layers: list[Module]
    drop: Drop

    def __init__(self, rate=0.5, *, key):
        first, second = jax.random.split(key)
        self.layers = [Affine(3, 4, key=first), Center(4), Affine(4, 2, key=second)]
        self.drop = Drop(rate)

    def __call__(self, x, ctx=None):
        for layer in self.layers:
            x = layer(x, ctx)
        return self.drop(x, ctx)
