"""Layers that can be undone and know how they stretch volume, and the density made of them."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from dl_lib.core import Context, Module
from dl_lib.functional import normal_log_density
from dl_lib.functional.numerics import widened

__all__ = ["ActNorm", "FlowLayer", "NormalizingFlow"]


class FlowLayer(Module):
    """What layers of a normalizing flow have in common; one of your own defines the two methods.

    Equation
        z = f(x),  log |det ∂z/∂x|;  x = f⁻¹(z)
    Returns
        a layer that maps (..., features) to the same shape
    Source
        Rezende & Mohamed 2015.
    Chapter
        generative/normalizing_flows
    """

    def forward_and_log_det(
        self, x: Float[Array, "... features"]
    ) -> tuple[Float[Array, "... features"], Float[Array, "..."]]:
        """From data to noise, and the logarithm of the factor by which volume grows."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward_and_log_det")

    def inverse(self, z: Float[Array, "... features"]) -> Float[Array, "... features"]:
        """From noise to data."""
        raise NotImplementedError(f"{type(self).__name__} defines no inverse")

    def fitted(self, x: Float[Array, "batch features"]) -> Module:
        """The layer as it starts with these data; the same one if it has no use for them."""
        return self

    def __call__(self, x: Float[Array, "... features"], ctx: Context | None = None):
        return self.forward_and_log_det(x)[0]

    @staticmethod
    def _require(x: Array, features: int) -> None:
        if x.shape[-1:] != (features,):
            raise ValueError(f"the last axis of x must be {features}, got shape {x.shape}")


class ActNorm(FlowLayer):
    """Move and scale each feature; `fitted` starts it with mean 0 and deviation 1.

    Equation
        z = (x − μ) exp(−c),  log |det| = −Σᵢ cᵢ
    Args
        features: size of the last axis
    Returns
        a layer that keeps the shape of its input, (..., features)
    Raises
        ValueError: if the last axis of an input is not `features`
    Source
        Kingma & Dhariwal 2018, section 3.1.
    Chapter
        generative/normalizing_flows
    """

    loc: Float[Array, "features"]
    log_scale: Float[Array, "features"]

    def __init__(self, features: int):
        self.loc, self.log_scale = jnp.zeros(features), jnp.zeros(features)

    def forward_and_log_det(self, x: Float[Array, "... features"]):
        self._require(x, self.loc.size)
        z = (x - self.loc) * jnp.exp(-self.log_scale)
        return z, jnp.broadcast_to(-jnp.sum(widened(self.log_scale)), x.shape[:-1])

    def inverse(self, z: Float[Array, "... features"]) -> Float[Array, "... features"]:
        self._require(z, self.loc.size)
        return z * jnp.exp(self.log_scale) + self.loc

    def fitted(self, x: Float[Array, "batch features"]) -> Module:
        x = widened(x)
        deviation = jnp.std(x, axis=0) + 1e-6  # a feature that is the same in all has none
        return self.replace(loc=jnp.mean(x, axis=0), log_scale=jnp.log(deviation))


class NormalizingFlow(FlowLayer):
    """Layers that make noise of data one after the other, and so a density of the data.

    Equation
        log p(x) = log N(f(x); 0, I) + Σₖ log |det ∂fₖ|,  f = fₖ ∘ … ∘ f₁
    Args
        layers: of a flow
    Returns
        a layer of a flow, with `log_prob` and `sample`
    Source
        Rezende & Mohamed 2015, equation 7. Differs: our forward goes from data to noise.
    Chapter
        generative/normalizing_flows
    """

    layers: tuple[FlowLayer, ...]

    def __init__(self, *layers: FlowLayer):
        self.layers = layers

    def forward_and_log_det(self, x: Float[Array, "... features"]):
        total = jnp.zeros(x.shape[:-1], jnp.promote_types(x.dtype, jnp.float32))
        for layer in self.layers:
            x, log_det = layer.forward_and_log_det(x)
            total = total + log_det
        return x, total

    def inverse(self, z: Float[Array, "... features"]) -> Float[Array, "... features"]:
        for layer in reversed(self.layers):
            z = layer.inverse(z)
        return z

    def fitted(self, x: Float[Array, "batch features"]) -> Module:
        layers = []
        for layer in self.layers:
            layers.append(layer.fitted(x))
            x = layers[-1](x)
        return self.replace(layers=tuple(layers))

    def log_prob(self, x: Float[Array, "... features"]) -> Float[Array, "..."]:
        """Logarithm of the density at each point."""
        z, log_det = self.forward_and_log_det(x)
        return jnp.sum(normal_log_density(widened(z)), axis=-1) + log_det

    def sample(self, key: PRNGKeyArray, shape: Sequence[int]) -> Float[Array, "..."]:
        """Points of the law, in the shape (..., features)."""
        return self.inverse(jax.random.normal(key, tuple(shape)))
