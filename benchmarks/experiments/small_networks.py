"""Small versions of the networks of "Modern CNNs", all with the same letters and the same budget.

Each has about 0.4 million multiply-adds (LeNet as it is a quarter of that), no dropout, and the
rate at which it did best on letters set aside ("tuning"). Then it learns with five other seeds,
and is counted on test letters ("test").
"""

import functools
from collections.abc import Callable

import jax
from jaxtyping import Array, Float

from benchmarks.experiments._letters import SIZE, CosineAdam, letters
from benchmarks.experiments._scored import scores_after
from dl_lib.core import Module, apply, edit, parameter_count
from dl_lib.functional import relu
from dl_lib.layers import Conv2d, Flatten, Linear, MaxPool, Sequential
from dl_lib.losses import cross_entropy
from dl_lib.models import (
    VGG,
    AlexNet,
    AnyNet,
    BasicBlock,
    DenseNet,
    GoogLeNet,
    LeNet,
    NiN,
    PreActivationBlock,
    ResNet,
    ResNeXt,
    multiply_adds,
)
from dl_lib.training import objective

__all__ = ["NETWORKS", "RUNS", "build", "measure", "mixup"]

CLASSES, BATCH, EPOCHS = 10, 64, 12
LADDER = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)  # of rates; all try the 2nd to the 4th
STEM = (3, 1, 1)  # kernel, stride and padding of the first convolution, for small images
WIDTHS = (6, 6, 12, 24)  # of the ResNets
VGG_SHAPE = ((1, 1, 2, 2), CLASSES, 1, SIZE, (8, 16, 32, 40), 128, 0.0)


def _mlp(key):
    first, second, last = jax.random.split(key, 3)
    return Sequential(
        Flatten(),
        Linear(SIZE**2, 480, key=first),
        relu,
        Linear(480, 480, key=second),
        relu,
        Linear(480, CLASSES, key=last),
    )


def _wide_lenet(key):
    """LeNet with as many multiply-adds as the others: more channels, one dense layer less."""
    keys = jax.random.split(key, 4)
    return Sequential(
        *(Conv2d(1, 16, 5, padding=2, key=keys[0]), relu, MaxPool(2)),
        *(Conv2d(16, 44, 5, key=keys[1]), relu, MaxPool(2)),
        *(Flatten(), Linear(176, 120, key=keys[2]), relu, Linear(120, CLASSES, key=keys[3])),
    )


def _nin(key):
    return NiN(CLASSES, 1, (10, 20, 32), STEM, 0.0, key=key)


def _nin_without_its_end(key):
    *layers, last, mean = _nin(key)
    return Sequential(*layers, last[:-1], mean)


def _resnet(key, block=BasicBlock):
    return ResNet((1, 1, 1), CLASSES, 1, WIDTHS, STEM, key=key, block=block)


def _regnet(key, squeeze):
    shape = (1, 1, 2), (16, 16, 32, 64), 8, 1, CLASSES, 1
    return AnyNet(*shape, squeeze, STEM, key=key)


NETWORKS: dict[str, Callable[[jax.Array], Module]] = {
    "MLP": _mlp,
    "LeNet": lambda key: LeNet(CLASSES, size=SIZE, activation=relu, pool=MaxPool, key=key),
    "LeNet, wide": _wide_lenet,
    "AlexNet": lambda key: AlexNet(
        CLASSES, 1, SIZE, (12, 16, 24, 24, 24), 128, STEM, rate=0.0, key=key
    ),
    "VGG": lambda key: VGG(*VGG_SHAPE, key=key),
    "VGG, batch norm": lambda key: VGG(*VGG_SHAPE, batch_norm=True, key=key),
    "NiN": _nin,
    "NiN, no last relu": _nin_without_its_end,
    "GoogLeNet, batch norm": lambda key: GoogLeNet(CLASSES, 1, 16, STEM, True, key=key),
    "ResNet-8": _resnet,
    "plain-8": lambda key: _resnet(key, functools.partial(BasicBlock, residual=False)),
    "ResNet-8, pre-activation": lambda key: _resnet(key, PreActivationBlock),
    "ResNeXt": lambda key: ResNeXt((1, 1, 1), CLASSES, 1, 4, 2, (8, 16, 32, 64), STEM, key=key),
    "DenseNet": lambda key: DenseNet((3, 3, 3), CLASSES, 1, 4, 8, None, STEM, key=key),
    "RegNetX": lambda key: _regnet(key, 0),
    "RegNetY": lambda key: _regnet(key, 0.25),
}


