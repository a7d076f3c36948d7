"""A network under twelve schedules, with labels that can be learned and with labels that can not.

A network with 64 tanh units learns 1,297 digits of 8×8 pixels by plain SGD in shuffled batches of
16. With `noise`, that share of the labels is replaced by a digit drawn at random, anew each time
one is read: then no weights fit them all, and gradients scatter even at the best ones. `loss_` is
how far the mean loss of the 1,297, with the replacing taken into account exactly, stays above the
least that it can have, and `held_` the same for 500 digits held out, one for each peak of the
rate. A longer run of a seed reads the same digits first as a shorter one. Peaks are tuned with the
seeds 0 to 2.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from benchmarks.experiments._digit_network import (
    LEARNED,
    descended,
    epochs,
    scores,
    shuffled_digits,
    started,
)
from dl_lib import optim
from dl_lib.functional import entropy
from dl_lib.losses import cross_entropy

__all__ = ["PEAKS", "RUNS", "SHAPES", "measure"]

BATCH, MOST = 16, 2_400
PEAKS = tuple(round(0.08 * 2 ** (k / 2), 3) for k in range(14))
SHAPES = {
    "constant": lambda peak, steps: optim.constant_schedule(peak),
    "square root": lambda peak, steps: optim.polynomial_schedule(peak, 0.5, 99 / steps),
    "inverse": lambda peak, steps: optim.polynomial_schedule(peak, 1.0, 9 / steps),
    "exponential": lambda peak, steps: optim.exponential_schedule(peak, 4 / steps),
    "two steps": lambda peak, steps: optim.piecewise_schedule(
        peak, {steps // 2: 0.1, 3 * steps // 4: 0.1}
    ),
    "cycles": lambda peak, steps: optim.cyclic_schedule(0.0, peak, steps // 8, cycle_factor=0.5),
    "restarts": lambda peak, steps: optim.cosine_restarts_schedule(peak, -(-steps // 7), growth=2),
    "cosine": optim.cosine_schedule,
    "linear": lambda peak, steps: optim.stable_decay_schedule(peak, steps, steps),
    "last half": lambda peak, steps: optim.stable_decay_schedule(peak, steps, steps // 2),
    "last fifth": lambda peak, steps: optim.stable_decay_schedule(peak, steps, steps // 5),
    "last tenth": lambda peak, steps: optim.stable_decay_schedule(peak, steps, steps // 10),
}
LENGTHS = dict.fromkeys(SHAPES, (600, 2_400))
LENGTHS |= dict.fromkeys(("constant", "cosine", "last fifth"), (150, 300, 600, 1_200, 2_400))
RUNS = [
    {"noise": noise, "shape": shape, "steps": steps, "seed": seed}
    for noise in (0.0, 0.2)
    for shape, lengths in LENGTHS.items()
    for steps in lengths
    for seed in range(9)
]


@functools.cache
def _read(noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which digits are read at each step, and as what."""
    rng = np.random.default_rng(seed)
    rows = epochs(rng, MOST, BATCH)
    labels = np.asarray(shuffled_digits()[1])[rows]
    replaced = rng.random(rows.shape) < noise
    return rows, np.where(replaced, rng.integers(0, 10, rows.shape), labels)


def least(noise: float) -> Float[Array, ""]:
    """The mean loss of whoever knows the digit, and the law by which labels are replaced."""
    return entropy(noise / 10 + (1 - noise) * jnp.eye(10)[0])


@functools.partial(jax.jit, static_argnames="noise")
def _trained(X, y, rows, labels, rates, seed, noise) -> Float[Array, "2"]:
    def loss(network, rows, labels):
        return cross_entropy(scores(network, X[rows]), labels)

    network = descended(loss, started(jax.random.key(seed)), rates, rows, labels)
    each = cross_entropy(scores(network, X), y, "none", label_smoothing=noise)  # replaced ones
    return jnp.stack([each[:LEARNED].mean(), each[LEARNED:].mean()]) - least(noise)


def rates_of(shape: str, peak: float, steps: int) -> Float[Array, " steps"]:
    """The rate of every step."""
    return jax.vmap(SHAPES[shape](peak, steps))(jnp.arange(steps))


def measure(noise: float, shape: str, steps: int, seed: int) -> dict[str, float]:
    """Train under one shape of schedule with every peak."""
    rows, labels = (part[:steps] for part in _read(noise, seed))
    rates = jnp.stack([rates_of(shape, peak, steps) for peak in PEAKS])
    several = jax.vmap(_trained, (None, None, None, None, 0, None, None))
    found = np.asarray(several(*shuffled_digits(), rows, labels, rates, seed, noise))
    lines = {}
    for peak, (loss, held) in zip(PEAKS, found, strict=True):
        lines |= {f"loss_{peak}": round(float(loss), 5), f"held_{peak}": round(float(held), 4)}
    return lines
