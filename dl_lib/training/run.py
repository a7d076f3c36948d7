"""One training run, from the first epoch or from a checkpoint to the end."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.optim import Optimizer, chain, clip_by_global_norm
from dl_lib.training.checkpoint import Checkpoints, restored
from dl_lib.training.divergence import DivergenceError
from dl_lib.training.epoch import Plan, best_loop, loop_epoch, scan_epoch
from dl_lib.training.history import History
from dl_lib.training.measures import Measures
from dl_lib.training.progress import Progress
from dl_lib.training.step import Recipe, copy, initial_state, require_optimizer
from dl_lib.training.stopping import EarlyStopping

__all__ = ["Run", "clipped", "count_steps", "every_parameter"]


def every_parameter(name: str) -> bool:
    """Train whatever its name.

    Args
        name: of a parameter
    Returns
        True
    Chapter
        builders_guide/parameters
    """
    del name
    return True


@functools.lru_cache(maxsize=64)
def clipped(optimizer: Any, clip_norm: float | None) -> Any:
    """Shorten long gradients before the optimizer sees them.

    Args
        optimizer: an (init, update) pair
        clip_norm: the largest length, or None
    Returns
        the optimizer; the same object for the same arguments, so that compiled steps are shared
    Raises
        TypeError: if the optimizer has no init and update
        ValueError: if clip_norm is not positive
    Chapter
        rnn/bptt
    """
    require_optimizer(optimizer)
    if clip_norm is None:
        return optimizer
    pair = Optimizer(optimizer.init, optimizer.update)  # whatever class the pair is of
    return chain(clip_by_global_norm(clip_norm), pair)


def count_steps(plan: Plan, epochs: int | None, steps: int | None) -> int:
    """Count the updates of a run.

    Args
        plan: which examples each step sees
        epochs: passes over the data, or None
        steps: updates, or None
    Returns
        the number of updates
    Raises
        ValueError: unless one of the two is given, and at least 1
    Chapter
        linear_networks/linear_regression
    """
    if (epochs is None) == (steps is None):
        raise ValueError(f"expected either epochs or steps, got epochs={epochs}, steps={steps}")
    total = epochs * plan.steps if steps is None else steps
    if total < 1:
        raise ValueError(f"expected at least 1, got epochs={epochs}, steps={steps}")
    return total


@dataclasses.dataclass(frozen=True)
class Run:
    """One call of `fit`.

    Args
        recipe: what a step does
        plan: which examples each step sees
        total: number of updates
        measures: what is measured after each epoch
        stopping: when to stop early, or None
        checkpoints: where to write, or None
        callback: called after each epoch, or None
        progress: who is told
        loop: "scan", "loop" or "auto"
    Raises
        ValueError: for another loop, or a quantity to stop by that is not measured
    Chapter
        linear_networks/linear_regression
    """

    recipe: Recipe
    plan: Plan
    total: int
    measures: Measures
    stopping: EarlyStopping | None
    checkpoints: Checkpoints | None
    callback: Callable | None
    progress: Progress
    loop: str

    def __post_init__(self):
        if self.loop not in ("auto", "scan", "loop"):
            raise ValueError(f'loop must be "auto", "scan" or "loop", got {self.loop!r}')
        if self.stopping and self.stopping.quantity not in self.measures.columns:
            raise ValueError(
                f"cannot stop by {self.stopping.quantity!r}: expected one of "
                f"{self.measures.columns}"
            )

    def go(self, model: Any) -> tuple[Any, History]:
        """Train.

        Args
            model: what to start from
        Returns
            the trained model and the history
        Raises
            DivergenceError: if the loss or a parameter becomes infinite or NaN
        """
        state = initial_state(self.recipe, model)
        loop = best_loop(self.recipe, state, self.plan) if self.loop == "auto" else self.loop
        model, best, state, history = self._resume(model, state)
        while (done := len(history.epochs) * self.plan.steps) < self.total:
            if self.stopping and self.stopping.should_stop(history):
                break
            epoch, steps = len(history.epochs) + 1, min(self.plan.steps, self.total - done)
            state, losses = self._epoch(loop, state, epoch, steps)
            if not (np.isfinite(losses).all() and _all_finite(state.trained)):
                raise DivergenceError(model, history, losses)
            model = copy(state.model)  # the next step donates the arrays of the state
            history = history.append(losses, self.measures(model, losses))
            if self.stopping is None or self.stopping.best_epoch(history) == epoch:
                best = model
            self._report(epoch, steps, model, best, state, history)
        return best, history

    def _epoch(self, loop, state, epoch, steps):
        if loop == "scan":
            return scan_epoch(self.recipe, state, self.plan, epoch, steps)
        tell = functools.partial(self.progress.step, epoch)
        return loop_epoch(self.recipe, state, self.plan, epoch, steps, tell)

    def _report(self, epoch, steps, model, best, state, history):
        # A part of an epoch cannot be continued, and is done again after an interruption.
        whole, last = steps == self.plan.steps, epoch * self.plan.steps >= self.total
        if self.checkpoints and whole and (epoch % self.checkpoints.every == 0 or last):
            arrays = self._arrays(model, best, state)
            facts = {"settings": self._settings(), "history": history.to_text()}
            self.checkpoints.write(epoch, arrays, facts)
        self.progress.epoch(epoch, history.epochs[-1].measures)
        if self.callback:
            self.callback(model, history)

    def _arrays(self, model, best, state):
        arrays = {"model": model, "optimizer": state.optimizer}
        return arrays | ({"best": best} if self.stopping else {})

    def _settings(self):
        key = self.plan.key
        return {
            "examples": self.plan.examples,
            "batch_size": self.plan.batch_size,
            "key": None if key is None else np.asarray(jax.random.key_data(key)).tolist(),
            "stopping": None if self.stopping is None else dataclasses.asdict(self.stopping),
            "columns": self.measures.columns,
        }

    def _resume(self, model, state):
        start = model, model, state, History()
        if self.checkpoints is None:
            return start
        self.checkpoints.open()
        if (found := self.checkpoints.newest()) is None:
            return start
        arrays, facts = found
        for name, mine in self._settings().items():
            if (other := facts["settings"].get(name)) != mine:
                raise ValueError(f"the checkpoint was made with {name}={other}, not {mine}")
        history = History.from_text(facts["history"])
        if len(history.losses) > self.total:
            raise ValueError(
                f"the checkpoint has {len(history.losses)} steps, more than the {self.total} wanted"
            )
        parts = restored(self._arrays(model, model, state), arrays)
        model = parts["model"]
        state = initial_state(self.recipe, model)._replace(optimizer=parts["optimizer"])
        return model, parts.get("best", model), state, history


@jax.jit
def _all_finite(tree):
    return jnp.all(jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]))
