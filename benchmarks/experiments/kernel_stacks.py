"""One kernel of 7×7, or three of 3×3? One convolution in a block, or two?

Small networks on 3,200 letters of 16 × 16: with the same start and the same end, and in between
what is compared, on maps of 8 × 8; and VGG of three blocks. The rate of each is the one with the
best mean on letters set aside ("tuning"): .003 or .01 with three seeds, .001 with one, and one
more where the best was the last. Then it learns with five other seeds, and is counted on test
letters ("test").
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import Array

from benchmarks.experiments._letters import SIZE, letters
from benchmarks.experiments._scored import GUESSING
from dl_lib.core import Module
from dl_lib.functional import conv2d, relu
from dl_lib.initializers import Initializer, he_uniform
from dl_lib.layers import Conv2d, Flatten, Linear, MaxPool, Sequential
from dl_lib.losses import cross_entropy
from dl_lib.metrics import accuracy
from dl_lib.models import VGG
from dl_lib.optim import adam, cosine_schedule
from dl_lib.training import DivergenceError, fit, predict

__all__ = ["NETWORKS", "RUNS", "as_three", "between", "measure"]

CLASSES, BATCH, EPOCHS = 10, 64, 12
_HE = he_uniform()


def as_three(key: jax.Array, shape: tuple) -> Array:
    """Draw a kernel of 7×7 as the one that three of 3×3 are, without relus between them.

    As each of the three doubles the mean square, it is twice as large as one of 7×7 would be.
    """
    kernel, *others = (_HE(k, (*shape[:2], 3, 3)) for k in jax.random.split(key, 3))
    for other in others:  # a true convolution, and a sum over the maps between the two
        kernel = conv2d(kernel.swapaxes(0, 1), other[:, :, ::-1, ::-1], padding=2).swapaxes(0, 1)
    return kernel


def _smaller(draw: Initializer, square: float) -> Initializer:
    return lambda key, shape: draw(key, shape) * square**0.5


def between(
    key: jax.Array, sizes: tuple, bends: tuple = (1, 1, 1), draws: tuple = (_HE, _HE, _HE)
) -> Module:
    """Return a network with kernels of these sizes in the middle, after each a relu or none."""
    first, second, last, *keys = jax.random.split(key, 3 + len(sizes))
    layers = []
    for size, bend, draw, key_of_one in zip(sizes, bends, draws, keys, strict=False):
        settings = {"padding": size // 2, "key": key_of_one, "initializer": draw}
        layers.append(Conv2d(12, 12, size, **settings))
        layers += [relu] if bend else []
    return Sequential(
        *(Conv2d(1, 12, 3, padding=1, key=first), relu, MaxPool(2)),
        *(*layers, MaxPool(2)),
        *(Flatten(), Linear(192, 64, key=second), relu, Linear(64, CLASSES, key=last)),
    )


def _mlp(key: jax.Array) -> Module:
    first, last = jax.random.split(key)
    return Sequential(
        *(Flatten(), Linear(SIZE**2, 75, key=first), relu, Linear(75, CLASSES, key=last))
    )


def _vgg(convolutions: int, widths: tuple) -> Callable[[jax.Array], Module]:
    blocks = (convolutions,) * len(widths)
    return lambda key: VGG(blocks, CLASSES, 1, SIZE, widths, 64, 0.0, key=key)


# what to build, rates that were tried in addition, and the best of all
NETWORKS: dict[str, tuple[Callable[[jax.Array], Module], tuple, tuple]] = {
    "one 7x7": (lambda key: between(key, (7,)), (), (0.003,)),
    "three 3x3": (lambda key: between(key, (3, 3, 3)), (), (0.003,)),
    "three 3x3, one relu": (lambda key: between(key, (3, 3, 3), (0, 0, 1)), (0.03,), (0.003,)),
    "7x7, drawn as three": (lambda key: between(key, (7,), draws=(as_three,)), (), (0.003,)),
    "7x7, drawn as three, halved": (
        lambda key: between(key, (7,), draws=(_smaller(as_three, 1 / 4),)),
        *((), (0.003,)),
    ),
    # each layer that has no relu behind it keeps the mean square
    "three 3x3, one relu, halved": (
        lambda key: between(key, (3, 3, 3), (0, 0, 1), (*[_smaller(_HE, 1 / 2)] * 2, _HE)),
        *((), (0.003,)),
    ),
    # two that did equally well
    "7x7, 1x1, 1x1": (lambda key: between(key, (7, 1, 1)), (0.03,), (0.003, 0.01)),
    "MLP": (_mlp, (0.03,), (0.01,)),
    "VGG, 1 a block": (_vgg(1, (8, 16, 32)), (0.03,), (0.01,)),
    "VGG, 2 a block": (_vgg(2, (8, 16, 32)), (), (0.003,)),
    "VGG, 1 a block, wider": (_vgg(1, (16, 32, 64)), (), (0.003,)),
}


def _runs(part: str, network: str, rates: tuple, seeds: Any) -> list[dict]:
    settings = {"part": part, "network": network}
    return [settings | {"rate": rate, "seed": seed} for rate in rates for seed in seeds]


RUNS = [
    run
    for network, (_, more, best) in NETWORKS.items()
    for run in _runs("tuning", network, (0.001, *more), [0])
    + _runs("tuning", network, (0.003, 0.01), [0, 6, 7])
    + _runs("test", network, best, range(1, 6))
]


@functools.cache  # the same object for the same rate, so that compiled steps are shared
def _optimizer(rate: float, steps: int):
    return adam(cosine_schedule(rate, steps))


def measure(part: str, network: str, rate: float, seed: int) -> dict[str, float]:
    """Train on 3,200 letters, and count on these and on 2,000 others, for the test on 4,000."""
    first, order = jax.random.split(jax.random.key(seed))
    train = letters(3_200, 0)
    held = letters(2_000, 2) if part == "tuning" else letters(4_000, 1)
    build, *_ = NETWORKS[network]
    settings = {"epochs": EPOCHS, "batch_size": BATCH, "key": order, "progress": False}
    optimizer = _optimizer(rate, EPOCHS * len(train) // BATCH)
    try:
        model, _ = fit(build(first), cross_entropy, train, optimizer=optimizer, **settings)
    except DivergenceError:
        return {"accuracy": GUESSING, "train_accuracy": GUESSING}
    return {
        name: round(float(accuracy(predict(model, images.X), images.y)), 4)
        for name, images in (("accuracy", held), ("train_accuracy", train))
    }
