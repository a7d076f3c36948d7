"""An older copy of a network, which says what its targets are."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree, ScalarLike

from dl_lib.validation import is_known, require_positive, require_unit_interval

__all__ = ["hard_update", "soft_update"]


def hard_update(
    new: PyTree, old: PyTree, step: int | Int[Array, ""], period: int | Int[Array, ""]
) -> PyTree:
    """Take the new parameters for the old ones, once in so many steps.

    Equation
        θ⁻ ← θ  if step mod period = 0,  else θ⁻
    Args
        new: θ, a tree of arrays, the network that learns
        old: θ⁻, a tree of the same structure, its copy
        step: how many steps it has learned
        period: after how many the copy is made
    Returns
        the copy
    Raises
        ValueError: if a known period is not positive
    Source
        Mnih et al. 2015. As `optax.periodic_update`.
    Chapter
        rl/deep_q
    """
    if is_known(period):
        require_positive("period", period)
    now = jnp.asarray(step) % period == 0
    return jax.tree.map(lambda n, o: jnp.where(now, n, o), new, old)


def soft_update(new: PyTree, old: PyTree, rate: ScalarLike) -> PyTree:
    """Let the old parameters follow the new ones, a little in each step.

    Equation
        θ⁻ ← (1 − τ) θ⁻ + τ θ
    Args
        new: θ, a tree of arrays, the network that learns
        old: θ⁻, a tree of the same structure, which follows
        rate: τ, from 0 (it stays) to 1 (it is the same)
    Returns
        the follower
    Raises
        ValueError: if τ is outside of 0 to 1
    Source
        Lillicrap et al. 2016. As `optax.incremental_update`.
    Chapter
        rl/deep_q
    """
    require_unit_interval("rate", rate)
    return jax.tree.map(lambda n, o: ((1 - rate) * o + rate * n).astype(o.dtype), new, old)
