"""What an optimizer is: a pair of functions, so that they chain and so that optax's fit too."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree, ScalarLike

from dl_lib.functional.numerics import widened
from dl_lib.optim._checks import (
    LAST_STEP,
    require_alike,
    require_gradients,
    require_number,
    require_pair,
)

__all__ = [
    "Optimizer",
    "Schedule",
    "apply_updates",
    "chain",
    "learning_rate_at",
    "next_step",
    "scale_by_schedule",
    "stateless",
    "update_with",
]

Schedule = Callable[[Int[Array, ""]], ScalarLike]


class Optimizer(NamedTuple):
    """A pair of pure functions that turns gradients into updates, optax's protocol.

    Args
        init: init(params) -> state
        update: update(grads, state, params=None, **extra) -> (updates, state); the updates are
            added to the parameters by `apply_updates`. An update may take more by name, as the loss
            `value`, its gradient `grad` and the function `value_fn` that a line search asks again
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
        ValueError: if the structures or the shapes differ
    Chapter
        linear_networks/linear_regression
    """
    require_alike("parameters", params, "updates", updates, dtypes=False)
    return jax.tree.map(lambda p, u: jnp.asarray(p + u, jnp.result_type(p)), params, updates)


def update_with(
    optimizer: Any, grads: PyTree, state: Any, params: PyTree = None, **extra: Any
) -> tuple[PyTree, Any]:
    """Update with as much of what is known of the loss as an optimizer asks for.

    Args
        optimizer: an (init, update) pair, ours or optax's
        grads: gradients of the parameters
        state: what the optimizer remembers
        params: the parameters
        extra: what may be asked for by name: `value`, the loss; `grad`, its gradient before any
            clipping; `value_fn`, the function of the parameters that it is
    Returns
        updates and the new state
    Chapter
        optimization/schedules
    """
    taken = inspect.signature(optimizer.update).parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in taken):
        names = {p.name for p in taken}
        extra = {name: value for name, value in extra.items() if name in names}
    return optimizer.update(grads, state, params, **extra)


def chain(*optimizers: Any) -> Optimizer:
    """Apply several one after the other, the first to the gradients.

    Equation
        u = f_k(… f₂(f₁(g)))
    Args
        optimizers: (init, update) pairs, optax's among them
    Returns
        one optimizer, whose state is the tuple of theirs; what its update gets by name it hands on
        to those that take it
    Raises
        TypeError: if one of them is no such pair
        ValueError: from update, if the state is that of another chain
    Chapter
        linear_networks/weight_decay
    """
    for place, optimizer in enumerate(optimizers):
        require_pair(f"what is chained in place {place}", optimizer)

    def init(params: PyTree) -> tuple:
        return tuple(optimizer.init(params) for optimizer in optimizers)

    def update(grads: PyTree, state: tuple, params: PyTree = None, **extra) -> tuple[PyTree, tuple]:
        if len(state) != len(optimizers):
            raise ValueError(f"chain of {len(optimizers)} got a state of length {len(state)}")
        new_state = []
        for optimizer, part in zip(optimizers, state, strict=True):
            grads, part = update_with(optimizer, grads, part, params, **extra)  # noqa: PLW2901
            new_state.append(part)
        return grads, tuple(new_state)

    return Optimizer(init, update)


def stateless(function: Callable[[PyTree, PyTree], PyTree]) -> Optimizer:
    """Make an optimizer of a function of gradients and parameters that remembers nothing.

    Args
        function: function(grads, params) -> updates, which is given at least float32
    Returns
        optimizer with the empty state ()
    Chapter
        linear_networks/weight_decay
    """

    def init(params: PyTree) -> tuple:
        del params
        return ()

    def update(grads: PyTree, state: tuple, params: PyTree = None, **extra) -> tuple[PyTree, tuple]:
        del extra
        require_gradients(grads, params)
        updates = function(widened(grads), widened(params))
        return jax.tree.map(lambda u, g: jnp.asarray(u, jnp.result_type(g)), updates, grads), state

    return Optimizer(init, update)


def scale_by_schedule(schedule: Schedule | ScalarLike) -> Optimizer:
    """Multiply by a factor that changes with the step.

    Equation
        u = η(t) g,  t = 0, 1, 2, …
    Args
        schedule: η, a function of the step, or a number
    Returns
        optimizer that counts the steps; the sign stays, so −η descends
    Raises
        TypeError: if η is neither
    Chapter
        optimization/schedules
    """
    if not callable(schedule):
        require_number("schedule", schedule)

    def init(params: PyTree) -> _StepState:
        del params
        return _StepState(jnp.zeros((), jnp.int32))

    def update(
        grads: PyTree, state: _StepState, params: PyTree = None, **extra
    ) -> tuple[PyTree, _StepState]:
        rate = learning_rate_at(schedule, state.step)
        scale = stateless(lambda grads, params: jax.tree.map(lambda g: rate * g, grads))
        return scale.update(grads, (), params, **extra)[0], _StepState(next_step(state.step))

    return Optimizer(init, update)


def learning_rate_at(learning_rate: Schedule | ScalarLike, step: Int[Array, ""]) -> ScalarLike:
    """Value of a learning rate that may be a number or a schedule.

    Args
        learning_rate: a number, or a function of the step
        step: number of updates made so far
    Returns
        scalar, in at least float32
    Raises
        ValueError: if a schedule gives more than one number
    Chapter
        optimization/schedules
    """
    rate = learning_rate(step) if callable(learning_rate) else learning_rate
    if jnp.ndim(rate):
        raise ValueError(f"a schedule gives one number a step, got shape {jnp.shape(rate)}")
    return widened(rate)


def next_step(step: Int[Array, ""]) -> Int[Array, ""]:
    """Count a step; the last number of the counter stays, where one more would be negative.

    Args
        step: number of updates made so far
    Returns
        one more
    Chapter
        optimization/schedules
    """
    return jnp.minimum(step, LAST_STEP - 1) + 1
