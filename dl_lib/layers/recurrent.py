"""Recurrent layers: deep, in both directions, for sequences of different lengths."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module, static
from dl_lib.layers.dropout import drop_in_training
from dl_lib.layers.recurrent_cells import GRUCell, LSTMCell, RNNCell
from dl_lib.validation import require_drop_rate

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """Layers of cells, each of which reads the outputs of the one below."""

    cells: tuple[Module, ...]
    backward_cells: tuple[Module, ...]
    rate: float = static()

    def _stack(self, make, in_features, hidden, layers, bidirectional, rate, key):
        if layers < 1:
            raise ValueError(f"a recurrent layer needs one layer of cells or more, got {layers}")
        require_drop_rate(rate)
        directions = 2 if bidirectional else 1
        keys = jax.random.split(key, (directions, layers))
        # From the second layer on the input is the output below, of both directions.
        sizes = [in_features] + [directions * hidden] * (layers - 1)
        stacks = [
            tuple(make(size, hidden, key=k) for size, k in zip(sizes, row, strict=True))
            for row in keys
        ]
        self.cells, self.backward_cells = stacks[0], stacks[1] if bidirectional else ()
        self.rate = float(rate)

    def __call__(
        self,
        x: Float[Array, "..."],
        ctx: Context | None = None,
        *,
        lengths: Int[Array, "batch"] | None = None,
    ):
        return self.run(x, None, lengths, ctx)[0]

    def run(
        self,
        x: Float[Array, "..."],
        state: tuple | None = None,
        lengths: Int[Array, "batch"] | None = None,
        ctx: Context | None = None,
    ):
        """The outputs of the last layer, and the final states of all.

        Args
            x: (batch, time, in)
            state: states to begin with, as returned; None for zeros
            lengths: number of valid entries of each sequence, (batch,); None for all
            ctx: context, for the dropout between the layers
        Returns
            outputs (batch, time, hidden), or (batch, time, 2 · hidden) of both directions, and a
            tuple with the state of each layer, a pair (forward, backward) for both directions
        """
        states = []
        for i, cell in enumerate(self.cells):
            before = None if state is None else state[i]
            x = drop_in_training(x, self.rate, ctx) if i else x
            if self.backward_cells:
                first, second = (None, None) if before is None else before
                forward, first = cell.run(x, first, lengths)
                backward, second = self.backward_cells[i].run(x, second, lengths, reverse=True)
                x = jnp.concatenate([forward, backward], axis=-1)
                states.append((first, second))
            else:
                x, after = cell.run(x, before, lengths)
                states.append(after)
        return x, tuple(states)


class RNN(_Recurrent):
    """Plain recurrent network over a sequence.

    Equation
        h_t = φ(x_t W_x + h_{t−1} W_h + b), in layer l with x = h of layer l − 1
    Args
        in_features: size of the last axis of the input
        hidden: size of the state
        key: random key for the weights
        layers: how many, each on the outputs of the one below
        bidirectional: whether a second network runs backward; the outputs stand side by side
        rate: probability of dropping an entry between two layers while training
        bias: whether the cells have one; it starts at zero
        activation: φ, a function or a layer
    Returns
        a layer that maps (batch, time, in) to (batch, time, hidden), or 2 · hidden if
        bidirectional; `lengths` sets what lies behind the end of a sequence to 0.
        `layer.run(x, state)` also gives the final states: one state (batch, hidden) a layer
    Raises
        ValueError: if `layers` is not positive, `rate` no probability below 1, or shapes do not fit
    Source
        Elman 1990; Schuster & Paliwal 1997 for both directions.
    Chapter
        rnn/rnn
    """

    def __init__(
        self,
        in_features: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        layers: int = 1,
        bidirectional: bool = False,
        rate: float = 0.0,
        bias: bool = True,
        activation: Callable[[Array], Array] = jnp.tanh,
    ):
        make = partial(RNNCell, bias=bias, activation=activation)
        self._stack(make, in_features, hidden, layers, bidirectional, rate, key)


class LSTM(_Recurrent):
    """Long short-term memory over a sequence.

    Equation
        c_t = f ⊙ c_{t−1} + i ⊙ c̃,  h_t = o ⊙ tanh(c_t), see `LSTMCell`
    Args
        in_features: size of the last axis of the input
        hidden: size of the state
        key: random key for the weights
        layers: how many, each on the outputs of the one below
        bidirectional: whether a second network runs backward; the outputs stand side by side
        rate: probability of dropping an entry between two layers while training
        bias: whether the cells have one; it starts at zero
        forget_bias: first value of the b of f; 1 lets the memory last at the beginning
    Returns
        a layer that maps (batch, time, in) to (batch, time, hidden), or 2 · hidden if
        bidirectional; `lengths` sets what lies behind the end of a sequence to 0.
        `layer.run(x, state)` also gives the final states: a pair (h, c) a layer
    Raises
        ValueError: if `layers` is not positive, `rate` no probability below 1, or shapes do not fit
    Source
        Hochreiter & Schmidhuber 1997; Schuster & Paliwal 1997 for both directions.
    Chapter
        rnn/lstm
    """

    def __init__(
        self,
        in_features: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        layers: int = 1,
        bidirectional: bool = False,
        rate: float = 0.0,
        bias: bool = True,
        forget_bias: float = 0.0,
    ):
        make = partial(LSTMCell, bias=bias, forget_bias=forget_bias)
        self._stack(make, in_features, hidden, layers, bidirectional, rate, key)


class GRU(_Recurrent):
    """Gated recurrent units over a sequence.

    Equation
        h_t = z ⊙ h_{t−1} + (1 − z) ⊙ h̃, see `GRUCell`
    Args
        in_features: size of the last axis of the input
        hidden: size of the state
        key: random key for the weights
        layers: how many, each on the outputs of the one below
        bidirectional: whether a second network runs backward; the outputs stand side by side
        rate: probability of dropping an entry between two layers while training
        bias: whether the cells have one; it starts at zero
        reset_after: whether the reset comes after the product, as in cuDNN, PyTorch and Flax
    Returns
        a layer that maps (batch, time, in) to (batch, time, hidden), or 2 · hidden if
        bidirectional; `lengths` sets what lies behind the end of a sequence to 0.
        `layer.run(x, state)` also gives the final states: one state (batch, hidden) a layer
    Raises
        ValueError: if `layers` is not positive, `rate` no probability below 1, or shapes do not fit
    Source
        Cho et al. 2014; Schuster & Paliwal 1997 for both directions.
    Chapter
        rnn/gru
    """

    def __init__(
        self,
        in_features: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        layers: int = 1,
        bidirectional: bool = False,
        rate: float = 0.0,
        bias: bool = True,
        reset_after: bool = False,
    ):
        make = partial(GRUCell, bias=bias, reset_after=reset_after)
        self._stack(make, in_features, hidden, layers, bidirectional, rate, key)
