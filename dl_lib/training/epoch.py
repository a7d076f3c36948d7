"""One pass over the data: a scan over minibatches, or a Python loop over a compiled step.

On a CPU a dense network trains faster inside one `lax.scan`, since nothing returns to Python
between steps. A convolution inside a scan is ten times slower there than outside of it, so such
networks take the loop. Elsewhere the scan is right for all.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.data.minibatch import epoch_indices
from dl_lib.training.step import Recipe, State, train_step

__all__ = ["Plan", "best_loop", "has_convolution", "loop_epoch", "scan_epoch"]


class Plan(NamedTuple):
    """Which examples each step of an epoch sees.

    Args
        data: pytree of arrays with one row an example
        examples: number of rows
        batch_size: rows of a minibatch; None for all of them at every step
        key: decides the order of the examples and all noise
    Chapter
        linear_networks/linear_regression
    """

    data: Any
    examples: int
    batch_size: int | None
    key: Any

    def checked(self) -> "Plan":
        """Return this plan if its key is a key, or none is needed."""
        kind = getattr(self.key, "dtype", None)
        if self.key is None and self.batch_size is not None:
            raise ValueError("the order of the minibatches needs key=jax.random.key(...), got None")
        if self.key is not None and not jax.dtypes.issubdtype(kind, jax.dtypes.prng_key):
            raise TypeError(f"expected a key as of jax.random.key(0), got {kind or repr(self.key)}")
        return self

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return math.ceil(self.examples / (self.batch_size or self.examples))

    @property
    def noise_key(self) -> Any:
        """The key that each step folds its number into."""
        return None if self.key is None else jax.random.fold_in(self.key, 0)

    def sizes(self, steps: int) -> np.ndarray:
        """Numbers of examples in the first `steps` minibatches of an epoch."""
        size = self.batch_size or self.examples
        return np.minimum(size, self.examples - size * np.arange(steps))

    def rows(self, epoch: int, steps: int) -> tuple[Any, Any]:
        """Indices of the whole minibatches of an epoch, and of the smaller last one or None.

        Both are None without a batch size: every step then sees the data as they stand.
        """
        if self.batch_size is None:
            return None, None
        rows = np.asarray(_order(self.key, epoch, self.examples, self.batch_size))[:steps]
        whole = self.examples // self.batch_size
        left_over = rows[whole][: self.examples % self.batch_size] if steps > whole else None
        return rows[:whole], left_over


@partial(jax.jit, static_argnums=(2, 3))
def _order(key, epoch, examples, batch_size):
    key = jax.random.fold_in(jax.random.fold_in(key, 1), epoch)
    return epoch_indices(key, examples, batch_size)


@partial(jax.jit, static_argnames="recipe", donate_argnames="state")
def _one_step(recipe, state, data, row, key, step):
    return _step(recipe, state, data, row, key, step)


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


def _step(recipe, state, data, row, key, step):
    batch = data if row is None else jax.tree.map(lambda array: array[row], data)
    return train_step(recipe, state, batch, None if key is None else jax.random.fold_in(key, step))


def scan_epoch(
    recipe: Recipe, state: State, plan: Plan, epoch: int, steps: int
) -> tuple[State, np.ndarray]:
    """Train for one epoch inside one compiled program.

    Args
        recipe: what a step does
        state: parameters, statistics and optimizer; donated
        plan: which examples each step sees
        epoch: number of the epoch, from 1
        steps: how many steps of it to do
    Returns
        the new state, and the loss of each step
    Chapter
        performance/compilation
    """
    first = np.int32((epoch - 1) * plan.steps)
    rows, left_over = plan.rows(epoch, steps)
    state, losses = _scan(recipe, state, plan.data, rows, left_over, plan.noise_key, first)
    return state, np.asarray(losses)


def loop_epoch(
    recipe: Recipe,
    state: State,
    plan: Plan,
    epoch: int,
    steps: int,
    on_step: Callable[[int], None] = lambda step: None,
) -> tuple[State, np.ndarray]:
    """Train for one epoch with one compiled program a step; stop at a loss that is not finite.

    Args
        recipe: what a step does
        state: parameters, statistics and optimizer; donated
        plan: which examples each step sees
        epoch: number of the epoch, from 1
        steps: how many steps of it to do
        on_step: called with the number of finished steps
    Returns
        the new state, and the loss of each step
    Chapter
        performance/compilation
    """
    first, key, losses = (epoch - 1) * plan.steps, plan.noise_key, []
    for step, row in enumerate(_each(*plan.rows(epoch, steps))):
        state, loss = _one_step(recipe, state, plan.data, row, key, np.int32(first + step))
        losses.append(loss)
        # Reading the loss before this one leaves the device busy with a step in the meantime.
        if step > 0 and not math.isfinite(losses[step - 1]):
            break
        on_step(step + 1)
    return state, np.asarray(losses)


def _each(rows: Any, left_over: Any) -> Iterator[Any]:
    yield from [None] if rows is None else rows
    if left_over is not None:
        yield left_over


def best_loop(recipe: Recipe, state: State, plan: Plan) -> str:
    """Say whether the steps of this model belong into a scan or a loop.

    Args
        recipe: what a step does
        state: parameters, statistics and optimizer
        plan: which examples each step sees
    Returns
        "loop" for a step with a convolution on a CPU, else "scan"
    Chapter
        performance/compilation
    """
    if jax.default_backend() != "cpu":
        return "scan"
    row = None if plan.batch_size is None else np.zeros(plan.batch_size, np.int32)
    traced = _one_step.trace(recipe, state, plan.data, row, plan.noise_key, np.int32(0))
    return "loop" if has_convolution(traced.jaxpr) else "scan"


def has_convolution(jaxpr: Any) -> bool:
    """Look for a convolution in a traced program and all programs inside of it.

    Args
        jaxpr: what `jax.make_jaxpr` returns
    Returns
        whether there is one
    Chapter
        performance/compilation
    """
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        if equation.primitive.name == "conv_general_dilated":
            return True
        for value in equation.params.values():
            parts = value if isinstance(value, tuple | list) else (value,)
            inner = [part for part in parts if hasattr(part, "eqns") or hasattr(part, "jaxpr")]
            if any(has_convolution(part) for part in inner):
                return True
    return False
