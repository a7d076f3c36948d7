"""Learning rates that change: functions of the step, counted from 0, that work under jit."""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.optim._checks import require_nonnegatives, require_number, require_rate, require_whole
from dl_lib.optim._numbers import falling, power, real
from dl_lib.optim.base import Schedule, learning_rate_at

__all__ = [
    "constant_schedule",
    "cosine_schedule",
    "exponential_schedule",
    "piecewise_schedule",
    "polynomial_schedule",
    "stable_decay_schedule",
    "step_schedule",
    "warmup",
]

Step = int | Int[Array, ""]


def constant_schedule(value: ScalarLike) -> Schedule:
    """The same learning rate at every step.

    Equation
        η(t) = η₀
    Args
        value: η₀
    Returns
        function of the step
    Chapter
        optimization/schedules
    """
    require_number("value", value)
    return lambda step: real(value)


def step_schedule(
    initial: ScalarLike, every: int, factor: ScalarLike = 0.1, floor: ScalarLike = 0.0
) -> Schedule:
    """Multiply by a factor at regular intervals.

    Equation
        η(t) = max(η_min, η₀ α^⌊t / k⌋)
    Args
        initial: η₀
        every: k, steps between two changes
        factor: α
        floor: η_min
    Returns
        function of the step
    Raises
        ValueError: if k is not positive, or a known α is negative
    Chapter
        optimization/schedules
    """
    require_whole("every", every)
    require_nonnegatives(initial=initial, factor=factor, floor=floor)
    return lambda step: jnp.maximum(floor, initial * power(factor, step // every))


def piecewise_schedule(initial: ScalarLike, factors: Mapping[int, float]) -> Schedule:
    """Multiply by given factors at given steps; the step itself already has the new value.

    Equation
        η(t) = η₀ Π {αᵢ : tᵢ ≤ t}
    Args
        initial: η₀
        factors: {tᵢ: αᵢ}
    Returns
        function of the step
    Raises
        TypeError: if `factors` is no dict from whole numbers to numbers
        ValueError: if a step tᵢ is negative
    Chapter
        optimization/schedules
    """
    require_number("initial", initial)
    if not isinstance(factors, Mapping):
        raise TypeError(f"factors must be a dict {{step: factor}}, got {factors!r}")
    for boundary, factor in factors.items():
        require_whole("the step of a factor", boundary, 0)
        require_number(f"the factor at step {boundary}", factor)
    boundaries = jnp.asarray(list(factors.keys()), dtype=jnp.int32)
    values = jnp.asarray(list(factors.values()), dtype=float)
    return lambda step: initial * jnp.prod(jnp.where(boundaries <= step, values, 1))


def exponential_schedule(initial: ScalarLike, rate: ScalarLike) -> Schedule:
    """Exponential decay.

    Equation
        η(t) = η₀ exp(−λ t)
    Args
        initial: η₀
        rate: λ; −log of the factor that each step multiplies by
    Returns
        function of the step
    Chapter
        optimization/schedules
    """
    require_number("initial", initial)
    require_number("rate", rate)
    return lambda step: initial * jnp.exp(-real(rate) * step)


def polynomial_schedule(
    initial: ScalarLike, power: ScalarLike = 0.5, rate: ScalarLike = 1.0
) -> Schedule:
    """Polynomial decay; power ½ is the inverse square root that convex theory asks for.

    Equation
        η(t) = η₀ (β t + 1)^(−α)
    Args
        initial: η₀
        power: α
        rate: β ≥ 0
    Returns
        function of the step
    Raises
        ValueError: if β is negative, which would divide by 0 some day
    Chapter
        optimization/schedules
    """
    require_number("initial", initial)
    require_number("power", power)
    require_nonnegatives(rate=rate)
    return lambda step: initial * (real(rate) * step + 1) ** -power


def cosine_schedule(initial: ScalarLike, steps: int, final: ScalarLike = 0.0) -> Schedule:
    """Half a cosine wave from the first value to the last, which then stays.

    Equation
        η(t) = η_T + ½ (η₀ − η_T) (1 + cos(π min(t, T) / T))
    Args
        initial: η₀
        steps: T
        final: η_T
    Returns
        function of the step
    Raises
        ValueError: if T is not positive
    Source
        Loshchilov & Hutter 2017, without restarts.
    Chapter
        optimization/schedules
    """
    require_whole("steps", steps)
    require_number("initial", initial)
    require_number("final", final)
    return lambda step: falling(initial, final, real(steps - jnp.minimum(step, steps)) / steps)


def stable_decay_schedule(
    initial: ScalarLike, steps: int, decay: int, final: ScalarLike = 0.0
) -> Schedule:
    """Stay, then fall in a straight line: `warmup` of it is warmup, stable, decay (WSD).

    A run can go on from before the fall, where a cosine has to know its end when it begins.

    Equation
        η(t) = η₀  for t ≤ T − D,  η_T + (η₀ − η_T) (T − t) / D  from there on,  η_T after T
    Args
        initial: η₀
        steps: T
        decay: D, how many of them fall
        final: η_T
    Returns
        function of the step
    Raises
        ValueError: if T or D is not positive, or D exceeds T
    Source
        Zhai, Kolesnikov, Houlsby & Beyer 2022; Hu et al. 2024, who let it fall exponentially.
    Chapter
        optimization/schedules
    """
    require_whole("steps", steps)
    require_whole("decay", decay)
    require_number("initial", initial)
    require_number("final", final)
    if decay > steps:
        raise ValueError(f"decay must be at most steps, {steps}, got {decay}")

    def schedule(step: Step) -> Float[Array, ""]:
        left = jnp.clip(real(steps - jnp.minimum(step, steps)) / decay, 0, 1)
        return final + (initial - final) * left

    return schedule


def warmup(after: Schedule | ScalarLike, steps: int, start: ScalarLike = 0.0) -> Schedule:
    """Rise linearly to the first value of another schedule, which then begins.

    Equation
        η(t) = b + (η₀ − b) t / W  for t < W,  η(t − W) from there on
    Args
        after: η, a schedule or a number
        steps: W
        start: b
    Returns
        function of the step
    Raises
        ValueError: if W is not positive
    Source
        Goyal et al. 2017.
    Chapter
        optimization/schedules
    """
    require_rate(after)
    require_whole("steps", steps)
    require_number("start", start)

    def schedule(step: Step) -> Float[Array, ""]:
        first = learning_rate_at(after, jnp.zeros((), jnp.int32))
        rising = start + (first - start) * (real(step) / steps)
        later = learning_rate_at(after, jnp.maximum(jnp.asarray(step) - steps, 0))
        return jnp.where(step < steps, rising, later)

    return schedule
