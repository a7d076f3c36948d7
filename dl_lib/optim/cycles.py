"""Learning rates that come back: triangles and cosines that start again."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.optim.base import Schedule
from dl_lib.validation import require_positive

__all__ = ["cosine_restarts_schedule", "cyclic_schedule"]

Step = int | Int[Array, ""]


def cyclic_schedule(
    low: ScalarLike,
    high: ScalarLike,
    rise: int,
    fall: int | None = None,
    cycle_factor: ScalarLike = 1.0,
    step_factor: ScalarLike = 1.0,
) -> Schedule:
    """A triangular wave between two learning rates.

    Equation
        η(t) = η_low + (η_high − η_low) aᶜ γᵗ Λ,  c = ⌊t / (r + f)⌋,  u = t − c (r + f)
        Λ = u / r for u ≤ r,  (r + f − u) / f after
    Args
        low: η_low, where each cycle starts and ends
        high: η_high, the top of the first triangle
        rise: r, steps from low to high
        fall: f, steps back; None for as many as the rise
        cycle_factor: a, what the height is multiplied by from cycle to cycle; ½ is "triangular2"
        step_factor: γ, what it is multiplied by at every step; below 1 it is "exp_range"
    Returns
        function of the step
    Raises
        ValueError: if r or f is not positive
    Source
        Smith 2017. As PyTorch's CyclicLR.
    Chapter
        optimization/schedules
    """
    fall = rise if fall is None else fall
    require_positive("rise", rise)
    require_positive("fall", fall)

    def schedule(step: Step) -> Float[Array, ""]:
        # Whole numbers first: t / (r + f) in float32 would lose the place in a late cycle.
        cycle, place = jnp.divmod(jnp.asarray(step), rise + fall)
        height = jnp.where(place <= rise, place / rise, (rise + fall - place) / fall)
        factor = _real(cycle_factor) ** cycle * _real(step_factor) ** step
        return low + (high - low) * factor * height

    return schedule


def cosine_restarts_schedule(
    initial: ScalarLike, steps: int, final: ScalarLike = 0.0, growth: int = 1
) -> Schedule:
    """Half a cosine wave after the other, each of them starting again at the first value.

    Equation
        η(t) = η_T + ½ (η₀ − η_T) (1 + cos(π u / Tᵢ)),  Tᵢ = T₀ gⁱ,  u = t − (T₀ + … + Tᵢ₋₁)
    Args
        initial: η₀
        steps: T₀, the length of the first wave
        final: η_T, which is approached at the end of each wave and never reached
        growth: g, how many times longer each wave is than the one before
    Returns
        function of the step
    Raises
        ValueError: if T₀ or g is not positive
    Source
        Loshchilov & Hutter 2017, SGDR. As PyTorch's CosineAnnealingWarmRestarts.
    Chapter
        optimization/schedules
    """
    require_positive("steps", steps)
    require_positive("growth", growth)

    def started(wave: Int[Array, ""]) -> Int[Array, ""]:
        return steps * wave if growth == 1 else steps * (growth**wave - 1) // (growth - 1)

    def schedule(step: Step) -> Float[Array, ""]:
        step = jnp.asarray(step)
        if growth == 1:
            wave = step // steps
        else:
            # The logarithm may round to the wave beside the right one, so the ends decide.
            guess = jnp.log(_real(step) / steps * (growth - 1) + 1) / jnp.log(_real(growth))
            wave = jnp.floor(guess).astype(jnp.int32)
            wave = wave - (step < started(wave)) + (step >= started(wave + 1))
        progress = _real(step - started(wave)) / (steps * _real(growth) ** wave)
        return final + 0.5 * (initial - final) * (1 + jnp.cos(jnp.pi * progress))

    return schedule


def _real(value: ScalarLike) -> Float[Array, ""]:
    return jnp.asarray(value, dtype=float)
