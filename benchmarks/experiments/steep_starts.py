"""A deep network from ordinary and from steep starts, with and without a warmup.

A network with three layers of 64 rectified units learns 1,297 digits of 8×8 pixels by plain SGD in
shuffled batches of 16, 300 steps long. `gain` times one over its inputs is the variance of a
weight at the start. The rate rises to its peak in `warmup` steps, and over the whole run it falls
in a straight line to zero. `loss_` is the mean loss of the 1,297 at the end, one for each peak.
Peaks are tuned with the seeds 0 to 2.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from benchmarks.experiments._digit_network import (
    LEARNED,
    descended,
    epochs,
    he_layers,
    shuffled_digits,
)
from dl_lib.functional import relu
from dl_lib.losses import cross_entropy

__all__ = ["PEAKS", "RUNS", "measure"]

BATCH, STEPS, SIZES = 16, 300, (64, 64, 64, 64, 10)
PEAKS = tuple(round(0.01 * 2 ** (k / 2), 3) for k in range(15))
RUNS = [
    {"gain": gain, "warmup": warmup, "seed": seed}
    for gain in (2, 8)
    for warmup in (0, 5, 20, 60)
    for seed in range(9)
]


def _loss(network, X, y):
    *hidden, (last, bias) = network
    for W, b in hidden:
        X = relu(X @ W + b)
    return cross_entropy(X @ last + bias, y)


@jax.jit
def _trained(X, y, rows, rates, seed, gain) -> Float[Array, ""]:
    def loss(network, rows):
        return _loss(network, X[rows], y[rows])

    first = he_layers(jax.random.key(seed), list(itertools.pairwise(SIZES)), gain)
    return _loss(descended(loss, first, rates, rows), X, y)


def measure(gain: int, warmup: int, seed: int) -> dict[str, float]:
    """Train with every peak of the rate."""
    X, y = (part[:LEARNED] for part in shuffled_digits())
    step = np.arange(STEPS)
    shape = (1 - step / STEPS) * np.minimum(1, (step + 1) / max(warmup, 1))
    rates = jnp.asarray(np.outer(PEAKS, shape), jnp.float32)
    several = jax.vmap(_trained, (None, None, None, 0, None, None))
    rows = epochs(np.random.default_rng(seed), STEPS, BATCH)
    found = np.asarray(several(X, y, rows, rates, seed, float(gain)))
    return {f"loss_{p}": round(float(v), 4) for p, v in zip(PEAKS, found, strict=True)}