@objective
def mixup(model: Module, batch: tuple, key: jax.Array, training: bool) -> tuple:
    """Learn from mixtures of two images, and of their two losses in the same proportion."""
    images, labels = batch
    proportion, order, inside = jax.random.split(key, 3)
    part = jax.random.beta(proportion, 0.2, 0.2)
    other = jax.random.permutation(order, len(labels))
    mixed = part * images + (1 - part) * images[other]
    logits, model = apply(model, mixed, key=inside, training=training)
    loss = part * cross_entropy(logits, labels) + (1 - part) * cross_entropy(logits, labels[other])
    return loss, model


def smoothed(logits: Float[Array, "n c"], labels: Array) -> Array:
    """Cross-entropy with a tenth of the target spread over all classes."""
    return cross_entropy(logits, labels, label_smoothing=0.1)


OBJECTIVES = {"nothing": cross_entropy, "label smoothing": smoothed, "mixup": mixup}

# Network, what training has in addition, and the best rate on the letters set aside.
VARIANTS = [
    ("MLP", "nothing", 0.003),
    ("LeNet", "nothing", 0.003),
    ("LeNet, wide", "nothing", 0.003),
    ("AlexNet", "nothing", 0.003),
    ("VGG", "nothing", 0.003),
    ("VGG, batch norm", "nothing", 0.01),
    ("NiN", "nothing", 0.001),
    ("NiN, no last relu", "nothing", 0.001),
    ("GoogLeNet, batch norm", "nothing", 0.03),
    ("plain-8", "nothing", 0.03),
    ("ResNet-8", "nothing", 0.03),
    ("ResNet-8, pre-activation", "nothing", 0.03),
    ("ResNeXt", "nothing", 0.03),
    ("DenseNet", "nothing", 0.03),
    ("RegNetX", "nothing", 0.03),
    ("RegNetY", "nothing", 0.03),
    ("LeNet", "label smoothing", 0.003),
    ("LeNet", "mixup", 0.003),
    ("VGG, batch norm", "label smoothing", 0.01),
    ("VGG, batch norm", "mixup", 0.01),
]


def _tried(best):
    """The rates of all, and on from them until the best has a neighbor on either side."""
    place = LADDER.index(best)
    return LADDER[min(1, place - 1) : max(4, place + 2)]


def _runs(part, network, added, rates, seeds):
    return [
        {"part": part, "network": network, "added": added, "rate": rate}
        | {"epochs": EPOCHS, "seed": seed}
        for rate in rates
        for seed in seeds
    ]


RUNS = [
    run
    for network, added, best in VARIANTS
    for run in _runs("tuning", network, added, _tried(best), [0])
    + _runs("test", network, added, [best], range(1, 6))
]


def build(network: str, key: jax.Array) -> Module:
    """Return the network of this name, without dropout."""
    model = NETWORKS[network](key)
    return edit(model, {"*.rate": 0.0}) if network.startswith("GoogLeNet") else model


def measure(
    part: str, network: str, added: str, rate: float, epochs: int, seed: int
) -> dict[str, float]:
    """Train on 3,200 letters, and count on 2,000 others, for the test on 4,000."""
    first, order = jax.random.split(jax.random.key(seed))
    model, train = build(network, first), letters(3_200, 0)
    found = scores_after(
        model,
        OBJECTIVES[added],
        train,
        letters(2_000, 2) if part == "tuning" else letters(4_000, 1),
        optimizer=CosineAdam(rate, epochs * len(train) // BATCH),
        epochs=epochs,
        batch_size=BATCH,
        key=order,
    )
    costs = parameter_count(model), multiply_adds(model, train.X[:1])
    return found | dict(zip(("parameters", "multiply_adds"), costs, strict=True))
