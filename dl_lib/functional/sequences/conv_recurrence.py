"""A recurrence whose state is an image."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.activations.sigmoid import sigmoid
from dl_lib.functional.convolution.plain import conv2d

__all__ = ["conv_lstm_step"]

Images = Float[Array, "batch hidden height width"]


def conv_lstm_step(
    projected: Float[Array, "batch gates height width"],
    state: tuple[Images, Images],
    hidden_weight: Float[Array, "gates_out hidden_in kh kw"],
    peepholes: Float[Array, "three hidden height width"] | None = None,
) -> tuple[Images, Images]:
    """One step of a long short-term memory that convolves where others multiply by a matrix.

    Equation
        i, f, o = σ(...), c̃ = tanh(...),  each of its own part of a_t + K_h ∗ h_{t−1}
        c_t = f ⊙ c_{t−1} + i ⊙ c̃,  h_t = o ⊙ tanh(c_t)
        with peepholes i and f also see p ⊙ c_{t−1}, and o sees p ⊙ c_t
    Args
        projected: a_t = K_x ∗ x_t + b, (batch, 4 · hidden, height, width), in the order i, f, c̃, o
        state: h_{t−1} and c_{t−1}, (batch, hidden, height, width) each
        hidden_weight: K_h, (4 · hidden, hidden, kh, kw); padding keeps the size
        peepholes: p of i, f and o, (3, hidden, height, width); None for none
    Returns
        h_t and c_t
    Raises
        ValueError: if the shapes do not fit
    Source
        Shi et al. 2015, equation 3. Differs: peepholes only where they are asked for.
    Chapter
        rnn/deep_bidirectional
    """
    h, c = state
    if projected.shape[1] != 4 * h.shape[1] or hidden_weight.shape[:2] != (
        4 * h.shape[1],
        h.shape[1],
    ):
        raise ValueError(
            f"a state of shape {h.shape} needs {4 * h.shape[1]} channels, got {projected.shape} "
            f"and a hidden weight of shape {hidden_weight.shape}"
        )
    gates = projected + conv2d(h, hidden_weight, padding="same")
    i, f, candidate, o = jnp.split(gates, 4, axis=1)
    if peepholes is not None:
        i, f = i + peepholes[0] * c, f + peepholes[1] * c
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(candidate)
    if peepholes is not None:
        o = o + peepholes[2] * c
    return sigmoid(o) * jnp.tanh(c), c
