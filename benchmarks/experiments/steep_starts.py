"""A deep network from ordinary and from steep starts, with and without a warmup.

A network with three layers of 64 rectified units learns 1,297 digits of 8×8 pixels by plain SGD in
shuffled batches of 16, 300 steps long. `gain` times one over its inputs is the variance of a
weight at the start. The rate rises to its peak in `warmup` steps, and over the whole run it falls
in a straight line to zero. `leak` is the slope that a unit keeps below zero. `loss_` is the mean
loss of the 1,297 at the end, one for each peak. Peaks are tuned with the seeds 0 to 2.
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
from dl_lib.functional import leaky_relu
from dl_lib.losses import cross_entropy

__all__ = ["PEAKS", "RUNS", "measure"]

BATCH, STEPS, SIZES = 16, 300, (64, 64, 64, 64, 10)
PEAKS = tuple(round(0.01 * 2 ** (k / 2), 3) for k in range(15))
SETTINGS = [(gain, 0.0, warmup) for gain in (2, 8) for warmup in (0, 5, 20, 60)]
LEAKING = ((8, 0.1), (8, 0.2), (8, 0.3), (10, 0.3))  # the last is as steep as the first
SETTINGS += [(gain, leak, warmup) for gain, leak in LEAKING for warmup in (0, 60)]
RUNS = [
    {"gain": gain, "leak": leak, "warmup": warmup, "seed": seed}
    for gain, leak, warmup in SETTINGS
    for seed in range(9)
]


def _loss(network, X, y, leak):
    *hidden, (last, bias) = network
    for W, b in hidden:
        X = leaky_relu(X @ W + b, leak)
    return cross_entropy(X @ last + bias, y)


@jax.jit
def _trained(X, y, rows, rates, seed, gain, leak) -> Float[Array, ""]:
    def loss(network, rows):
        return _loss(network, X[rows], y[rows], leak)

    first = he_layers(jax.random.key(seed), list(itertools.pairwise(SIZES)), gain)
    return _loss(descended(loss, first, rates, rows), X, y, leak)


def measure(gain: int, leak: float, warmup: int, seed: int) -> dict[str, float]:
    """Train with every peak of the rate."""
    X, y = (part[:LEARNED] for part in shuffled_digits())
    step = np.arange(STEPS)
    shape = (1 - step / STEPS) * np.minimum(1, (step + 1) / max(warmup, 1))
    rates = jnp.asarray(np.outer(PEAKS, shape), jnp.float32)
    several = jax.vmap(_trained, (None, None, None, 0, None, None, None))
    rows = epochs(np.random.default_rng(seed), STEPS, BATCH)
    found = np.asarray(several(X, y, rows, rates, seed, float(gain), leak))
    return {f"loss_{p}": round(float(v), 4) for p, v in zip(PEAKS, found, strict=True)}
