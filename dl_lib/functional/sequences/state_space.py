"""Linear systems with a hidden state: from a differential equation to steps and to a filter."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes, require_positive

__all__ = [
    "causal_convolution",
    "discretize",
    "discretize_diagonal",
    "state_space_kernel",
    "state_space_recurrence",
]

SHORT = 32  # a kernel up to this length is applied as a sum of shifted inputs


@through_float32
def discretize(
    A: Float[Array, "state state_of_columns"],
    B: Float[Array, "state_of_rows inputs"],
    step: ScalarLike,
    method: str = "zoh",
) -> tuple[Float[Array, "state state"], Float[Array, "state inputs"]]:
    """Steps of a linear system from its differential equation x' = A x + B u.

    Equation
        zoh:       Ā = exp(ΔA),  B̄ = A⁻¹ (exp(ΔA) − I) B, exact where u is constant in a step
        bilinear:  Ā = (I − ΔA/2)⁻¹ (I + ΔA/2),  B̄ = (I − ΔA/2)⁻¹ Δ B
        euler:     Ā = I + ΔA,  B̄ = Δ B
    Args
        A: (state, state), which need not have an inverse
        B: (state, inputs)
        step: Δ
        method: "zoh" (zero-order hold), "bilinear" or "euler"
    Returns
        Ā and B̄, for x_k = Ā x_{k−1} + B̄ u_k
    Raises
        ValueError: if the shapes do not fit, a known step is not positive, or the method is
            unknown
    Source
        Gu, Goel & Ré 2022, section 2.3 (bilinear).
    Chapter
        attention/state_space_models
    """
    require_positive("step", step)
    require_axes("B", B, "state, in")
    size, inputs = B.shape
    if A.shape != (size, size):
        raise ValueError(f"A of shape {A.shape} does not fit B of shape {B.shape}")
    eye = jnp.eye(size, dtype=A.dtype)
    if method == "zoh":
        # exp of [A B; 0 0] holds both answers, and needs no inverse of A.
        block = jnp.zeros((size + inputs, size + inputs), A.dtype)
        block = block.at[:size].set(jnp.concatenate([A, B], axis=1) * step)
        both = jax.scipy.linalg.expm(block)[:size]
        return both[:, :size], both[:, size:]
    if method == "bilinear":
        both = jnp.concatenate([eye + step / 2 * A, step * B], axis=1)
        both = jnp.linalg.solve(eye - step / 2 * A, both)
        return both[:, :size], both[:, size:]
    if method == "euler":
        return eye + step * A, step * B
    raise ValueError(f'method must be "zoh", "bilinear" or "euler", got {method!r}')


@through_float32
def discretize_diagonal(
    decay: Inexact[Array, "..."], step: Float[Array, "..."]
) -> tuple[Inexact[Array, "..."], Inexact[Array, "..."]]:
    """Zero-order hold for a diagonal system, entry by entry.

    Equation
        ā = exp(Δa),  b̄ = f b,  f = (exp(Δa) − 1) / a, which is Δ at a = 0
    Args
        decay: a, real or complex, any shape
        step: Δ, broadcasts to `decay`
    Returns
        ā and f
    Raises
        ValueError: if a known step is not positive
    Source
        Gupta, Gu & Berant 2022, equation 4.
    Chapter
        attention/state_space_models
    """
    require_positive("step", step)
    product = step * decay
    safe = jnp.where(decay == 0, 1, decay)
    factor = jnp.where(decay == 0, step, jnp.expm1(product) / safe)
    return jnp.exp(product), factor


@through_float32
def state_space_recurrence(
    A: Float[Array, "state state_of_columns"],
    B: Float[Array, "state_of_rows inputs"],
    C: Float[Array, "outputs state_of_outputs"],
    u: Float[Array, "time inputs_of_u"],
    initial: Float[Array, "state_of_initial"] | None = None,
) -> Float[Array, "time outputs"]:
    """Run a discrete linear system one step after another.

    Equation
        x_k = Ā x_{k−1} + B̄ u_k,  y_k = C x_k
    Args
        A: Ā, (state, state)
        B: B̄, (state, inputs)
        C: (outputs, state)
        u: (time, inputs); map with `jax.vmap` over a batch
        initial: the state before the first step, (state,); None for 0
    Returns
        y, (time, outputs)
    Raises
        ValueError: if the shapes do not fit
    Chapter
        attention/state_space_models
    """
    _require_system(A, B, C)
    require_axes("u", u, "time, in")
    if u.shape[1] != B.shape[1]:
        raise ValueError(f"u of shape {u.shape} does not fit B of shape {B.shape}")
    x = jnp.zeros(A.shape[0], A.dtype) if initial is None else initial
    if x.shape != A.shape[:1]:
        raise ValueError(f"initial must have shape {A.shape[:1]}, got {x.shape}")

    def step(x, driven):
        x = A @ x + driven
        return x, x

    return jax.lax.scan(step, x, u @ B.T)[1] @ C.T


@through_float32
def state_space_kernel(
    A: Float[Array, "state state_of_columns"],
    B: Float[Array, "state_of_rows inputs"],
    C: Float[Array, "outputs state_of_outputs"],
    length: int,
) -> Float[Array, "length outputs inputs"]:
    """The answer of a discrete linear system to an impulse: y = K ∗ u where it starts from 0.

    Equation
        K = [C B̄, C Ā B̄, C Ā² B̄, ...]
    Args
        A: Ā, (state, state)
        B: B̄, (state, inputs)
        C: (outputs, state)
        length: how many steps
    Returns
        (length, outputs, inputs)
    Raises
        ValueError: if the shapes do not fit
    Source
        Gu, Goel & Ré 2022, equation 5.
    Chapter
        attention/state_space_models
    """
    _require_system(A, B, C)
    require_positive("length", length)
    return jax.lax.scan(lambda x, _: (A @ x, C @ x), B, None, length=length)[1]


@through_float32
def causal_convolution(
    x: Float[Array, "... time channels"], kernel: Float[Array, "channels_of_kernel taps"]
) -> Float[Array, "... time channels"]:
    """Filter each channel by its own kernel, which reaches into the past.

    Equation
        y[t, c] = Σ_j K[c, j] x[t − j, c], with x = 0 before the first time
    Args
        x: (..., time, channels)
        kernel: K, (channels, taps), the latest input first
    Returns
        same shape as `x`; a long kernel costs O(n log n), by Fourier transforms
    Raises
        ValueError: if the channels differ
    Chapter
        attention/state_space_models
    """
    require_axes("x", x, "..., time, channels")
    require_axes("kernel", kernel, "channels, taps")
    time, (channels, taps) = x.shape[-2], kernel.shape
    if x.shape[-1] != channels:
        raise ValueError(f"x of shape {x.shape} does not fit a kernel of shape {kernel.shape}")
    if taps <= SHORT:
        padded = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(taps - 1, 0), (0, 0)])
        shifted = (padded[..., taps - 1 - j : taps - 1 - j + time, :] for j in range(taps))
        return sum(kernel[:, j] * part for j, part in enumerate(shifted))
    # So long that the end does not come round to the beginning; powers of two are the fastest.
    size = 1 << (time + taps - 2).bit_length()
    spectrum = jnp.fft.rfft(x, size, axis=-2) * jnp.fft.rfft(kernel.T, size, axis=0)
    return jnp.fft.irfft(spectrum, size, axis=-2)[..., :time, :].astype(x.dtype)


def _require_system(A, B, C):
    require_axes("A", A, "state, state")
    require_axes("B", B, "state, in")
    require_axes("C", C, "out, state")
    size = A.shape[0]
    if A.shape != (size, size) or B.shape[0] != size or C.shape[1] != size:
        raise ValueError(f"A {A.shape}, B {B.shape} and C {C.shape} are not one system")
