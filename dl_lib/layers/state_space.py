"""State-space layers: one that is the same at all times, and one that selects."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, decays
from dl_lib.functional import (
    causal_convolution,
    diagonal_scan,
    discretize_diagonal,
    selective_scan,
    selective_step,
    softplus,
    swish,
)
from dl_lib.layers.linear import Linear
from dl_lib.validation import require_axes

__all__ = ["DiagonalStateSpace", "Mamba"]


class DiagonalStateSpace(Module):
    """A linear system for each channel, with a diagonal matrix (S4D), run as a convolution.

    Equation
        x' = A x + 1 u,  y = 2 Re(C x) + D u,  A = diag(−exp(α) + iω);  zero-order hold with step Δ
        K[l] = 2 Re Σₙ Cₙ fₙ āₙˡ,  y = K ∗ u + D u
    Args
        channels: size of the last axis of the input
        state: n, complex numbers a channel
        key: random key
        least: the steps start between this ...
        greatest: ... and this, uniform in their logarithm
    Returns
        a layer that keeps the shape of its input, (batch, time, channels);
        `layer.recurrent(x)` gives the same step by step
    Raises
        ValueError: if the channels of an input differ
    Source
        Gu, Gupta, Goel & Ré 2022 (S4D-Lin: α = log ½, ω = πn at the beginning).
    Chapter
        attention/state_space_models
    """

    log_step: Float[Array, "channels"]
    log_decay: Float[Array, "channels state"]
    frequency: Float[Array, "channels state"]
    output_weight: Float[Array, "channels state two"] = decays()
    skip: Float[Array, "channels"]

    def __init__(
        self,
        channels: int,
        state: int = 32,
        *,
        key: Key[Array, ""],
        least: float = 0.001,
        greatest: float = 0.1,
    ):
        first, second, third = jax.random.split(key, 3)
        low, high = jnp.log(least), jnp.log(greatest)
        self.log_step = jax.random.uniform(first, channels, minval=low, maxval=high)
        self.log_decay = jnp.full((channels, state), jnp.log(0.5))
        self.frequency = jnp.tile(jnp.pi * jnp.arange(state, dtype=float), (channels, 1))
        self.output_weight = jax.random.normal(second, (channels, state, 2)) * 0.5**0.5
        self.skip = jax.random.normal(third, channels)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        require_axes("x", x, "batch, time, channels")
        decay, weight = self._system()
        # āˡ as exp(l Δa): powers by repeated products would lose digits
        exponent = decay[..., None] * jnp.arange(x.shape[1])
        kernel = 2 * jnp.einsum("cn,cnl->cl", weight, jnp.exp(exponent)).real
        return causal_convolution(x, kernel) + self.skip * x

    def recurrent(self, x: Float[Array, "batch time channels"]):
        """The same, one step after another, as it would be generated.

        Args
            x: (batch, time, channels)
        Returns
            (batch, time, channels)
        """
        decay, weight = self._system()
        inputs = jnp.broadcast_to(x[..., None] + 0j, (*x.shape, decay.shape[1]))
        states = diagonal_scan(jnp.broadcast_to(jnp.exp(decay), inputs.shape), inputs)
        return 2 * jnp.einsum("btcn,cn->btc", states, weight).real + self.skip * x

    def _system(self):
        """Logarithm of ā, and C times the factor of the zero-order hold."""
        step = jnp.exp(self.log_step)[:, None]
        a = -jnp.exp(self.log_decay) + 1j * self.frequency
        factor = discretize_diagonal(a, step)[1]
        return step * a, (self.output_weight[..., 0] + 1j * self.output_weight[..., 1]) * factor


class Mamba(Module):
    """The block of Mamba: a selective state space between a short filter and a gate.

    Equation
        [u, z] = X W_in,  u = swish(filter(u)),  [r, B, C] = u W_x,  Δ = softplus(r W_Δ + b)
        Y = (selective_scan(u, Δ, A, B, C) + D u) ⊙ swish(z) W_out,  A = −exp(α)
    Args
        width: size of the last axis of the input
        key: random key for the weights
        state: numbers of state a channel
        expansion: channels inside for each outside
        taps: length of the filter
        rank: of the step, which comes from so many numbers; None for ⌈width / 16⌉
    Returns
        a layer that keeps the shape of its input, (batch, time, width), and goes on from a state
        of constant size: `y, state = layer.step(x, state)`, see `initial`
    Raises
        ValueError: if the width of an input differs
    Source
        Gu & Dao 2023, section 3.4. Δ, B and C depend on the input; A does not.
    Chapter
        attention/state_space_models
    """

    input_projection: Linear
    filter: Float[Array, "inner taps"] = decays()
    filter_bias: Float[Array, "inner"]
    selection: Linear
    step_projection: Linear
    log_decay: Float[Array, "inner state"]
    skip: Float[Array, "inner"]
    output_projection: Linear

    def __init__(
        self,
        width: int,
        *,
        key: Key[Array, ""],
        state: int = 16,
        expansion: int = 2,
        taps: int = 4,
        rank: int | None = None,
    ):
        inner, rank = expansion * width, rank or -(-width // 16)
        keys = jax.random.split(key, 6)
        self.input_projection = Linear(width, 2 * inner, key=keys[0], bias=False)
        limit = taps**-0.5
        self.filter = jax.random.uniform(keys[1], (inner, taps), minval=-limit, maxval=limit)
        self.filter_bias = jnp.zeros(inner)
        self.selection = Linear(inner, rank + 2 * state, key=keys[2], bias=False)
        # Steps start between 0.001 and 0.1: the bias is the inverse softplus of such a number.
        step = jnp.exp(jax.random.uniform(keys[3], inner, minval=-6.9, maxval=-2.3))
        projection = Linear(rank, inner, key=keys[4])
        self.step_projection = projection.replace(bias=step + jnp.log(-jnp.expm1(-step)))
        self.log_decay = jnp.tile(jnp.log(jnp.arange(1.0, state + 1)), (inner, 1))
        self.skip = jnp.ones(inner)
        self.output_projection = Linear(inner, width, key=keys[5], bias=False)

    def __call__(self, x: Float[Array, "batch time width"], ctx: Context | None = None):
        u, gate = jnp.split(self.input_projection(x), 2, axis=-1)
        u = swish(causal_convolution(u, self.filter) + self.filter_bias)
        y = selective_scan(u, *self._selection(u), self.skip)
        return self.output_projection(y * swish(gate))

    def initial(self, batch: int) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """The state before the first time, which never grows.

        Args
            batch: how many sequences
        Returns
            what the filter remembers, (batch, taps − 1, inner), and zeros, (batch, inner, state)
        """
        (inner, taps), dtype = self.filter.shape, self.filter.dtype
        remembered = jnp.zeros((batch, taps - 1, inner), dtype)
        return remembered, jnp.zeros((batch, *self.log_decay.shape), dtype)

    def step(
        self,
        x: Float[Array, "batch width"],
        state: tuple[Float[Array, "..."], Float[Array, "..."]],
    ) -> tuple[Float[Array, "batch width"], tuple[Float[Array, "..."], Float[Array, "..."]]]:
        """Go on by one time.

        Args
            x: the new input, (batch, width)
            state: of the times before
        Returns
            the row of `layer(all so far)` that is new, (batch, width), and the state after
        """
        remembered, h = state
        u, gate = jnp.split(self.input_projection(x), 2, axis=-1)
        window = jnp.concatenate([remembered, u[:, None]], axis=1)  # (batch, taps, inner)
        u = jnp.einsum("btc,ct->bc", window, self.filter[:, ::-1])  # the latest input comes last
        u = swish(u + self.filter_bias)
        y, h = selective_step(h, u, *self._selection(u), self.skip)
        return self.output_projection(y * swish(gate)), (window[:, 1:], h)

    def _selection(self, u):
        """What depends on the input, Δ, B and C, and A, which does not."""
        rank, state = self.step_projection.weight.shape[0], self.log_decay.shape[1]
        low_rank, b, c = jnp.split(self.selection(u), [rank, rank + state], axis=-1)
        return softplus(self.step_projection(low_rank)), -jnp.exp(self.log_decay), b, c
