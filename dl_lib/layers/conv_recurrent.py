"""Recurrence over sequences of images."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module, decays
from dl_lib.functional import conv2d, conv_lstm_step, recurrent_scan
from dl_lib.functional.sequences._lengths import without_rest
from dl_lib.initializers import xavier_uniform
from dl_lib.validation import require_axes

__all__ = ["ConvLSTM", "ConvLSTMCell"]


class ConvLSTMCell(Module):
    """A step of a long short-term memory on images.

    Equation
        i, f, o = σ(K_x ∗ x_t + K_h ∗ h_{t−1} + b),  c̃ = tanh(...),  each with kernels of its own
        c_t = f ⊙ c_{t−1} + i ⊙ c̃,  h_t = o ⊙ tanh(c_t);  with peepholes see `conv_lstm_step`
    Args
        in_channels: channels of the input
        hidden: channels of h and of c
        kernel_size: side of the square kernels, odd; padding keeps the size of the images
        key: random key for the kernels
        size: (height, width) of the images, to have peepholes; None for none
    Returns
        a cell: `cell(x, state=(h, c))` maps (batch, in, height, width) and a state of two (batch,
        hidden, height, width) to the next (h, c)
    Raises
        ValueError: if the kernel's side is even, or shapes do not fit
    Source
        Shi et al. 2015, equation 3. Differs: peepholes only where they are asked for.
    Chapter
        rnn/deep_bidirectional
    """

    weight: Float[Array, "gates in kh kw"] = decays()
    hidden_weight: Float[Array, "gates hidden kh kw"] = decays()
    bias: Float[Array, "gates"]
    peepholes: Float[Array, "three hidden height width"] | None

    def __init__(
        self,
        in_channels: int,
        hidden: int,
        kernel_size: int,
        *,
        key: Key[Array, ""],
        size: tuple[int, int] | None = None,
    ):
        if kernel_size % 2 == 0:
            raise ValueError(f"only a kernel of odd side keeps the size, got {kernel_size}")
        first, second = jax.random.split(key)
        sides = (kernel_size, kernel_size)
        self.weight = xavier_uniform()(first, (4 * hidden, in_channels, *sides))
        self.hidden_weight = xavier_uniform()(second, (4 * hidden, hidden, *sides))
        self.bias = jnp.zeros(4 * hidden)
        self.peepholes = None if size is None else jnp.zeros((3, hidden, *size))

    def initial(self, x: Float[Array, "batch in height width"]):
        """The state before the first step: zeros.

        Args
            x: an input
        Returns
            h and c, (batch, hidden, height, width) each
        """
        dtype = jnp.result_type(x, self.hidden_weight)
        h = jnp.zeros((x.shape[0], self.hidden_weight.shape[1], *x.shape[2:]), dtype)
        return h, jnp.zeros_like(h)

    def __call__(
        self,
        x: Float[Array, "..."],
        ctx: Context | None = None,
        *,
        state: tuple | None = None,
    ):
        require_axes("x", x, "batch, in, height, width")
        state = self.initial(x) if state is None else state
        projected = conv2d(x, self.weight, self.bias, padding="same")
        return conv_lstm_step(projected, state, self.hidden_weight, self.peepholes)


class ConvLSTM(Module):
    """A long short-term memory over a sequence of images.

    Equation
        c_t = f ⊙ c_{t−1} + i ⊙ c̃,  h_t = o ⊙ tanh(c_t), see `ConvLSTMCell`
    Args
        in_channels: channels of the input
        hidden: channels of h and of c
        kernel_size: side of the square kernels, odd
        key: random key for the kernels
        size: (height, width) of the images, to have peepholes; None for none
    Returns
        a layer that maps (batch, time, in, height, width) to (batch, time, hidden, height, width);
        `lengths` sets what lies behind the end of a sequence to 0. `layer.run(x, state, lengths)`
        also gives the final (h, c)
    Raises
        ValueError: if the kernel's side is even, or shapes do not fit
    Source
        Shi et al. 2015.
    Chapter
        rnn/deep_bidirectional
    """

    cell: ConvLSTMCell

    def __init__(
        self,
        in_channels: int,
        hidden: int,
        kernel_size: int,
        *,
        key: Key[Array, ""],
        size: tuple[int, int] | None = None,
    ):
        self.cell = ConvLSTMCell(in_channels, hidden, kernel_size, key=key, size=size)

    def __call__(
        self,
        x: Float[Array, "..."],
        ctx: Context | None = None,
        *,
        lengths: Int[Array, "batch"] | None = None,
    ):
        return self.run(x, None, lengths)[0]

    def run(
        self,
        x: Float[Array, "..."],
        state: tuple | None = None,
        lengths: Int[Array, "batch"] | None = None,
    ):
        """The outputs and the final state.

        Args
            x: (batch, time, in, height, width)
            state: h and c before the first step; None for zeros
            lengths: number of valid images of each sequence, (batch,); None for all
        Returns
            outputs (batch, time, hidden, height, width), 0 behind the end of a sequence, and (h, c)
        """
        require_axes("x", x, "batch, time, in, height, width")
        cell, (batch, time) = self.cell, x.shape[:2]
        state = cell.initial(x[:, 0]) if state is None else state
        images = jnp.swapaxes(without_rest(x, lengths), 0, 1).reshape(time * batch, *x.shape[2:])
        projected = conv2d(images, cell.weight, cell.bias, padding="same")

        def step(projected, state):
            return conv_lstm_step(projected, state, cell.hidden_weight, cell.peepholes)

        inputs = projected.reshape(time, batch, *projected.shape[1:])
        return recurrent_scan(step, inputs, state, lengths)
