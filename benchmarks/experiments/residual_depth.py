"""What depth does to training, with shortcuts and without, and which part of a shortcut matters.

Small ResNets of 8, 20 and 32 layers learn 1,500 letters of 12 × 12 pixels in six passes, all with
batch norm. Every variant is tried at rates until the best lies between two others ("tuning"), then
runs at that with three other seeds ("test"), and the plain 20 layers once with three times the
passes ("long"). The best rate is that of the lowest loss on the letters learned from: what is
compared is how well a network fits those, so no letters are set aside for tuning.
"""

import functools
from functools import partial

import jax
import jax.numpy as jnp

from dl_lib.core import Module, edit
from dl_lib.data import Dataset, glyphs
from dl_lib.functional import relu
from dl_lib.layers import Residual, Sequential
from dl_lib.losses import cross_entropy
from dl_lib.metrics import accuracy
from dl_lib.models import BasicBlock, PreActivationBlock, ResNet
from dl_lib.optim import sgd
from dl_lib.training import DivergenceError, fit, predict

__all__ = ["RUNS", "build", "measure"]

GUESSING = {"train_loss": 2.303, "train_accuracy": 0.1, "accuracy": 0.1}  # if it diverges
WIDTHS = 8, 8, 16, 32
# kind of the network, its layers, the rates tried, and the best of them
VARIANTS = [
    ("plain", 8, (0.03, 0.1, 0.3), 0.1),
    ("plain", 20, (0.03, 0.1, 0.3), 0.1),
    ("plain", 32, (0.01, 0.03, 0.1, 0.3), 0.03),
    ("residual", 8, (0.03, 0.1, 0.3), 0.1),
    ("residual", 20, (0.01, 0.03, 0.1, 0.3), 0.03),
    ("residual", 32, (0.01, 0.03, 0.1, 0.3), 0.03),
    ("plain, identity start", 20, (0.03, 0.1, 0.3), 0.1),
    ("shortcut halved", 20, (0.03, 0.1, 0.3), 0.1),
    ("shortcut doubled", 20, (0.003, 0.01, 0.03, 0.1), 0.01),
    ("zero start", 20, (0.03, 0.1, 0.3, 1.0), 0.3),
    ("pre-activation", 20, (0.03, 0.1, 0.3), 0.1),
]


def _run(part, kind, depth, rate, epochs, seed):
    settings = {"part": part, "kind": kind, "depth": depth}
    return {**settings, "rate": rate, "epochs": epochs, "seed": seed}


RUNS = [
    _run("tuning", kind, depth, rate, 6, 0) for kind, depth, rates, _ in VARIANTS for rate in rates
]
RUNS += [
    _run("test", kind, depth, best, 6, seed)
    for kind, depth, _, best in VARIANTS
    for seed in (1, 2, 3)
]
RUNS += [_run("long", "plain", 20, 0.1, 18, 1)]


def build(kind: str, depth: int, key: jax.Array) -> Module:
    """Return a network of this kind: a stem, three stages of (depth − 2) / 6 blocks, a head."""
    blocks = {
        "plain": partial(BasicBlock, residual=False),
        "plain, identity start": partial(BasicBlock, residual=False),
        "zero start": partial(BasicBlock, zero_init=True),
        "pre-activation": PreActivationBlock,
        "shortcut halved": partial(_scaled_block, scale=0.5),
        "shortcut doubled": partial(_scaled_block, scale=2.0),
    }
    stages, block = ((depth - 2) // 6,) * 3, blocks.get(kind, BasicBlock)
    model = ResNet(stages, 10, 1, WIDTHS, (3, 1, 1), key=key, block=block)
    return edit(model, {"*.weight": _with_identity}) if "identity" in kind else model


def _with_identity(weight):
    """Add to a kernel of 3 × 3 the one that passes each channel on; leave all else alone."""
    if weight.ndim != 4:
        return weight
    return weight.at[:, :, 1, 1].add(jnp.eye(*weight.shape[:2]))


@functools.cache  # one function for each number, so that compiled steps are shared
def _times(scale: float):
    return partial(jnp.multiply, scale)


def _scaled_block(in_channels, out_channels, stride=1, *, key, scale):
    """A basic block whose shortcut, where it is the identity, is multiplied by a number."""
    block = BasicBlock(in_channels, out_channels, stride, key=key)
    if block[0].shortcut is not None:
        return block
    return Sequential(Residual(block[0].layer, Sequential(_times(scale))), relu)


@functools.cache
def _letters(seed: int) -> Dataset:
    return glyphs(1_500, size=12, seed=seed)


@functools.cache  # the same object for the same rate, so that its compiled step is shared
def _optimizer(rate: float):
    return sgd(rate, momentum=0.9)


def measure(
    part: str, kind: str, depth: int, rate: float, epochs: int, seed: int
) -> dict[str, float]:
    """Train, and count on 1,000 of the letters learned from and on 1,000 others."""
    first, order = jax.random.split(jax.random.key(seed))
    settings = {"epochs": epochs, "batch_size": 64, "key": order, "progress": False}
    learned, others = _letters(0), _letters(1)
    model = build(kind, depth, first)
    try:
        model, history = fit(model, cross_entropy, learned, optimizer=_optimizer(rate), **settings)
    except DivergenceError:
        return GUESSING
    found = {"train_loss": history["train loss"][-1]}
    for name, letters in (("train_accuracy", learned), ("accuracy", others)):
        found[name] = float(accuracy(predict(model, letters.X[:1_000]), letters.y[:1_000]))
    return {name: round(float(value), 4) for name, value in found.items()}
