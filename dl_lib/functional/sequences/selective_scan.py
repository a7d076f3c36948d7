"""Recurrences without a matrix: every entry of the state decays on its own."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes

__all__ = ["diagonal_scan", "selective_scan", "selective_step"]


@through_float32
def diagonal_scan(
    decay: Inexact[Array, "batch time ..."],
    inputs: Inexact[Array, "batch time ..."],
    initial: Inexact[Array, "..."] | None = None,
) -> Inexact[Array, "batch time ..."]:
    """Linear recurrence, entry by entry, whose gradient is the same recurrence backward in time.

    Equation
        h_t = a_t ⊙ h_{t−1} + b_t;  λ_t = ∂L/∂h_t = g_t + a_{t+1} ⊙ λ_{t+1},
        ∂L/∂b_t = λ_t,  ∂L/∂a_t = λ_t ⊙ h_{t−1}
    Args
        decay: a, (batch, time, ...)
        inputs: b, the same shape
        initial: h₀, (batch, ...); None for 0
    Returns
        h, the same shape. Reverse mode only: `jax.jvp` and forward-mode Jacobians do not work
    Raises
        ValueError: if the shapes differ
    Source
        Martin & Cundy 2018, section 2.2.
    Chapter
        attention/state_space_models
    """
    if decay.shape != inputs.shape:
        raise ValueError(f"decay of shape {decay.shape} and inputs {inputs.shape} must be the same")
    shape = (inputs.shape[0], *inputs.shape[2:])
    initial = jnp.zeros(shape, inputs.dtype) if initial is None else initial
    if initial.shape != shape:
        raise ValueError(f"the initial state must have shape {shape}, got {initial.shape}")
    states = _scan(jnp.swapaxes(decay, 0, 1), jnp.swapaxes(inputs, 0, 1), initial)
    return jnp.swapaxes(states, 0, 1)


@jax.custom_vjp
def _scan(decay, inputs, initial):
    """Time first: h_t = a_t h_{t−1} + b_t."""

    def step(h, ab):
        h = ab[0] * h + ab[1]
        return h, h

    return jax.lax.scan(step, initial, (decay, inputs))[1]


def _forward(decay, inputs, initial):
    states = _scan(decay, inputs, initial)
    return states, (decay, states, initial)


def _backward(kept, cotangent):
    decay, states, initial = kept
    # The decay that leads from each time to the next; nothing follows the last.
    following = jnp.concatenate([decay[1:], jnp.zeros_like(decay[:1])])
    reached = _scan(following[::-1], cotangent[::-1], jnp.zeros_like(initial))[::-1]
    before = jnp.concatenate([initial[None], states[:-1]])
    return reached * before, reached, decay[0] * reached[0]


_scan.defvjp(_forward, _backward)


@through_float32
def selective_scan(
    x: Float[Array, "batch time channels"],
    step: Float[Array, "batch time channels"],
    decay: Float[Array, "rows state"],
    input_weight: Float[Array, "batch time state"],
    output_weight: Float[Array, "batch time state"],
    skip: Float[Array, "channels"] | None = None,
) -> Float[Array, "batch time channels"]:
    """A state-space model whose step and weights may change with every input.

    Equation
        h_t = exp(Δ_t A) ⊙ h_{t−1} + Δ_t x_t B_t,  y_t = h_t C_t + D x_t
        for each channel a state of its own; A is the same at all times
    Args
        x: (batch, time, channels)
        step: Δ, positive, (batch, time, channels)
        decay: A, negative, (channels, state)
        input_weight: B, (batch, time, state)
        output_weight: C, (batch, time, state)
        skip: D, (channels,); None for 0
    Returns
        y, (batch, time, channels), in time linear in the length. Reverse mode only, as for
        `diagonal_scan`
    Raises
        ValueError: if the shapes do not fit
    Source
        Gu & Dao 2023, algorithm 2. As in its code, B̄ = Δ B instead of the zero-order hold.
    Chapter
        attention/state_space_models
    """
    require_axes("x", x, "batch, time, channels")
    require_axes("decay", decay, "channels, state")
    if step.shape != x.shape:
        raise ValueError(f"step of shape {step.shape} must have the shape of x, {x.shape}")
    expected = (*x.shape[:2], decay.shape[1])
    if decay.shape[0] != x.shape[2] or not input_weight.shape == output_weight.shape == expected:
        raise ValueError(
            f"x of shape {x.shape} and decay {decay.shape} need weights of shape {expected}, "
            f"got {input_weight.shape} and {output_weight.shape}"
        )
    if skip is not None and skip.shape != x.shape[2:]:
        raise ValueError(f"skip must have shape {x.shape[2:]}, got {skip.shape}")
    arrays = (x, step, input_weight, output_weight)
    dtype = jnp.result_type(decay, *arrays)  # a state keeps its type from step to step
    time_first = (jnp.swapaxes(a, 0, 1).astype(dtype) for a in arrays)
    y = jnp.swapaxes(_select(decay.astype(dtype), *time_first), 0, 1)
    return y if skip is None else y + skip * x


@through_float32
def selective_step(
    h: Float[Array, "..."],
    x: Float[Array, "batch channels"],
    step: Float[Array, "batch channels"],
    decay: Float[Array, "rows state"],
    input_weight: Float[Array, "batch state"],
    output_weight: Float[Array, "batch state"],
    skip: Float[Array, "channels"] | None = None,
) -> tuple[Float[Array, "batch channels"], Float[Array, "batch channels state"]]:
    """One step of `selective_scan`, for writing one token after another.

    Equation
        h ← exp(Δ A) ⊙ h + Δ x B,  y = h C + D x
    Args
        h: the state before, (batch, channels, state)
        x: (batch, channels)
        step: Δ, positive, (batch, channels)
        decay: A, negative, (channels, state)
        input_weight: B, (batch, state)
        output_weight: C, (batch, state)
        skip: D, (channels,); None for 0
    Returns
        y, (batch, channels), and the state after
    Raises
        ValueError: if the state does not fit
    Source
        Gu & Dao 2023, algorithm 2.
    Chapter
        attention/state_space_models
    """
    if h.shape != (*x.shape, decay.shape[-1]):
        raise ValueError(f"h must have shape {(*x.shape, decay.shape[-1])}, got {h.shape}")
    y, h = _advanced(h, x, step, decay, input_weight, output_weight)
    return y if skip is None else y + skip * x, h


def _advanced(h, x, step, decay, into, out):
    h = jnp.exp(step[..., None] * decay) * h + (step * x)[..., None] * into[:, None, :]
    return jnp.einsum("bcn,bn->bc", h, out), h


@jax.custom_vjp
def _select(decay, x, step, into, out):
    """Time first; what a step needs is made in the step, and no table of all of it is stored."""
    return _select_forward(decay, x, step, into, out)[0]


def _select_forward(decay, x, step, into, out):
    def advance(h, now):
        x, step, into, out = now
        y, h = _advanced(h, x, step, decay, into, out)
        return h, (y, h)

    start = jnp.zeros((x.shape[1], *decay.shape), x.dtype)
    y, states = jax.lax.scan(advance, start, (x, step, into, out))[1]
    return y, (decay, x, step, into, out, states)


def _select_backward(kept, cotangent):
    decay, x, step, into, out, states = kept
    start = jnp.zeros(states.shape[1:], states.dtype)

    def back(carry, now):
        reached, of_decay = carry  # λ_t = ∂L/∂h_t, but for what y_t adds to it
        slope, x, step, into, out, h, before = now
        reached += slope[..., None] * out[:, None, :]
        factor = jnp.exp(step[..., None] * decay)
        of_exponent = reached * before * factor
        driven = jnp.einsum("bcn,bn->bc", reached, into)
        of_step = jnp.einsum("bcn,cn->bc", of_exponent, decay) + driven * x
        of_decay += jnp.einsum("bcn,bc->cn", of_exponent, step)
        of_into = jnp.einsum("bcn,bc->bn", reached, step * x)
        of_out = jnp.einsum("bcn,bc->bn", h, slope)
        return (reached * factor, of_decay), (driven * step, of_step, of_into, of_out)

    before = jnp.concatenate([start[None], states[:-1]])
    inputs = (cotangent, x, step, into, out, states, before)
    (_, of_decay), of_inputs = jax.lax.scan(
        back, (start, jnp.zeros_like(decay)), inputs, reverse=True
    )
    return of_decay, *of_inputs


_select.defvjp(_select_forward, _select_backward)
