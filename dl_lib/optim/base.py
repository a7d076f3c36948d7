"""What an optimizer is: a pair of functions, so that they chain and so that optax's fit too."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree, ScalarLike

__all__ = [
    "Optimizer",
    "Schedule",
    "apply_updates",
    "chain",
    "learning_rate_at",
    "scale_by_schedule",
    "stateless",
]

Schedule = Callable[[Int[Array, ""]], ScalarLike]


class Optimizer(NamedTuple):
    """A pair of pure functions that turns gradients into updates, optax's protocol.

    Args
        init: init(params) -> state
        update: update(grads, state, params=None) -> (updates, state); the updates are added
            to the parameters by `apply_updates`
    Returns
        the pair
    Chapter
        linear_networks/linear_regression
    """

    init: Callable[[PyTree], Any]
    update: Callable[..., tuple[PyTree, Any]]


class _StepState(NamedTuple):
    step: Int[Array, ""]


def apply_updates(params: PyTree, updates: PyTree) -> PyTree:
    """Add the updates to the parameters, in the parameters' own precision.

    Equation
        θ ← θ + u
    Args
        params: a model or any tree of arrays; None leaves stay None
        updates: a tree of the same structure
    Returns
        the new parameters
    Raises
        ValueError: if the structures differ
    Chapter
        linear_networks/linear_regression
    """
    return jax.tree.map(lambda p, u: (p + u).astype(p.dtype), params, updates)


def chain(*optimizers: tuple) -> Optimizer:
    """Apply several one after the other, the first to the gradients.

    Equation
        u = f_k(… f₂(f₁(g)))
    Args
        optimizers: (init, update) pairs, optax's among them
    Returns
        one optimizer, whose state is the tuple of theirs
    Raises
        ValueError: from update, if the state is that of another chain
    Chapter
        linear_networks/weight_decay
    """

    def init(params: PyTree) -> tuple:
        return tuple(optimizer.init(params) for optimizer in optimizers)

    def update(grads: PyTree, state: tuple, params: PyTree = None) -> tuple[PyTree, tuple]:
        if len(state) != len(optimizers):
            raise ValueError(f"chain of {len(optimizers)} got a state of length {len(state)}")
        new_state = []
        for optimizer, part in zip(optimizers, state, strict=True):
            grads, part = optimizer.update(grads, part, params)  # noqa: PLW2901
            new_state.append(part)
        return grads, tuple(new_state)

    return Optimizer(init, update)


def stateless(function: Callable[[PyTree, PyTree], PyTree]) -> Optimizer:
    """Make an optimizer of a function of gradients and parameters that remembers nothing.

    Args
        function: function(grads, params) -> updates
    Returns
        optimizer with the empty state ()
    Chapter
        linear_networks/weight_decay
    """

    def init(params: PyTree) -> tuple:
        del params
        return ()

    def update(grads: PyTree, state: tuple, params: PyTree = None) -> tuple[PyTree, tuple]:
        return function(grads, params), state

    return Optimizer(init, update)


def scale_by_schedule(schedule: Schedule | ScalarLike) -> Optimizer:
    """Multiply by a factor that changes with the step.

    Equation
        u = η(t) g,  t = 0, 1, 2, …
    Args
        schedule: η, a function of the step, or a number
    Returns
        optimizer that counts the steps; the sign stays, so −η descends
    Chapter
        optimization/schedules
    """

    def init(params: PyTree) -> _StepState:
        del params
        return _StepState(jnp.zeros((), jnp.int32))

    def update(
        grads: PyTree, state: _StepState, params: PyTree = None
    ) -> tuple[PyTree, _StepState]:
        del params
        rate = learning_rate_at(schedule, state.step)
        updates = jax.tree.map(lambda g: (rate * g).astype(g.dtype), grads)
        return updates, _StepState(state.step + 1)

    return Optimizer(init, update)


def learning_rate_at(learning_rate: Schedule | ScalarLike, step: Int[Array, ""]) -> ScalarLike:
    """Value of a learning rate that may be a number or a schedule.

    Args
        learning_rate: a number, or a function of the step
        step: number of updates made so far
    Returns
        scalar
    Chapter
        optimization/schedules
    """
    return learning_rate(step) if callable(learning_rate) else learning_rate
