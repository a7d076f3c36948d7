"""What AlexNet's novelties are worth to a small AlexNet on 2,000 letters: one at a time.

It has some fifty parameters per image, as the network of 2012 had. The "race" is to a training
error of a quarter, with a constant rate and neither dropout nor shifts: four rates ("race
tuning"), then the one that got there first, with three other seeds. The others get twenty passes,
on three rates with letters set aside ("tuning"), then the only rate at which all of them began to
learn, with three other seeds on test letters ("test"), and those without dropout twice this rate,
too. Without shifts, dropout and its absence get sixty passes as well ("long").
"""

import functools
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from benchmarks.experiments._scored import GUESSING
from dl_lib.core import Module, edit
from dl_lib.data import Dataset, glyphs
from dl_lib.functional import relu, tanh
from dl_lib.layers import Sequential
from dl_lib.losses import cross_entropy
from dl_lib.metrics import accuracy
from dl_lib.models import AlexNet
from dl_lib.optim import cosine_schedule, sgd
from dl_lib.training import DivergenceError, fit, predict

__all__ = ["RUNS", "build", "measure", "shifted"]

LETTERS, SIZE, BATCH, PASSES, RACE = 2_000, 32, 32, 20, 8
ACTIVATIONS = {"relu": relu, "relu, biases of one": relu, "tanh": tanh}

# activation, drop rate, most pixels of a shift, groups, units of a dense layer
PLAIN = ("relu", 0.0, 0, 1, 256)
DROPPED = ("relu", 0.5, 0, 1, 256)
RACERS = {
    PLAIN: 0.01,
    ("relu, biases of one", 0.0, 0, 1, 256): 0.0025,
    ("tanh", 0.0, 0, 1, 256): 0.01,
}
VARIANTS = [
    PLAIN,
    DROPPED,
    ("relu", 0.0, 2, 1, 256),
    ("relu", 0.5, 2, 1, 256),
    ("relu", 0.0, 2, 1, 32),
    ("relu", 0.0, 2, 2, 256),
]
RATE = 0.01  # of the test runs
COLUMNS = ("activation", "dropped", "shift", "groups", "hidden")


def _run(part, variant, rate, epochs, seed):
    settings = dict(zip(COLUMNS, variant, strict=True))
    return {"part": part, **settings, "rate": rate, "epochs": epochs, "seed": seed}


RUNS = [
    _run("race tuning", variant, rate, RACE, 0)
    for variant in RACERS
    for rate in (0.0025, 0.005, 0.01, 0.02)
]
RUNS += [
    _run("race", variant, rate, RACE, seed)
    for seed in (1, 2, 3)
    for variant, rate in RACERS.items()
]
RUNS += [
    _run("tuning", variant, rate, PASSES, 0) for variant in VARIANTS for rate in (0.01, 0.02, 0.04)
]
RUNS += [_run("test", variant, RATE, PASSES, seed) for seed in (1, 2, 3) for variant in VARIANTS]
RUNS += [
    _run("test", variant, 2 * RATE, PASSES, seed)
    for seed in (1, 2, 3)
    for variant in VARIANTS
    if not variant[1]  # without dropout
]
RUNS += [
    _run("long", variant, RATE, 3 * PASSES, seed)
    for seed in (1, 2, 3)
    for variant in (PLAIN, DROPPED)
]


def build(activation: str, dropped: float, groups: int, hidden: int, key: jax.Array) -> Module:
    """Return the small AlexNet; with 256 units in its dense layers it has 105,426 parameters."""
    model = AlexNet(
        10,
        1,
        SIZE,
        widths=(12, 24, 32, 32, 24),
        hidden=hidden,
        stem=(5, 2, 2),
        groups=groups,
        rate=dropped,
        key=key,
    )
    bend = ACTIVATIONS[activation]
    is_relu = [getattr(layer, "function", None) is relu for layer in model]
    model = Sequential(*[bend if old else layer for layer, old in zip(model, is_relu, strict=True)])
    if activation == "relu, biases of one":
        places = (3, 8, 10, 14, 17)  # of layers two, four, five, six and seven, as in the paper
        model = edit(model, {f"layers.{place}.bias": lambda bias: bias + 1 for place in places})
    return model


def shifted(images: np.ndarray, rng: np.random.Generator, most: int) -> np.ndarray:
    """Move each image by up to `most` pixels; what comes in at the border is zero."""
    n, _, height, width = images.shape
    padded = np.pad(images[:, 0], ((0, 0), (most, most), (most, most)))
    down, right = rng.integers(0, 2 * most + 1, (2, n, 1))
    rows, columns = down + np.arange(height), right + np.arange(width)
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None]][:, None]


@functools.cache
def _letters(seed: int) -> Dataset:
    return glyphs(LETTERS, seed=seed, size=SIZE)


@functools.cache  # the same object for the same numbers, so that compiled steps are shared
def _optimizer(rate: float, steps: int | None):
    return sgd(cosine_schedule(rate, steps) if steps else rate, momentum=0.9)


def _batches(train: Dataset, seed: int, most: int, epoch: int) -> Iterator:
    rng = np.random.default_rng((seed, epoch))
    images, labels = shifted(np.asarray(train.X), rng, most), np.asarray(train.y)
    order = rng.permutation(len(labels))
    for start in range(0, len(order) - BATCH + 1, BATCH):  # a shorter last batch is left out
        rows = order[start : start + BATCH]
        yield images[rows], labels[rows]


def measure(
    part: str,
    activation: str,
    dropped: float,
    shift: int,
    groups: int,
    hidden: int,
    rate: float,
    epochs: int,
    seed: int,
) -> dict[str, float]:
    """Train on 2,000 letters, and count on these and on 2,000 others."""
    train, held = _letters(0), _letters(2 if part == "tuning" else 1)
    first, order = jax.random.split(jax.random.key(seed))
    settings: dict[str, Any] = {"epochs": epochs, "key": order, "progress": False}
    if "race" in part:
        data, steps = train, None
        settings |= {"batch_size": BATCH, "metrics": {"accuracy": accuracy}}
    else:
        data, steps = functools.partial(_batches, train, seed, shift), epochs * (LETTERS // BATCH)
    model = build(activation, dropped, groups, hidden, first)
    try:
        model, history = fit(
            model, cross_entropy, data, optimizer=_optimizer(rate, steps), **settings
        )
    except DivergenceError:
        return {"accuracy": GUESSING, "train_accuracy": GUESSING, "loss": float("nan"), "passes": 0}
    right = {
        name: round(float(accuracy(predict(model, letters.X), letters.y)), 4)
        for name, letters in (("accuracy", held), ("train_accuracy", train))
    }
    shares = history["train accuracy"] if "race" in part else []
    enough = [number for number, share in enumerate(shares, 1) if share >= 0.75]
    loss = round(float(history["train loss"][-1]), 4)
    return right | {"loss": loss, "passes": enough[0] if enough else 0}
