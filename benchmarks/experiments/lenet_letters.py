"""What makes LeNet learn 4,000 letters: one change at a time, six passes, rates tuned alike.

Every variant is tried at four rates on letters set aside ("tuning"), then at the best of them with
five other seeds on test letters ("test"). The first design, at each of the rates, and the last
get many more passes as well ("long").
"""

import functools

import jax

from benchmarks.experiments._scored import accuracy_after
from dl_lib.core import Module
from dl_lib.data import Dataset, glyphs
from dl_lib.functional import relu, sigmoid, tanh
from dl_lib.initializers import xavier_uniform
from dl_lib.layers import AvgPool, Flatten, Linear, MaxPool, Sequential
from dl_lib.models import LeNet
from dl_lib.optim import sgd

__all__ = ["RUNS", "build", "measure"]

ACTIVATIONS = {
    "sigmoid": sigmoid,
    "centered sigmoid": lambda z: sigmoid(z) - 0.5,
    "scaled tanh": lambda z: 1.7159 * tanh(2 / 3 * z),  # of 1998
    "tanh": tanh,
    "relu": relu,
}
POOLS = {"average": AvgPool, "max": MaxPool}
FROZEN = {"none": (), "first": ("layers.0.",), "both": ("layers.0.", "layers.3.")}
RATES = (0.01, 0.03, 0.1, 0.3)

# network, activation, pool, gain of the first weights, frozen convolutions, and its best rate
VARIANTS = [
    ("LeNet", "sigmoid", "average", 1, "none", 0.3),
    ("LeNet", "sigmoid", "max", 1, "none", 0.3),
    ("LeNet", "centered sigmoid", "average", 1, "none", 0.3),
    ("LeNet", "sigmoid", "average", 4, "none", 0.03),
    ("LeNet", "centered sigmoid", "average", 4, "none", 0.3),
    ("LeNet", "scaled tanh", "average", 1, "none", 0.03),
    ("LeNet", "tanh", "average", 1, "none", 0.1),
    ("LeNet", "tanh", "max", 1, "none", 0.03),
    ("LeNet", "relu", "average", 1, "none", 0.1),
    ("LeNet", "relu", "max", 1, "none", 0.03),
    ("LeNet", "relu", "max", 1, "first", 0.03),
    ("LeNet", "relu", "max", 1, "both", 0.1),
    ("MLP", "relu", "no", 1, "none", 0.1),
]
COLUMNS = ("network", "activation", "pool", "gain", "frozen")


def _run(part, variant, rate, epochs, seed):
    settings = dict(zip(COLUMNS, variant, strict=True))
    return {"part": part, **settings, "rate": rate, "epochs": epochs, "seed": seed}


RUNS = [_run("tuning", variant, rate, 6, 0) for *variant, _ in VARIANTS for rate in RATES]
RUNS += [
    _run("test", variant, best, 6, seed) for *variant, best in VARIANTS for seed in range(1, 6)
]
RUNS += [_run("long", VARIANTS[0][:-1], rate, 40, seed) for rate in RATES for seed in (1, 2)]
RUNS += [_run("long", VARIANTS[-1][:-1], 0.1, 40, seed) for seed in range(1, 6)]


def build(network: str, activation: str, pool: str, gain: float, key: jax.Array) -> Module:
    """Return a network of this design; the MLP has 61,225 parameters, LeNet 61,706."""
    bend, initializer = ACTIVATIONS[activation], xavier_uniform(gain)
    if network == "LeNet":
        return LeNet(activation=bend, pool=POOLS[pool], key=key, initializer=initializer)
    keys = jax.random.split(key)
    first = Linear(784, 77, key=keys[0], initializer=initializer)
    return Sequential(Flatten(), first, bend, Linear(77, 10, key=keys[1], initializer=initializer))


@functools.cache
def _letters(seed: int) -> Dataset:
    return glyphs(4_000 if seed == 0 else 2_000, seed=seed)


@functools.cache  # the same object for the same rate, so that its compiled step is shared
def _optimizer(rate: float):
    return sgd(rate, momentum=0.9)


def measure(
    part: str,
    network: str,
    activation: str,
    pool: str,
    gain: float,
    frozen: str,
    rate: float,
    epochs: int,
    seed: int,
) -> dict[str, float]:
    """Train on 4,000 letters, and count on 2,000 others."""
    first, order = jax.random.split(jax.random.key(seed))
    model = build(network, activation, pool, gain, first)
    held = _letters(2 if part == "tuning" else 1)
    return accuracy_after(
        model,
        _letters(0),
        held,
        optimizer=_optimizer(rate),
        epochs=epochs,
        batch_size=64,
        key=order,
        trained=lambda name: not name.startswith(FROZEN[frozen]),
    )
