"""How many steps a network takes to a loss, by the size of its batches.

A network with 64 tanh units learns 1,297 digits of 8×8 pixels by plain SGD; batches are drawn anew,
with replacement. Counted are the steps until the loss of all 1,297 is below each target; from the
smallest batches on it is looked at every 32 steps, then after 32 digits, then at every step. The
rate of each batch size is tuned by one ladder with seeds of their own ("tuning"); runs with the
best rate for any of the targets and five other seeds are "judged". A target not reached in time
counts as infinitely far.
"""

import functools

import jax
import jax.numpy as jnp

from benchmarks.experiments._digit_network import LEARNED, scores, shuffled_digits, started
from dl_lib.losses import cross_entropy

__all__ = ["RUNS", "TARGETS", "measure"]

TARGETS = (0.3, 0.1, 0.03)
SIZES = tuple(2**k for k in range(11))
LADDER = tuple(round(2 ** (k / 2), 4) for k in range(-12, 9))
BEST = {1: (0.0625,), 2: (0.0884, 0.125, 0.1768), 4: (0.1768, 0.25, 0.3536), 8: (0.5,), 16: (1.0,)}
BEST |= {32: (1.4142, 2.0), 64: (2.0, 2.8284, 4.0), 128: (2.8284, 4.0, 5.6569)}
BEST |= {256: (2.8284, 4.0, 5.6569), 512: (2.8284, 4.0, 8.0), 1024: (2.8284, 4.0, 8.0)}


def _run(part, batch, rate, seed):
    return {"part": part, "batch": batch, "rate": rate, "seed": seed}


def _near(batch):
    """The part of the ladder where the best rate of a batch size may lie."""
    middle = min(4.0, 0.0625 * batch)
    return [rate for rate in LADDER if middle / 4.5 < rate < 4.5 * middle]


RUNS = [_run("tuning", b, rate, seed) for b in SIZES for rate in _near(b) for seed in (1, 2, 3)]
RUNS += [
    _run("judged", batch, rate, seed)
    for batch, rates in BEST.items()
    for rate in rates
    for seed in range(4, 9)
]


def _loss(network, X, y):
    return cross_entropy(scores(network, X), y)


@functools.partial(jax.jit, static_argnums=4)
def _counted(X, y, seed, rate, batch):
    each, most = max(1, 32 // batch), int(150 * (1 + 100 / batch))
    start, key = jax.random.split(jax.random.key(seed))

    def step(network, key):
        rows = jax.random.randint(key, (batch,), 0, len(y))
        slope = jax.grad(_loss)(network, X[rows], y[rows])
        return jax.tree.map(lambda x, s: x - rate * s, network, slope), None

    def go_on(state):
        _, steps, counted = state
        return jnp.isinf(counted[-1]) & (steps < most)

    def look(state):
        network, steps, counted = state
        keys = jax.random.split(jax.random.fold_in(key, steps), each)
        network, steps = jax.lax.scan(step, network, keys)[0], steps + each
        there = _loss(network, X, y) < jnp.array(TARGETS)
        return network, steps, jnp.where(there, jnp.minimum(counted, steps), counted)

    state = started(start), 0, jnp.full(len(TARGETS), jnp.inf)
    return jax.lax.while_loop(go_on, look, state)[2]


def measure(part: str, batch: int, rate: float, seed: int) -> dict[str, float]:
    """Count the steps of a run to each of the targets."""
    del part
    X, y = (part[:LEARNED] for part in shuffled_digits())
    counted = _counted(X, y, seed, rate, batch)
    return {f"steps_{t}": float(c) for t, c in zip(TARGETS, counted, strict=True)}
