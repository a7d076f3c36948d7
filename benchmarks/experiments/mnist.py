"""Handwritten digits: seven networks, each on five folds of the 10,000 of MNIST's test files.

So each learns from 8,000 digits, not from the 60,000 of the training files, and is tested on the
2,000 others; every digit is tested once. Without a network, let DL_LIB_MIRROR name a folder that
holds the two files as mnist/t10k-images-idx3-ubyte.gz and mnist/t10k-labels-idx1-ubyte.gz.
"""

import functools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from benchmarks.experiments._scored import accuracy_after
from benchmarks.experiments.lenet_letters import RATES, build
from dl_lib.data import Dataset, k_fold, mnist
from dl_lib.functional import spatial_transform
from dl_lib.layers import Dropout, Sequential
from dl_lib.optim import cosine_schedule, sgd

__all__ = ["RUNS", "distorted", "measure"]

FOLDS, BATCH = 5, 64
VARIANTS = [  # network, activation, pool, images distorted anew in each pass, drop rate, best rate
    ("MLP", "relu", "no", 0, 0.0, 0.1),
    ("MLP", "relu", "no", 1, 0.0, 0.1),
    ("LeNet", "scaled tanh", "average", 0, 0.0, 0.1),
    ("LeNet", "relu", "max", 0, 0.0, 0.03),
    ("LeNet", "relu", "max", 1, 0.0, 0.03),
    ("LeNet", "relu", "max", 0, 0.4, 0.03),
    ("LeNet", "relu", "max", 1, 0.4, 0.03),
]
COLUMNS = ("network", "activation", "pool", "distorted", "dropped")


def _run(part, variant, rate, epochs, fold):
    settings = dict(zip(COLUMNS, variant, strict=True))
    return {"part": part, **settings, "rate": rate, "epochs": epochs, "fold": fold, "seed": fold}


RUNS = [
    _run("tuning", variant, rate, 10, 0)
    for *variant, _ in VARIANTS
    for rate in RATES
    if not any(variant[-2:])  # distortions and dropout take the rate of the network without them
]
RUNS += [
    _run("test", variant, rate, 20, fold) for fold in range(FOLDS) for *variant, rate in VARIANTS
]


@jax.jit
def distorted(images: Float[Array, "n c h w"], key: jax.Array) -> Float[Array, "n c h w"]:
    """Turn each image by 11 degrees at most, stretch and shear it, and move it by 1.5 pixels."""
    turn, stretch, shear, move = jax.random.split(key, 4)
    n = len(images)
    a = jax.random.uniform(turn, (n,), minval=-0.2, maxval=0.2)
    sx, sy = jnp.exp(jax.random.uniform(stretch, (2, n), minval=-0.12, maxval=0.12))
    h = jax.random.uniform(shear, (n,), minval=-0.2, maxval=0.2)
    tx, ty = jax.random.uniform(move, (2, n), minval=-0.11, maxval=0.11)
    rows = [sx * jnp.cos(a), sy * (h - jnp.sin(a)), tx], [sx * jnp.sin(a), sy * jnp.cos(a), ty]
    return spatial_transform(images, jnp.moveaxis(jnp.array(rows), 2, 0))


@functools.cache
def _folds() -> list[tuple[Dataset, Dataset]]:
    digits = mnist("test")
    folds = k_fold(jax.random.key(0), len(digits), FOLDS)
    return [(digits.take(train), digits.take(held)) for train, held in folds]


@functools.cache  # the same object for the same numbers, so that compiled steps are shared
def _optimizer(rate: float, steps: int):
    return sgd(cosine_schedule(rate, steps), momentum=0.9)


def _batches(train: Dataset, key: jax.Array, distort: bool, epoch: int) -> Iterator:
    order, draw = jax.random.split(jax.random.fold_in(key, epoch))
    rows = np.asarray(jax.random.permutation(order, len(train)))
    images = np.asarray(distorted(train.X, draw) if distort else train.X)
    labels = np.asarray(train.y)
    for start in range(0, len(rows), BATCH):
        chosen = rows[start : start + BATCH]
        yield images[chosen], labels[chosen]


def _with_dropout(model, rate):
    """Drop numbers before the two dense layers that have most of the weights."""
    if not rate:
        return model
    return Sequential(model[:7], Dropout(rate), model[7:9], Dropout(rate), model[9:])


def measure(
    part: str,
    network: str,
    activation: str,
    pool: str,
    distorted: int,
    dropped: float,
    rate: float,
    epochs: int,
    fold: int,
    seed: int,
) -> dict[str, float]:
    """Train on four folds and count on the fifth; a rate is tuned within the four."""
    train, held = _folds()[fold]
    if part == "tuning":
        places = np.arange(len(train))
        train, held = train.take(places[2_000:]), train.take(places[:2_000])
    first, order = jax.random.split(jax.random.key(seed))
    return accuracy_after(
        _with_dropout(build(network, activation, pool, 1, first), dropped),
        functools.partial(_batches, train, order, bool(distorted)),
        held,
        optimizer=_optimizer(rate, epochs * -(-len(train) // BATCH)),
        epochs=epochs,
        key=jax.random.key(1_000 + seed),  # of the dropout
    )
