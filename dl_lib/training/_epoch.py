"""One pass over the data: a scan over minibatches, or a Python loop over a compiled step.

On a CPU a dense network trains faster inside one `lax.scan`, since nothing returns to Python
between steps. A convolution inside a scan is ten times slower there than outside of it, so such
networks take the loop. Elsewhere the scan is right for all. Batches that stream in need the loop.
"""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.training._data import Plan, Stream
from dl_lib.training.step import Recipe, TrainState, train_step

__all__ = ["best_loop", "has_convolution", "loop_epoch", "scan_epoch"]


def scan_epoch(
    recipe: Recipe, state: TrainState, plan: Plan, epoch: int, first: int, steps: int
) -> tuple[TrainState, np.ndarray]:
    """Train for one epoch, from the step `first` of the run, inside one compiled program."""
    rows, left_over = plan.rows(epoch, steps)
    key, first = _noise(plan), _number(first)
    state, losses = _scan(recipe, state, plan.data, rows, left_over, key, first)
    return state, np.asarray(losses)


@partial(jax.jit, static_argnames="recipe", donate_argnames="state")
def _scan(recipe, state, data, rows, left_over, key, first):
    def body(carry, row):
        state, step = carry
        state, loss = _step(recipe, state, data, row, key, step)
        return (state, step + 1), loss

    if rows is None:  # every step sees all the data, and there is one step an epoch
        (state, _), loss = body((state, first), None)
        return state, loss[None]
    (state, step), losses = jax.lax.scan(body, (state, first), rows)
    if left_over is not None:
        state, loss = _step(recipe, state, data, left_over, key, step)
        losses = jnp.append(losses, loss)
    return state, losses


def loop_epoch(
    recipe: Recipe,
    state: TrainState,
    plan: Plan | Stream,
    epoch: int,
    first: int,
    steps: int | None,
    on_step: Callable[[int], None] = lambda step: None,
) -> tuple[TrainState, np.ndarray]:
    """Train for one epoch with one compiled program a step; stop at a loss that is not finite."""
    key, losses = _noise(plan), []
    for data, row in plan.batches(epoch, steps):
        state, loss = _one_step(recipe, state, data, row, key, _number(first + len(losses)))
        losses.append(loss)
        # Reading the loss before this one leaves the device busy with a step in the meantime.
        if len(losses) > 1 and not math.isfinite(losses[-2]):
            break
        on_step(len(losses))
    return state, np.asarray(losses)


@partial(jax.jit, static_argnames="recipe", donate_argnames="state")
def _one_step(recipe, state, data, row, key, step):
    return _step(recipe, state, data, row, key, step)


def _step(recipe, state, data, row, key, step):
    batch = data if row is None else jax.tree.map(lambda array: array[row], data)
    return train_step(recipe, state, batch, None if key is None else jax.random.fold_in(key, step))


def _noise(plan):
    """The key that each step folds its number into."""
    return None if plan.key is None else jax.random.fold_in(plan.key, 0)


def _number(step):
    """The number of a step as `fold_in` takes it, which is no more than 32 bits."""
    return np.uint32(step % 2**32)


def best_loop(recipe: Recipe, state: TrainState, plan: Plan | Stream) -> str:
    """Say "loop" for a step with a convolution on a CPU and for a stream, else "scan"."""
    if isinstance(plan, Stream):
        return "loop"
    if jax.default_backend() != "cpu":
        return "scan"
    row = None if plan.batch_size is None else np.zeros(plan.batch_size, np.int32)
    traced = _one_step.trace(recipe, state, plan.data, row, _noise(plan), _number(0))
    return "loop" if has_convolution(traced.jaxpr) else "scan"


@lru_cache(maxsize=64)  # a call of `fit` like the one before has the same program
def has_convolution(jaxpr: Any) -> bool:
    """Look for a convolution in a traced program and all programs inside of it."""
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        if equation.primitive.name == "conv_general_dilated":
            return True
        for value in equation.params.values():
            parts = value if isinstance(value, tuple | list) else (value,)
            inner = [part for part in parts if hasattr(part, "eqns") or hasattr(part, "jaxpr")]
            if any(has_convolution(part) for part in inner):
                return True
    return False
