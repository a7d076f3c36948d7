"""Cells: one step of a recurrence with its parameters."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module, decays, static
from dl_lib.functional import gru_step, lstm_step, project_steps, recurrent_scan, rnn_step
from dl_lib.functional.sequences._lengths import without_rest
from dl_lib.initializers import xavier_uniform
from dl_lib.layers.sequential import as_layer
from dl_lib.validation import require_axes

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]

Pair = tuple[Float[Array, "batch hidden"], Float[Array, "batch hidden"]]


class _Cell(Module):
    """What the cells share: gates side by side in one weight, one step, and all steps."""

    weight: Float[Array, "in gates"] = decays()
    hidden_weight: Float[Array, "hidden gates"] = decays()
    bias: Float[Array, "gates"] | None

    def _draw(self, key, in_features, hidden, gates, bias):
        # Each gate is drawn as a matrix of its own: Xavier for the input, orthogonal for the state.
        keys = jax.random.split(key, 2 * gates)
        orthogonal = jax.nn.initializers.orthogonal()
        self.weight = jnp.concatenate(
            [xavier_uniform()(k, (in_features, hidden)) for k in keys[:gates]], axis=1
        )
        self.hidden_weight = jnp.concatenate(
            [orthogonal(k, (hidden, hidden)) for k in keys[gates:]], axis=1
        )
        self.bias = jnp.zeros(gates * hidden) if bias else None

    def initial(self, batch: int):
        """The state before the first step: zeros.

        Args
            batch: how many sequences
        Returns
            (batch, hidden)
        """
        return jnp.zeros((batch, self.hidden_weight.shape[0]), self.hidden_weight.dtype)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None, *, state=None):
        require_axes("x", x, "batch, in")
        state = self.initial(x.shape[0]) if state is None else state
        return self._step(project_steps(x[:, None], self.weight, self.bias)[0], state)

    def run(
        self,
        x: Float[Array, "..."],
        state=None,
        lengths: Int[Array, "batch"] | None = None,
        reverse: bool = False,
    ):
        """All steps, with one product for all inputs.

        Args
            x: (batch, time, in)
            state: before the first step; None for zeros
            lengths: number of valid entries of each sequence, (batch,)
            reverse: run backward in time
        Returns
            outputs (batch, time, hidden), 0 behind the end of a sequence, and the final state
        """
        state = self.initial(x.shape[0]) if state is None else state
        projected = project_steps(without_rest(x, lengths), self.weight, self.bias)
        return recurrent_scan(self._step, projected, state, lengths, reverse)


class RNNCell(_Cell):
    """A step of a plain recurrent network.

    Equation
        h_t = φ(x_t W_x + h_{t−1} W_h + b)
    Args
        in_features: size of the last axis of the input
        hidden: size of the state
        key: random key for the weights
        bias: whether there is a b; it starts at zero
        activation: φ, a function or a layer
    Returns
        a cell: `cell(x, state=h)` maps (batch, in) and (batch, hidden) to the next (batch, hidden);
        without a state it begins with zeros, and `cell.run(x)` runs it over (batch, time, in)
    Raises
        ValueError: if the shapes do not fit
    Source
        Elman 1990. Differs from PyTorch: one bias where it adds two.
    Chapter
        rnn/rnn
    """

    activation: Module

    def __init__(
        self,
        in_features: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        activation: Callable[[Array], Array] = jnp.tanh,
    ):
        self._draw(key, in_features, hidden, 1, bias)
        self.activation = as_layer(activation)

    def _step(self, projected, state):
        return rnn_step(projected, state, self.hidden_weight, self.activation)


class LSTMCell(_Cell):
    """A step of a long short-term memory.

    Equation
        i, f, o = σ(x_t W_x + h_{t−1} W_h + b),  c̃ = tanh(...),  each with weights of its own
        c_t = f ⊙ c_{t−1} + i ⊙ c̃,  h_t = o ⊙ tanh(c_t)
    Args
        in_features: size of the last axis of the input
        hidden: size of h and of c
        key: random key for the weights
        bias: whether there is a b; it starts at zero
        forget_bias: first value of the b of f; 1 lets the memory last at the beginning
    Returns
        a cell: `cell(x, state=(h, c))` gives the next (h, c); `cell.run(x)` runs it over
        (batch, time, in). The weights hold the gates in the order i, f, c̃, o
    Raises
        ValueError: if the shapes do not fit, or there is a forget bias without a bias
    Source
        Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000 for the forget gate.
        Differs from PyTorch: one bias where it adds two.
    Chapter
        rnn/lstm
    """

    def __init__(
        self,
        in_features: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        forget_bias: float = 0.0,
    ):
        self._draw(key, in_features, hidden, 4, bias)
        if forget_bias:
            if not bias:
                raise ValueError("forget_bias needs bias=True")
            self.bias = self.bias.at[hidden : 2 * hidden].set(forget_bias)

    def initial(self, batch: int) -> Pair:
        """The state before the first step: zeros.

        Args
            batch: how many sequences
        Returns
            h and c, (batch, hidden) each
        """
        h = super().initial(batch)
        return h, jnp.zeros_like(h)

    def _step(self, projected, state):
        return lstm_step(projected, state, self.hidden_weight)


class GRUCell(_Cell):
    """A step of a gated recurrent unit.

    Equation
        r, z = σ(x_t W_x + h_{t−1} W_h + b), each with weights of its own
        h̃ = tanh(x_t W_x + (r ⊙ h_{t−1}) W_h + b), or with the reset after the product
        h̃ = tanh(x_t W_x + b + r ⊙ (h_{t−1} W_h + b_h))
        h_t = z ⊙ h_{t−1} + (1 − z) ⊙ h̃
    Args
        in_features: size of the last axis of the input
        hidden: size of the state
        key: random key for the weights
        bias: whether there are b and b_h; they start at zero
        reset_after: whether the reset comes after the product, as in cuDNN, PyTorch and Flax
    Returns
        a cell: `cell(x, state=h)` gives the next h; `cell.run(x)` runs it over (batch, time, in).
        The weights hold the gates in the order r, z, h̃
    Raises
        ValueError: if the shapes do not fit
    Source
        Cho et al. 2014, equations 5 to 8. Differs from PyTorch: one bias for r and z.
    Chapter
        rnn/gru
    """

    candidate_bias: Float[Array, "hidden"] | None
    reset_after: bool = static()

    def __init__(
        self,
        in_features: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        reset_after: bool = False,
    ):
        self._draw(key, in_features, hidden, 3, bias)
        self.candidate_bias = jnp.zeros(hidden) if bias and reset_after else None
        self.reset_after = reset_after

    def _step(self, projected, state):
        return gru_step(projected, state, self.hidden_weight, self.reset_after, self.candidate_bias)
