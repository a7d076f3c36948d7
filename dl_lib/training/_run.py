"""One training run, from the first epoch or from a checkpoint to the end."""

import contextlib
import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.core import named, partition
from dl_lib.data._progress import Progress
from dl_lib.training._data import Plan, Stream
from dl_lib.training._epoch import best_loop, loop_epoch, scan_epoch
from dl_lib.training._measures import Measures
from dl_lib.training._precision import LAST
from dl_lib.training.checkpoint import Checkpoints, restored
from dl_lib.training.history import History
from dl_lib.training.step import Recipe, TrainState, all_finite, copy, initial_state
from dl_lib.training.stopping import DivergenceError, EarlyStopping

__all__ = ["Run"]


@dataclasses.dataclass(frozen=True)
class Run:
    """One call of `fit`: how often to go over the data, or how many steps to make, and all else."""

    recipe: Recipe
    plan: Plan | Stream
    epochs: int | None
    steps: int | None
    measures: Measures
    stopping: EarlyStopping | None
    checkpoints: Checkpoints | None
    callback: Callable | None
    progress: Progress
    loop: str

    def go(self, model: Any) -> tuple[Any, History]:
        """Train, and give every error on the way the model and the history until then."""
        state = initial_state(self.recipe, model)
        state, model, best, history = self._resume(state, model)
        loop = best_loop(self.recipe, state, self.plan) if self.loop == "auto" else self.loop
        done = len(history.losses)
        try:
            while self._goes_on(len(history.epochs), done):
                if self.stopping and self.stopping.should_stop(history):
                    break
                epoch, limit = len(history.epochs) + 1, self._limit(done)
                state, losses = self._epoch(loop, state, epoch, done, limit)
                self._require_finite(model, history, state, losses)
                new = copy(self.recipe.result(state))  # the next step donates the state's arrays
                model, history = new, history.append(losses, self.measures(new, losses))
                if self.stopping is None or self.stopping.best_epoch(history) == epoch:
                    best = model
                done += len(losses)
                self._report(state, model, best, history, done, whole=self._whole(losses, limit))
        except BaseException as error:
            with contextlib.suppress(AttributeError):
                error.model, error.history = model, history
            raise
        return best, history

    def _goes_on(self, epochs, done):
        return done < self.steps if self.epochs is None else epochs < self.epochs

    def _limit(self, done):
        """The most steps of the next epoch; None for a stream that says itself when it ends."""
        left = None if self.steps is None else self.steps - done
        return min((n for n in (left, self.plan.steps) if n is not None), default=None)

    def _whole(self, losses, limit):
        return len(losses) == self.plan.steps or (
            self.plan.steps is None and (limit is None or len(losses) < limit)
        )

    def _epoch(self, loop, state, epoch, first, limit):
        if loop == "scan":
            return scan_epoch(self.recipe, state, self.plan, epoch, first, limit)
        tell = functools.partial(self._tell, epoch, limit=limit)
        return loop_epoch(self.recipe, state, self.plan, epoch, first, limit, tell)

    def _require_finite(self, model, history, state, losses):
        trained = partition(state.model, self.recipe.trained)[0]
        stuck = state.scale is not None and float(state.scale.factor) <= LAST
        if stuck or not (np.isfinite(losses).all() and _all_finite(trained)):
            what = "every gradient overflows" if stuck else "a parameter became infinite or NaN"
            bad = [n for n, leaf in named(model).items() if not history.epochs and _is_bad(leaf)]
            cause = f"{bad[0]} was infinite or NaN from the start" if bad else None
            cause = self.plan.not_finite() or cause
            raise DivergenceError(model, history, losses, what, cause)

    def _report(self, state, model, best, history, done, whole):
        # A part of an epoch cannot be continued, and is done again after an interruption.
        epoch, last = len(history.epochs), not self._goes_on(len(history.epochs), done)
        if self.checkpoints and whole and (epoch % self.checkpoints.every == 0 or last):
            facts = {"settings": self._settings(), "history": history.to_text()}
            self.checkpoints.write(epoch, self._arrays(state, best), facts)
        measures = history.epochs[-1].measures.items()
        text = "  ".join(f"{name} {value:.4g}" for name, value in measures)
        self._tell(epoch, 1, limit=1, text=text, now=last)
        if self.callback:
            self.callback(model, history)

    def _tell(self, epoch, step, *, limit, text="", now=False):
        steps = self.plan.steps
        epochs = self.epochs or (math.ceil(self.steps / steps) if steps else None)
        share = (epoch - 1 + (step / limit if limit else 0)) / epochs if epochs else None
        self.progress.show(f"epoch {epoch}/{epochs or '?'}", text, share, now=now)

    def _arrays(self, state, best):
        return state._asdict() | ({"best": best} if self.stopping else {})

    def _settings(self):
        key = self.plan.key
        return {
            "examples": self.plan.examples,
            "batch_size": self.plan.batch_size,
            "key": None if key is None else np.asarray(jax.random.key_data(key)).tolist(),
            "stopping": None if self.stopping is None else dataclasses.asdict(self.stopping),
            "columns": self.measures.columns,
        }

    def _resume(self, state, model):
        start = state, model, model, History()
        if self.checkpoints is None:
            return start
        self.checkpoints.open(self._arrays(state, model), self._settings())
        if (found := self.checkpoints.newest()) is None:
            return start
        arrays, facts = found
        for name, mine in self._settings().items():
            if (other := facts["settings"].get(name)) != mine:
                raise ValueError(f"the checkpoint was made with {name}={other}, not {mine}")
        history = History.from_text(facts["history"])
        counts = {"epochs": len(history.epochs), "steps": len(history.losses)}
        for name, count in counts.items():
            wanted = getattr(self, name)
            if wanted is not None and count > wanted:
                raise ValueError(
                    f"the checkpoint has {count} {name}, more than the {wanted} wanted"
                )
        parts = restored(self._arrays(state, model), arrays)
        best = parts.pop("best", None)
        state = TrainState(**parts)
        model = copy(self.recipe.result(state))
        return state, model, model if best is None else best, history


_all_finite = jax.jit(all_finite)


def _is_bad(leaf):
    return jnp.issubdtype(leaf.dtype, jnp.inexact) and not _all_finite(leaf)
