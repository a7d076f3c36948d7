"""What optimizers with a memory share: a step for one array becomes one for a model."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact, Int, PyTree, ScalarLike

from dl_lib.functional.numerics import widened
from dl_lib.optim._checks import (
    require_alike,
    require_gradients,
    require_nonnegatives,
    require_rate,
)
from dl_lib.optim.base import Optimizer, Schedule, learning_rate_at, next_step
from dl_lib.regularizers import Mask, resolve_mask

__all__ = ["MemoryState", "decoupled_decay", "like_gradient", "like_square", "per_array"]


class MemoryState(NamedTuple):
    """How many steps were made, and what is remembered of each array, in at least float32."""

    step: Int[Array, ""]
    memory: dict[str, PyTree]


def per_array(
    learning_rate: Schedule | ScalarLike,
    move: Callable,
    memory: Mapping[str, Callable[[Array], Array]],
    pull: Callable[[PyTree], PyTree] | None = None,
    shared: Callable = lambda rate, step: rate,
) -> Optimizer:
    """Make an optimizer of move(g, shared, *memory) -> (update, *memory), for one array.

    `memory` has, by name, what is remembered at the start, a function of the array; `pull`, a
    function of all parameters, what is added to the direction; `shared`, what all arrays have in
    common in step t = 1, 2, …: the learning rate and what depends on t.
    """
    require_rate(learning_rate)

    def init(params: PyTree) -> MemoryState:
        arrays = jax.tree.map(lambda p: widened(jnp.asarray(p)), params)
        started = {name: jax.tree.map(start, arrays) for name, start in memory.items()}
        return MemoryState(jnp.zeros((), jnp.int32), started)

    def update(
        grads: PyTree, state: MemoryState, params: PyTree = None, **extra
    ) -> tuple[PyTree, MemoryState]:
        del extra
        _require_own(state, memory)
        require_gradients(grads, params)
        for name, tree in state.memory.items():
            require_alike("gradients", grads, name, tree, dtypes=False)
        rate, step = learning_rate_at(learning_rate, state.step), next_step(state.step)
        leaves, structure = jax.tree.flatten(grads)
        past = [structure.flatten_up_to(state.memory[name]) for name in memory]
        pulls = structure.flatten_up_to(pull(params)) if pull else [None] * len(leaves)
        common = shared(rate, step)
        updates, new = [], []
        for g, towards, *old in zip(leaves, pulls, *past, strict=True):
            u, *kept = move(widened(jnp.asarray(g)), common, *old)
            u = u if towards is None else u - rate * towards
            updates.append(jnp.asarray(u, jnp.result_type(g)))
            new.append([n.astype(o.dtype) for n, o in zip(kept, old, strict=True)])
        kept = {
            name: structure.unflatten([of_one[place] for of_one in new])
            for place, name in enumerate(memory)
        }
        return structure.unflatten(updates), MemoryState(step, kept)

    return Optimizer(init, update)


def decoupled_decay(name: str, rate: ScalarLike, mask: Mask) -> Callable[[PyTree], PyTree]:
    """What is added to the direction where weights decay beside the method and not through it."""
    require_nonnegatives(weight_decay=rate)

    def pull(params: PyTree) -> PyTree:
        if params is None:
            raise ValueError(f"{name} decays the parameters: call update(grads, state, params)")
        chosen = resolve_mask(mask, params)
        return jax.tree.map(lambda p, c: rate * widened(p) if c else 0.0, params, chosen)

    return pull


def like_gradient(p: Inexact[Array, "..."]) -> Inexact[Array, "..."]:
    """Zeros for what is a sum of gradients."""
    return jnp.zeros(p.shape, p.dtype)


def like_square(p: Inexact[Array, "..."]) -> Float[Array, "..."]:
    """Zeros for what is a sum of |g|², which is real."""
    return jnp.zeros(p.shape, p.real.dtype)


def _require_own(state, memory):
    if not isinstance(state, MemoryState) or set(state.memory) != set(memory):
        raise ValueError(
            f"expected the state of this optimizer, which remembers {sorted(memory)}; got that of "
            f"another: {getattr(state, 'memory', state)!r:.200}"
        )
