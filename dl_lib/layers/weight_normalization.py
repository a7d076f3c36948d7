"""Layers around a layer that keep its weight in shape."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, buffer, static
from dl_lib.functional import power_iteration, spectral_norm, weight_norm
from dl_lib.layers.linear import Linear

__all__ = ["SpectralNorm", "WeightNorm"]


class WeightNorm(Module):
    """A layer whose weight has direction and length as separate parameters.

    Equation
        W_o = g_o v_o / ‖v_o‖, for every output unit o;  v is the weight of the layer inside
    Args
        layer: a layer with a `weight`, which starts with the same values
    Returns
        a layer that is called as the one inside
    Raises
        TypeError: if the layer has no weight
    Source
        Salimans & Kingma 2016.
    Chapter
        modern_cnn/normalization
    """

    layer: Module
    length: Float[Array, "outputs"]

    def __init__(self, layer: Module):
        v = _outputs_first(layer)
        self.layer = layer
        self.length = jnp.linalg.norm(v.reshape(v.shape[0], -1), axis=1)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        weight = weight_norm(self.layer.weight, self.length, _output_axis(self.layer))
        return self.layer.replace(weight=weight)(x, ctx)


class SpectralNorm(Module):
    """A layer whose weight is divided by its largest singular value.

    The singular vectors are kept from call to call, and brought nearer at each call in training.

    Equation
        Ŵ = W / uᵀWv;  in training first v ← Wᵀu / ‖Wᵀu‖, u ← Wv / ‖Wv‖
    Args
        layer: a layer with a `weight`
        key: random key for the first u
        steps: power iterations at each training call
    Returns
        a layer that is called as the one inside
    Raises
        TypeError: if the layer has no weight
    Source
        Miyato et al. 2018.
    Chapter
        modern_cnn/normalization
    """

    layer: Module
    u: Float[Array, "outputs"] = buffer()
    v: Float[Array, "inputs"] = buffer()
    steps: int = static()

    def __init__(self, layer: Module, *, key: Key[Array, ""], steps: int = 1):
        W = _outputs_first(layer)
        W = W.reshape(W.shape[0], -1)
        start = jax.random.normal(key, W.shape[:1])
        # Fifteen steps bring a random start near enough that the first batches see σ ≈ 1.
        self.u, self.v = power_iteration(W, start, 15)
        self.layer, self.steps = layer, steps

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        weight, u, v = _outputs_first(self.layer), self.u, self.v
        if ctx is not None and ctx.training:
            latest = ctx.latest(self).u
            u, v = power_iteration(weight.reshape(weight.shape[0], -1), latest, self.steps)
            ctx.record(self, u=u, v=v)
        normalized = jnp.moveaxis(spectral_norm(weight, u, v), 0, _output_axis(self.layer))
        return self.layer.replace(weight=normalized)(x, ctx)


def _output_axis(layer):
    return 1 if isinstance(layer, Linear) else 0


def _outputs_first(layer):
    if getattr(layer, "weight", None) is None:
        raise TypeError(f"a layer with a weight is needed, got {layer!r}")
    return jnp.moveaxis(layer.weight, _output_axis(layer), 0)
