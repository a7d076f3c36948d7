"""Running averages of trees, and what they lack as long as they are young."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PyTree, ScalarLike

from dl_lib.validation import is_known

__all__ = ["debiasing", "require_decay", "running_average"]


def running_average(decay: ScalarLike, average: PyTree, new: PyTree) -> PyTree:
    """Exponential average of arrays, leaf by leaf.

    Equation
        a ← ρ a + (1 − ρ) x
    Args
        decay: ρ
        average: a, a tree of arrays
        new: x, a tree of the same structure
    Returns
        the new average
    Chapter
        optimization/adaptive_methods
    """
    return jax.tree.map(lambda a, n: decay * a + (1 - decay) * n, average, new)


def debiasing(decay: ScalarLike, step: Int[Array, ""]) -> Array:
    """Sum of the weights in an average that began at zero, by which it is too small.

    Equation
        (1 − β) Σ_{i=1}^{t} β^{t−i} = 1 − βᵗ
    Args
        decay: β
        step: t, from 1
    Returns
        scalar from 1 − β, at the first step, to 1
    Source
        Kingma & Ba 2015, section 3.
    Chapter
        optimization/adaptive_methods
    """
    # 1 − βᵗ = −expm1(t log β), which keeps its digits where βᵗ is near 1.
    return -jnp.expm1(step * jnp.log(decay))


def require_decay(**decays: ScalarLike) -> None:
    """Raise unless an average with these decays forgets, and does not change sign as it does.

    Args
        decays: by the name to call them in the message
    Returns
        nothing
    Raises
        ValueError: if a known decay lies outside [0, 1)
    Chapter
        optimization/adaptive_methods
    """
    for name, decay in decays.items():
        if is_known(decay) and not 0 <= np.asarray(decay) < 1:
            raise ValueError(f"{name} must lie in [0, 1), got {decay}")
