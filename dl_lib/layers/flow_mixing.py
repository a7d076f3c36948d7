"""Layers of a normalizing flow that mix the features: linear, by halves, and one by one."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from dl_lib.core import buffer, static
from dl_lib.functional.numerics import widened
from dl_lib.initializers import zeros
from dl_lib.layers.flows import FlowLayer
from dl_lib.layers.linear import Linear
from dl_lib.layers.sequential import Sequential
from dl_lib.validation import whole_number

__all__ = ["AffineCoupling", "InvertibleLinear", "MaskedAutoregressive"]


class InvertibleLinear(FlowLayer):
    """Put features in another order, and mix them by two triangles, which are easy to undo.

    It starts as the order alone. The order decides the sign of the determinant for good.

    Equation
        z = x_π L U,  log |det| = Σᵢ cᵢ;  L has ones, U has exp(c) on its diagonal
    Args
        features: size of the last axis
        key: random key for the order π
    Returns
        a layer that keeps the shape of its input, (..., features)
    Raises
        ValueError: if the last axis of an input is not `features`
    Source
        Kingma & Dhariwal 2018, section 3.2.
    Chapter
        generative/normalizing_flows
    """

    below: Float[Array, "features features"]
    above: Float[Array, "features features"]
    log_diagonal: Float[Array, "features"]
    order: Int[Array, "features"] = buffer()

    def __init__(self, features: int, *, key: Key[Array, ""]):
        self.below, self.above = jnp.zeros((features, features)), jnp.zeros((features, features))
        self.log_diagonal = jnp.zeros(features)
        self.order = jax.random.permutation(key, features)

    def forward_and_log_det(self, x: Float[Array, "... features"]):
        self._require(x, self.order.size)
        lower, upper = self._triangles()
        z = x[..., self.order] @ lower @ upper
        return z, jnp.broadcast_to(jnp.sum(widened(self.log_diagonal)), x.shape[:-1])

    def inverse(self, z: Float[Array, "... features"]) -> Float[Array, "... features"]:
        self._require(z, self.order.size)
        lower, upper = self._triangles()
        columns = jnp.moveaxis(z, -1, 0).reshape(self.order.size, -1)
        half = jax.scipy.linalg.solve_triangular(upper, columns, trans=1)
        ordered = jax.scipy.linalg.solve_triangular(lower, half, trans=1, lower=True)
        ordered = jnp.moveaxis(ordered.reshape(self.order.size, *z.shape[:-1]), 0, -1)
        return ordered[..., jnp.argsort(self.order)]

    def _triangles(self) -> tuple[Array, Array]:
        ones = jnp.eye(self.order.size, dtype=self.below.dtype)
        lower = jnp.tril(self.below, -1) + ones
        return lower, jnp.triu(self.above, 1) + ones * jnp.exp(self.log_diagonal)


class AffineCoupling(FlowLayer):
    """Leave one half of the features, and move and scale the other by what a network makes of it.

    The network, of two hidden layers with tanh, is never undone, so it may be any function. It
    starts at zero, so that the layer starts as the identity.

    Equation
        s, t = network(x₁),  s ← b tanh(s / b)
        z₁ = x₁,  z₂ = x₂ exp(s) + t,  log |det| = Σᵢ sᵢ
    Args
        features: size of the last axis, at least 2; x₁ is the first half, rounded down
        hidden: units of each hidden layer
        key: random key for the weights
        turned: whether x₁ is the last half
        bound: b, so that no number is scaled by more than exp(b)
    Returns
        a layer that keeps the shape of its input, (..., features)
    Raises
        ValueError: if there is one feature only, or the last axis of an input is not `features`
    Source
        Dinh, Sohl-Dickstein & Bengio 2017.
    Chapter
        generative/normalizing_flows
    """

    network: Sequential
    features: int = static()
    turned: bool = static()
    bound: float = static()

    def __init__(
        self,
        features: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        turned: bool = False,
        bound: float = 2.0,
    ):
        self.features, self.turned = whole_number("features", features, 2), turned
        self.bound = float(bound)
        kept, keys = features // 2, jax.random.split(key, 3)
        self.network = Sequential(
            Linear(kept, hidden, key=keys[0]),
            jnp.tanh,
            Linear(hidden, hidden, key=keys[1]),
            jnp.tanh,
            Linear(hidden, 2 * (features - kept), key=keys[2], initializer=zeros),
        )

    def forward_and_log_det(self, x: Float[Array, "... features"]):
        kept, moved = self._halves(x)
        scale, shift = self._scale_and_shift(kept)
        z = self._whole(kept, moved * jnp.exp(scale) + shift)
        return z, jnp.sum(widened(scale), axis=-1)

    def inverse(self, z: Float[Array, "... features"]) -> Float[Array, "... features"]:
        kept, moved = self._halves(z)
        scale, shift = self._scale_and_shift(kept)
        return self._whole(kept, (moved - shift) * jnp.exp(-scale))

    def _scale_and_shift(self, kept: Array) -> tuple[Array, Array]:
        return _bounded(self.network(kept), self.bound)

    def _halves(self, x: Array) -> tuple[Array, Array]:
        self._require(x, self.features)
        x = x[..., ::-1] if self.turned else x
        return x[..., : self.features // 2], x[..., self.features // 2 :]

    def _whole(self, kept: Array, moved: Array) -> Array:
        x = jnp.concatenate([kept, moved], axis=-1)
        return x[..., ::-1] if self.turned else x


class MaskedAutoregressive(FlowLayer):
    """Move and scale each feature by what a network makes of those before it.

    The density takes one pass of the network; a sample takes one for each feature. Weights are
    masked, so that what belongs to feature i sees features 1 to i − 1 only.

    Equation
        sᵢ, tᵢ = networkᵢ(x₁, …, xᵢ₋₁),  sᵢ ← b tanh(sᵢ / b)
        zᵢ = xᵢ exp(sᵢ) + tᵢ,  log |det| = Σᵢ sᵢ
    Args
        features: size of the last axis, at least 2
        hidden: units of each of the two hidden layers, at least `features` − 1
        key: random key for the weights
        bound: b, so that no number is scaled by more than exp(b)
    Returns
        a layer that keeps the shape of its input, (..., features)
    Raises
        ValueError: if a size is too small, or the last axis of an input is not `features`
    Source
        Papamakarios, Pavlakou & Murray 2017; Germain et al. 2015 for the masks. Differs: z is
        scaled by exp(s), as in a coupling.
    Chapter
        generative/normalizing_flows
    """

    first: Linear
    second: Linear
    last: Linear
    features: int = static()
    bound: float = static()

    def __init__(self, features: int, hidden: int, *, key: Key[Array, ""], bound: float = 2.0):
        self.features, self.bound = whole_number("features", features, 2), float(bound)
        hidden, keys = whole_number("hidden", hidden, features - 1), jax.random.split(key, 3)
        self.first = Linear(features, hidden, key=keys[0])
        self.second = Linear(hidden, hidden, key=keys[1])
        self.last = Linear(hidden, 2 * features, key=keys[2], initializer=zeros)

    def forward_and_log_det(self, x: Float[Array, "... features"]):
        self._require(x, self.features)
        scale, shift = self._scale_and_shift(x)
        return x * jnp.exp(scale) + shift, jnp.sum(widened(scale), axis=-1)

    def inverse(self, z: Float[Array, "... features"]) -> Float[Array, "... features"]:
        self._require(z, self.features)

        def once(_, x):  # one more feature is right each time
            scale, shift = self._scale_and_shift(x)
            return ((z - shift) * jnp.exp(-scale)).astype(z.dtype)

        return jax.lax.fori_loop(0, self.features, once, jnp.zeros_like(z))

    def _scale_and_shift(self, x: Array) -> tuple[Array, Array]:
        inputs = jnp.arange(self.features)
        units = jnp.arange(self.first.bias.size) % (self.features - 1)  # the last it may see
        hidden = jnp.tanh(_masked(self.first, inputs[:, None] <= units)(x))
        hidden = jnp.tanh(_masked(self.second, units[:, None] <= units)(hidden))
        outputs = jnp.tile(inputs, 2)
        return _bounded(_masked(self.last, units[:, None] < outputs)(hidden), self.bound)


def _bounded(said: Array, bound: float) -> tuple[Array, Array]:
    """The logarithm of a scale, between −b and b, and a shift."""
    scale, shift = jnp.split(said, 2, axis=-1)
    return bound * jnp.tanh(scale / bound), shift


def _masked(layer: Linear, mask: Bool[Array, "in out"]) -> Linear:
    return layer.replace(weight=layer.weight * mask.astype(layer.weight.dtype))
