"""Batch norm, group norm or none at three batch sizes: letters, three passes, rates tuned alike.

Every pair of norm and batch size is tried at its rates on letters set aside ("tuning"), then at
the best of them with four other seeds on test letters ("test"). "pairs" is a batch norm whose
statistics are those of two letters at a time, in a batch of 64.
"""

import functools

import jax

from benchmarks.experiments._scored import accuracy_after
from dl_lib.core import Module
from dl_lib.data import Dataset, glyphs
from dl_lib.functional import batch_norm, batch_statistics, relu
from dl_lib.layers import BatchNorm, Conv2d, Flatten, GroupNorm, Linear, Sequential
from dl_lib.optim import sgd

__all__ = ["RUNS", "build", "measure"]


class Pairs(BatchNorm):
    """Batch norm by the statistics of two examples at a time in training, whatever the batch."""

    def __call__(self, x, ctx=None):
        if ctx is None or not ctx.training:
            return super().__call__(x, ctx)
        pairs = x.reshape(-1, 2, *x.shape[1:])
        mean, var = jax.vmap(batch_statistics)(pairs)
        old, n = ctx.latest(self), pairs[0].size // x.shape[1]
        ctx.record(
            self,
            running_mean=0.9 * old.running_mean + 0.1 * mean.mean(axis=0),
            running_var=0.9 * old.running_var + 0.1 * var.mean(axis=0) * n / (n - 1),
        )
        by_pair = jax.vmap(batch_norm, (0, 0, 0, None, None))
        return by_pair(pairs, mean, var, self.weight, self.bias).reshape(x.shape)


RATES = {2: (0.001, 0.003, 0.01), 8: (0.001, 0.003, 0.01, 0.03), 64: (0.01, 0.03, 0.1, 0.3)}
NORMS = {
    "none": lambda channels: [],
    "batch": lambda channels: [BatchNorm(channels)],
    "group": lambda channels: [GroupNorm(channels // 4, channels)],
    "pairs": lambda channels: [Pairs(channels)],
}
# The best rate for each norm and batch size, by the tuning runs.
BEST = {
    ("none", 2): 0.003,
    ("none", 8): 0.003,
    ("none", 64): 0.03,
    ("batch", 2): 0.003,
    ("batch", 8): 0.01,
    ("batch", 64): 0.1,
    ("group", 2): 0.003,
    ("group", 8): 0.01,
    ("group", 64): 0.03,
    ("pairs", 64): 0.1,
}


def _run(part, norm, batch_size, rate, seed):
    return {"part": part, "norm": norm, "batch_size": batch_size, "rate": rate, "seed": seed}


RUNS = [_run("tuning", *pair, rate, 0) for pair in BEST for rate in RATES[pair[1]]]
RUNS += [_run("test", *pair, best, seed) for pair, best in BEST.items() for seed in range(1, 5)]


def build(norm: str, key: jax.Array) -> Module:
    """Return four convolutions, of 8, 8, 16 and 16 channels, and a dense layer."""
    *keys, last = jax.random.split(key, 5)
    layers, channels = [], 1
    for place, out in enumerate((8, 8, 16, 16)):
        stride = 1 + (place + 1) % 2  # 28, 14, 14, 7, 7 pixels
        layers += [Conv2d(channels, out, 3, stride=stride, padding=1, key=keys[place])]
        layers += [*NORMS[norm](out), relu]
        channels = out
    return Sequential(*layers, Flatten(), Linear(channels * 49, 10, key=last))


@functools.cache
def _letters(seed: int) -> Dataset:
    return glyphs(2_000, seed=seed)


@functools.cache  # the same object for the same rate, so that its compiled step is shared
def _optimizer(rate: float):
    return sgd(rate, momentum=0.9)


def measure(part: str, norm: str, batch_size: int, rate: float, seed: int) -> dict[str, float]:
    """Train on 2,000 letters, and count on 2,000 others."""
    first, order = jax.random.split(jax.random.key(seed))
    return accuracy_after(
        build(norm, first),
        _letters(0),
        _letters(2 if part == "tuning" else 1),
        optimizer=_optimizer(rate),
        epochs=3,
        batch_size=batch_size,
        key=order,
    )
