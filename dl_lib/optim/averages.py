"""Running averages: of what an optimizer remembers, and of the parameters themselves."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, ScalarLike

from dl_lib.functional.numerics import widened
from dl_lib.optim._checks import require_alike, require_decay, require_nonnegatives
from dl_lib.optim.base import Optimizer, Schedule, learning_rate_at, next_step
from dl_lib.validation import is_known

__all__ = ["debiasing", "ema", "iterate_average", "running_average"]


class _AverageState(NamedTuple):
    step: Int[Array, ""]
    average: PyTree


class _IterateState(NamedTuple):
    step: Int[Array, ""]
    weight: Float[Array, ""]
    lost: Float[Array, ""]
    average: PyTree


def ema(decay: ScalarLike) -> Optimizer:
    """Exponential moving average of the parameters along their way.

    It averages what it is given, so it is no optimizer to chain. Call its `update(params, state)`
    after every step, or give it to fit: `fit(..., averaging=ema(0.999))`.

    Equation
        a ← ρ a + (1 − ρ) θ;  the average is a / (1 − ρᵗ),  t = 1, 2, …
    Args
        decay: ρ, whose average reaches back about 1 / (1 − ρ) steps
    Returns
        an (init, update) pair; update gives the average, in the type of the parameters
    Raises
        ValueError: if a known ρ lies outside [0, 1)
    Source
        Polyak & Juditsky 1992; Tarvainen & Valpola 2017. As `optax.ema`, with its correction for
        the start at 0.
    Chapter
        optimization/sgd
    """
    require_decay(decay=decay)

    def init(params: PyTree) -> _AverageState:
        return _AverageState(jnp.zeros((), jnp.int32), _zeros(params))

    def update(
        params: PyTree, state: _AverageState, _: PyTree = None, **extra
    ) -> tuple[PyTree, _AverageState]:
        del extra
        require_alike("parameters", params, "averages", state.average, dtypes=False)
        step = next_step(state.step)
        average = _like(state.average, running_average(decay, state.average, widened(params)))
        whole = debiasing(decay, step)
        unbiased = jax.tree.map(lambda a: a / whole, average)
        return _like(params, unbiased), _AverageState(step, average)

    return Optimizer(init, update)


def iterate_average(weight: Schedule | ScalarLike = 1.0) -> Optimizer:
    """Average of all parameters on the way, each with its weight.

    A weight of 1 is the mean of Polyak and Ruppert; the learning rate as weight is that of convex
    theory; a schedule that is 0 before some step and 1 at the end of every cycle is SWA. While all
    weights are 0 the average is the parameters as they are.

    Equation
        θ̄ = Σₜ wₜ θₜ / Σₜ wₜ,  t = 0, 1, …
    Args
        weight: wₜ ≥ 0, a number or a schedule
    Returns
        an (init, update) pair as `ema`; update gives the average, in the type of the parameters
    Raises
        ValueError: if a known weight is negative
    Source
        Polyak & Juditsky 1992; Izmailov et al. 2018, stochastic weight averaging.
    Chapter
        optimization/sgd
    """
    if not callable(weight):
        require_nonnegatives(weight=weight)

    def init(params: PyTree) -> _IterateState:
        none = jnp.zeros(())
        return _IterateState(jnp.zeros((), jnp.int32), none, none + 0, _zeros(params))

    def update(
        params: PyTree, state: _IterateState, _: PyTree = None, **extra
    ) -> tuple[PyTree, _IterateState]:
        del extra
        require_alike("parameters", params, "averages", state.average, dtypes=False)
        w = jnp.asarray(learning_rate_at(weight, state.step), state.weight.dtype)
        # Kahan's sum: a plain one would stop at 2²⁴ steps of weight 1.
        added = w - state.lost
        total = state.weight + added
        lost = (total - state.weight) - added
        share = jnp.where(total > 0, w / jnp.where(total > 0, total, 1), 1)
        new = jax.tree.map(lambda a, p: a + share * (p - a), state.average, widened(params))
        new = _like(state.average, new)
        return _like(params, new), _IterateState(next_step(state.step), total, lost, new)

    return Optimizer(init, update)


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
    # 1 − βᵗ = −expm1(t log β), which keeps its digits where βᵗ is near 1, as β itself in float32
    # does not: the logarithm of 0.999999 is a double.
    with np.errstate(divide="ignore"):
        log = np.log(np.float64(decay)) if is_known(decay) else jnp.log(widened(decay))
    return -jnp.expm1(step * jnp.asarray(log, float))


def _zeros(params):
    wide = jax.tree.map(lambda p: widened(jnp.asarray(p)), params)
    return jax.tree.map(lambda p: jnp.zeros(p.shape, p.dtype), wide)


def _like(tree, new):
    return jax.tree.map(lambda old, n: jnp.asarray(n, jnp.result_type(old)), tree, new)
