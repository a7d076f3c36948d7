"""Learning rates that come back: triangles and cosines that start again."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.optim._checks import LAST_STEP, require_nonnegatives, require_number, require_whole
from dl_lib.optim._numbers import falling, power, real
from dl_lib.optim.base import Schedule

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
        ValueError: if r or f is not positive, or a or γ is negative
    Source
        Smith 2017. As PyTorch's CyclicLR.
    Chapter
        optimization/schedules
    """
    fall = rise if fall is None else fall
    require_whole("rise", rise)
    require_whole("fall", fall)
    require_number("low", low)
    require_number("high", high)
    require_nonnegatives(cycle_factor=cycle_factor, step_factor=step_factor)

    def schedule(step: Step) -> Float[Array, ""]:
        # Whole numbers first: t / (r + f) in float32 would lose the place in a late cycle.
        cycle, place = jnp.divmod(jnp.asarray(step), rise + fall)
        height = jnp.where(place <= rise, place / rise, (rise + fall - place) / fall)
        factor = power(cycle_factor, cycle) * power(step_factor, step)
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
    require_whole("steps", steps)
    require_whole("growth", growth)
    require_number("initial", initial)
    require_number("final", final)
    if growth == 1:
        return lambda step: falling(initial, final, real(steps - step % steps) / steps)
    # The powers of g are few before the counter of steps ends, so they are written down.
    starts, lengths = [0], [steps]
    while starts[-1] + lengths[-1] <= LAST_STEP:
        starts.append(starts[-1] + lengths[-1])
        lengths.append(lengths[-1] * growth)

    def schedule(step: Step) -> Float[Array, ""]:
        wave = jnp.searchsorted(jnp.asarray(starts), step, side="right") - 1
        length = jnp.asarray(lengths, float)[wave]
        return falling(initial, final, 1 - real(step - jnp.asarray(starts)[wave]) / length)

    return schedule
