"""One step of a recurrent network, and many."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dl_lib.functional.activations.sigmoid import sigmoid
from dl_lib.functional.sequences._lengths import require_lengths
from dl_lib.validation import require_axes, require_same_shape

__all__ = ["gru_step", "lstm_step", "project_steps", "recurrent_scan", "rnn_step"]

Activation = Callable[[Array], Array]


def rnn_step(
    projected: Float[Array, "... units"],
    state: Float[Array, "... hidden"],
    hidden_weight: Float[Array, "rows columns"],
    activation: Activation = jnp.tanh,
) -> Float[Array, "... hidden"]:
    """One step of a plain recurrent network.

    Equation
        h_t = φ(a_t + h_{t−1} W_h),  a_t = x_t W_x + b
    Args
        projected: a_t, (..., hidden), made for all times at once
        state: h_{t−1}, (..., hidden)
        hidden_weight: W_h, (hidden, hidden)
        activation: φ
    Returns
        h_t, (..., hidden)
    Raises
        ValueError: if the shapes do not fit
    Source
        Elman 1990.
    Chapter
        rnn/rnn
    """
    _require_fit(projected, state, hidden_weight, 1)
    return activation(projected + state @ hidden_weight)


def lstm_step(
    projected: Float[Array, "... gates"],
    state: tuple[Float[Array, "... hidden"], Float[Array, "... hidden"]],
    hidden_weight: Float[Array, "rows columns"],
) -> tuple[Float[Array, "... hidden"], Float[Array, "... hidden"]]:
    """One step of a long short-term memory.

    Equation
        i, f, o = σ(...), c̃ = tanh(...),  each of its own part of a_t + h_{t−1} W_h
        c_t = f ⊙ c_{t−1} + i ⊙ c̃,  h_t = o ⊙ tanh(c_t)
    Args
        projected: a_t = x_t W_x + b, (..., 4 · hidden), in the order i, f, c̃, o, as PyTorch
        state: h_{t−1} and c_{t−1}, (..., hidden) each
        hidden_weight: W_h, (hidden, 4 · hidden)
    Returns
        h_t and c_t
    Raises
        ValueError: if the shapes do not fit
    Source
        Hochreiter & Schmidhuber 1997; the forget gate is that of Gers, Schmidhuber & Cummins 2000.
    Chapter
        rnn/lstm
    """
    h, c = state
    require_same_shape("h", h, "c", c)
    _require_fit(projected, h, hidden_weight, 4)
    i, f, candidate, o = jnp.split(projected + h @ hidden_weight, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(candidate)
    return sigmoid(o) * jnp.tanh(c), c


def gru_step(
    projected: Float[Array, "... gates"],
    state: Float[Array, "... hidden"],
    hidden_weight: Float[Array, "rows columns"],
    reset_after: bool = False,
    candidate_bias: Float[Array, "hidden_of_bias"] | None = None,
) -> Float[Array, "... hidden"]:
    """One step of a gated recurrent unit.

    Equation
        r, z = σ(...), each of its own part of a_t + h_{t−1} W_h
        h̃ = tanh(a_t + (r ⊙ h_{t−1}) W_h), of the third part; or with the reset after the product
        h̃ = tanh(a_t + r ⊙ (h_{t−1} W_h + b_h))
        h_t = z ⊙ h_{t−1} + (1 − z) ⊙ h̃
    Args
        projected: a_t = x_t W_x + b, (..., 3 · hidden), in the order r, z, h̃, as PyTorch
        state: h_{t−1}, (..., hidden)
        hidden_weight: W_h, (hidden, 3 · hidden)
        reset_after: whether the reset comes after the product, as in cuDNN, PyTorch and Flax
        candidate_bias: b_h, (hidden,), for the reset after the product; None for 0
    Returns
        h_t, (..., hidden)
    Raises
        ValueError: if the shapes do not fit, or there is a b_h that the reset before cannot use
    Source
        Cho et al. 2014, equations 5 to 8. Differs from Chung et al. 2014, where z is 1 − z.
    Chapter
        rnn/gru
    """
    _require_fit(projected, state, hidden_weight, 3)
    if candidate_bias is not None and not reset_after:
        raise ValueError("candidate_bias is for reset_after=True; before it is one with that of x")
    width = state.shape[-1]
    new = projected[..., 2 * width :]
    if reset_after:
        recurrent = state @ hidden_weight  # one product for all three
        r, z = jnp.split(sigmoid(projected[..., : 2 * width] + recurrent[..., : 2 * width]), 2, -1)
        inner = recurrent[..., 2 * width :]
        new = new + r * (inner if candidate_bias is None else inner + candidate_bias)
    else:
        gates = projected[..., : 2 * width] + state @ hidden_weight[:, : 2 * width]
        r, z = jnp.split(sigmoid(gates), 2, axis=-1)
        new = new + (r * state) @ hidden_weight[:, 2 * width :]
    return z * state + (1 - z) * jnp.tanh(new)


def project_steps(
    x: Float[Array, "..."],
    weight: Float[Array, "rows columns"],
    bias: Float[Array, "columns_of_bias"] | None = None,
) -> Float[Array, "time batch columns"]:
    """Project all inputs of a recurrence at once, and put time first, as a scan wants it.

    What does not depend on the state need not wait for it: one product of two matrices takes the
    place of one small product a step.

    Equation
        a_t = x_t W_x + b
    Args
        x: (batch, time, in)
        weight: W_x, (in, columns)
        bias: b, (columns,); None for 0
    Returns
        (time, batch, columns)
    Raises
        ValueError: if the shapes do not fit
    Chapter
        rnn/rnn
    """
    require_axes("x", x, "batch, time, in")
    batch, time, width = x.shape
    if width != weight.shape[0]:
        raise ValueError(f"x of shape {x.shape} does not fit a weight of shape {weight.shape}")
    if bias is not None and bias.shape != weight.shape[1:]:
        raise ValueError(f"bias must have shape {weight.shape[1:]}, got {bias.shape}")
    projected = jnp.swapaxes(x, 0, 1).reshape(time * batch, width) @ weight
    projected = projected if bias is None else projected + bias
    return projected.reshape(time, batch, weight.shape[1])


def recurrent_scan(
    step: Callable[[Any, Any], Any],
    inputs: Float[Array, "time batch ..."],
    state: Any,
    lengths: Int[Array, "batch"] | None = None,
    reverse: bool = False,
) -> tuple[Float[Array, "batch time ..."], Any]:
    """Repeat a step over time.

    Where a sequence has ended the state stays as it is and the output is 0, whatever stands there.
    Backward in time this means that each sequence starts at its own last entry.

    Equation
        s_t = step(a_t, s_{t−1})
    Args
        step: function of an input (batch, ...) and a state that gives the new state; a state is an
            array or a tuple of arrays, (batch, ...) each, of which the first is the output
        inputs: a, (time, batch, ...)
        state: s₀
        lengths: number of entries of each sequence, (batch,); None for all
        reverse: run from the last time to the first
    Returns
        outputs (batch, time, ...), and the final state
    Raises
        ValueError: if there are not as many lengths as sequences, or one is no integer, or is known
            and negative or exceeds the time
    Chapter
        rnn/rnn
    """
    if lengths is not None:
        require_lengths(lengths, *inputs.shape[1::-1])

    def advance(state, indexed):
        t, a = indexed

        def where_valid(x, otherwise):
            valid = (t < lengths).reshape((-1,) + (1,) * (x.ndim - 1))
            return jnp.where(valid, x, otherwise)

        if lengths is not None:
            a = where_valid(a, 0)  # a gradient of 0 times a NaN behind the end would be NaN
        new = step(a, state)
        output = new[0] if isinstance(new, tuple) else new
        if lengths is not None:
            new = jax.tree.map(where_valid, new, state)
            output = where_valid(output, 0)
        return new, output

    # A scan keeps types: the state begins in the type that a step gives it.
    first = jax.ShapeDtypeStruct(inputs.shape[1:], inputs.dtype)
    following = jax.eval_shape(step, first, state)
    state = jax.tree.map(lambda s, new: s.astype(new.dtype), state, following)
    times = jnp.arange(inputs.shape[0])
    state, outputs = jax.lax.scan(advance, state, (times, inputs), reverse=reverse)
    return jnp.swapaxes(outputs, 0, 1), state


def _require_fit(projected, state, hidden_weight, gates):
    width = state.shape[-1]
    expected = (width, gates * width)
    given = (*state.shape[:-1], expected[1])
    if hidden_weight.shape != expected or projected.shape != given:
        raise ValueError(
            f"a state of shape {state.shape} needs a hidden weight of shape {expected} and "
            f"projected inputs of shape {given}, got {hidden_weight.shape} and {projected.shape}"
        )
