"""How much of a signal is left after each step of a diffusion."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dl_lib.validation import require_unit_interval, whole_number

__all__ = ["cosine_noise_schedule", "linear_noise_schedule"]


def cosine_noise_schedule(
    steps: int, offset: float = 0.008, most: float = 0.999
) -> Float[Array, "levels"]:
    """Share of the variance kept after each step: the squared cosine of an angle that grows evenly.

    Equation
        c(t) = cos²(π/2 · (t/T + o)/(1 + o))
        ᾱₜ = Πₛ≤ₜ (1 − βₛ),  βₜ = min(1 − c(t)/c(t − 1), most)
    Args
        steps: T
        offset: o, without which the first steps would add almost nothing
        most: largest share of the variance that one step may replace
    Returns
        (T + 1,), from ᾱ₀ = 1 down
    Raises
        ValueError: if T is not a positive whole number, or the share lies outside [0, 1]
    Source
        Nichol & Dhariwal 2021, equation 17.
    Chapter
        generative/diffusion
    """
    require_unit_interval("most", most)
    part = np.arange(whole_number("steps", steps) + 1) / steps
    cosine = np.cos(np.pi / 2 * (part + offset) / (1 + offset)) ** 2
    return _kept(np.minimum(1 - cosine[1:] / cosine[:-1], most))


def linear_noise_schedule(
    steps: int, first: float = 1e-4, last: float = 0.02
) -> Float[Array, "levels"]:
    """Share of the variance kept after each step, where the replaced share grows evenly.

    Equation
        ᾱₜ = Πₛ≤ₜ (1 − βₛ),  β₁ = first, …, β_T = last in equal steps
    Args
        steps: T
        first: share of the variance that the first step replaces
        last: and the last one; the defaults are meant for 1,000 steps
    Returns
        (T + 1,), from ᾱ₀ = 1 down
    Raises
        ValueError: if T is not a positive whole number, or a share lies outside [0, 1]
    Source
        Ho, Jain & Abbeel 2020, section 4.
    Chapter
        generative/diffusion
    """
    require_unit_interval("first", first)
    require_unit_interval("last", last)
    return _kept(np.linspace(first, last, whole_number("steps", steps)))


def _kept(replaced: np.ndarray) -> Float[Array, "levels"]:
    return jnp.asarray(np.cumprod(np.concatenate([[1.0], 1 - replaced])), jnp.float32)
