"""The value of the last report, kept by a layer of Mamba that may select, in part or not at all.

At each of 32 places a value between −1 and 1 is reported with probability .15; in between, 0 comes
in. Beside the values the layer sees where reports are, and is to say at each place the value that
was reported last, 0 before the first. In "first" there is one report, at the beginning. What is
"fixed" — "step", "weights" (B and C) or "all" — is made of a row of ones in place of the input, by
the same parameters, all of them learned. Rates are tuned with seed 0 ("tuning"); sequences are
drawn anew for each step, and those to judge by ("test") with three other seeds. "explained" is the
share of the variance of what is wanted, "far" that at places eight or more behind a report.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._streams import trained
from dl_lib.core import parameter_count, static
from dl_lib.layers import Linear, Mamba, Sequential
from dl_lib.losses import mse

__all__ = ["RUNS", "PartlySelective", "build", "drawn", "measure"]

LENGTH, REPORTED = 32, 0.15
STEPS, BATCH, WIDTH = 400, 32, 16
LADDER = (0.01, 0.03, 0.1, 0.3)
BEST = {
    ("last", "nothing"): 0.03,
    ("last", "step"): 0.03,
    ("last", "weights"): 0.03,
    ("last", "all"): 0.1,
    ("first", "all"): 0.03,
}


def _run(part, task, fixed, rate, seed):
    return {"part": part, "task": task, "fixed": fixed, "rate": rate, "seed": seed}


RUNS = [_run("tuning", *which, rate, 0) for which in BEST for rate in LADDER]
RUNS += [_run("test", *which, rate, seed) for which, rate in BEST.items() for seed in (1, 2, 3, 4)]


class PartlySelective(Mamba):
    """Mamba in which the step, or B and C, or all three, are the same at all times."""

    fixed: str = static()

    def __init__(self, width, *, fixed, key, **options):
        super().__init__(width, key=key, **options)
        self.fixed = fixed

    def _selection(self, u):
        seen, ones = super()._selection(u), super()._selection(jnp.ones_like(u))
        step = ones[0] if self.fixed in ("step", "all") else seen[0]
        weights = ones[2:] if self.fixed in ("weights", "all") else seen[2:]
        return step, seen[1], *weights


def build(fixed: str, key: jax.Array) -> Sequential:
    """Return a layer between two linear ones."""
    one, two, three = jax.random.split(key, 3)
    layer = PartlySelective(WIDTH, fixed=fixed, key=two, state=4, expansion=1)
    return Sequential(Linear(2, WIDTH, key=one), layer, Linear(WIDTH, 1, key=three))


def drawn(task: str, seed: int, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what comes in, what is wanted, and how far back it is, −1 where there is nothing."""
    chance = np.random.default_rng(seed)
    reported = chance.random((number, LENGTH)) < REPORTED
    if task == "first":
        reported = np.broadcast_to(np.arange(LENGTH) == 0, reported.shape)
    values = chance.uniform(-1, 1, (number, LENGTH)) * reported
    place = np.maximum.accumulate(np.where(reported, np.arange(LENGTH), -1), axis=1)
    wanted = np.take_along_axis(values, np.maximum(place, 0), axis=1) * (place >= 0)
    back = np.where(place < 0, -1, np.arange(LENGTH) - place)
    x = np.stack([values, reported], axis=-1)
    return x.astype(np.float32), wanted.astype(np.float32), back


@jax.jit
def _learned(model, batches, rate):
    def loss(model, batch, states):
        return mse(model(batch[0])[..., 0], batch[1]), states

    return trained(loss, model, batches, rate)


@functools.cache
def _batches(task, seed):
    x, wanted, _ = drawn(task, seed, STEPS * BATCH)
    return tuple(a.reshape(STEPS, BATCH, *a.shape[1:]) for a in (x, wanted))


def measure(part: str, task: str, fixed: str, rate: float, seed: int) -> dict[str, float]:
    """Learn from sequences drawn anew, and say which share of the variance is explained."""
    model = _learned(build(fixed, jax.random.key(seed)), _batches(task, seed), rate)
    x, wanted, back = drawn(task, 100 + seed, 2_000)
    error = (np.asarray(model(x))[..., 0] - wanted) ** 2

    def explained(where):
        return round(float(1 - error[where].mean() / wanted[where].var()), 4)

    return {
        "parameters": parameter_count(model),
        "explained": explained(back >= -1),
        "far": explained(back >= 8),
    }
