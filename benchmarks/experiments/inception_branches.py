"""What each branch of an Inception block is worth, and what heads halfway do for a deep network.

Small networks on 3,200 letters of 16 × 16: a stem, one block and a dense layer. What a branch that
is taken away would have multiplied goes to those that stay, so that all have 0.39 million
multiply-adds, within 2 percent. And a stem, six narrow blocks, a mean and a dense layer, with and
without the losses of two heads halfway. The rate of each network is the best of those that were
tried on letters set aside ("tuning"); then it learns with five other seeds and is counted on test
letters ("test"). The two deep networks do so at the other's rate as well ("control").
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from benchmarks.experiments._letters import CosineAdam, letters
from benchmarks.experiments._scored import scores_after
from dl_lib.core import Context, Module, apply, edit
from dl_lib.functional import relu
from dl_lib.layers import Conv2d, Flatten, GlobalAvgPool, Linear, MaxPool, Sequential
from dl_lib.losses import cross_entropy
from dl_lib.models import AuxiliaryClassifier
from dl_lib.training import objective

__all__ = ["BRANCHES", "RUNS", "Block", "Deep", "branches", "heads", "measure"]

CLASSES, BATCH, EPOCHS, STEM = 10, 64, 8, 32

# Channels of the branches 1×1; 1×1 and 3×3; 1×1 and 5×5; pooling and 1×1. Zero: no such layer.
BRANCHES = {
    "all four": (12, (12, 24), (6, 12), 12),
    "without 1x1": (0, (13, 24), (6, 13), 13),
    "without 3x3": (19, (0, 0), (9, 19), 19),
    "without 5x5": (15, (15, 31), (0, 0), 16),
    "without pooling": (13, (13, 24), (6, 13), 0),
    "only 1x1": (171, (0, 0), (0, 0), 0),
    "only 3x3": (0, (17, 34), (0, 0), 0),
    "only 5x5": (0, (0, 0), (10, 22), 0),
    "no reductions": (4, (0, 8), (0, 4), 4),
}
NARROW = (4, (4, 8), (2, 4), 4)  # of each block of the deep network


class Block(Module):
    """An Inception block of which parts may be missing."""

    branches: tuple[Sequential, ...]

    def __init__(self, in_channels: int, widths: tuple, *, key: jax.Array):
        keys = iter(jax.random.split(key, 6))

        def conv(n, out, size=1):
            return Conv2d(n, out, size, padding=size // 2, key=next(keys)), relu

        first, second, third, fourth = widths
        kept = [conv(in_channels, first)] if first else []
        for (reduced, out), size in ((second, 3), (third, 5)):
            before = conv(in_channels, reduced) if reduced else ()
            if out:
                kept.append((*before, *conv(reduced or in_channels, out, size)))
        if fourth:
            kept.append((MaxPool(3, 1, 1), *conv(in_channels, fourth)))
        self.branches = tuple(Sequential(*layers) for layers in kept)

    def __call__(self, x: Float[Array, "batch in h w"], ctx: Context | None = None) -> Array:
        return jnp.concatenate([branch(x, ctx) for branch in self.branches], axis=1)


def _stem(key):
    return Conv2d(1, STEM, 3, stride=2, padding=1, key=key), relu


def _channels(widths):
    return widths[0] + widths[1][1] + widths[2][1] + widths[3]


def branches(widths: tuple, key: jax.Array) -> Module:
    """Return a stem, a block with these channels on maps of 8 × 8, and a dense layer."""
    first, second, last = jax.random.split(key, 3)
    block = Block(STEM, widths, key=second)
    dense = Linear(16 * _channels(widths), CLASSES, key=last)
    return Sequential(*_stem(first), block, MaxPool(2), Flatten(), dense)


class Deep(Sequential):
    """A stem, six narrow blocks, a mean and a dense layer; heads behind the second and fourth."""

    auxiliary: tuple[Module, ...]

    def __init__(self, *, key: jax.Array):
        keys, out = jax.random.split(key, 10), _channels(NARROW)
        inputs = (STEM, *(out,) * 5)
        blocks = [Block(n, NARROW, key=k) for n, k in zip(inputs, keys, strict=False)]
        dense = Linear(out, CLASSES, key=keys[6])
        super().__init__(Sequential(*_stem(keys[7])), *blocks, GlobalAvgPool(), dense)
        self.auxiliary = tuple(
            edit(AuxiliaryClassifier(out, CLASSES, 8, 64, key=k), {"*.rate": 0.0}) for k in keys[8:]
        )

    def with_auxiliary(self, x: Float[Array, "batch in h w"], ctx: Context | None = None) -> tuple:
        """Return the logits of the last head, and of the two halfway."""
        second = self[:3](x, ctx)
        fourth = self[3:5](second, ctx)
        return (
            self[5:](fourth, ctx),
            self.auxiliary[0](second, ctx),
            self.auxiliary[1](fourth, ctx),
        )


@objective
def heads(model: Module, batch: tuple, key: jax.Array, training: bool) -> tuple:
    """Loss of the last head, and 0.3 of that of each head halfway."""
    images, labels = batch
    logits, model = apply(model, images, method="with_auxiliary", key=key, training=training)
    last, *early = (cross_entropy(said, labels) for said in logits)
    return last + 0.3 * sum(early), model


# The rates that are tried, and the best of them on letters set aside.
RATES = (0.003, 0.0055, 0.01)
TRIED = {
    "all four": ((*RATES, 0.03), 0.0055),
    "without 1x1": (RATES, 0.0055),
    "without 3x3": (RATES, 0.0055),
    "without 5x5": (RATES, 0.0055),
    "without pooling": (RATES, 0.0055),
    "only 1x1": (RATES, 0.003),
    "only 3x3": ((*RATES, 0.03), 0.01),
    "only 5x5": ((*RATES, 0.03), 0.01),
    "no reductions": (RATES, 0.0055),
    "six blocks": ((0.001, 0.003, 0.01), 0.003),
    "six blocks, heads": ((0.001, 0.003, 0.01, 0.03), 0.01),
}


def _runs(part: str, network: str, rates: tuple, seeds: Any) -> list[dict]:
    settings = {"part": part, "network": network, "epochs": EPOCHS}
    return [settings | {"rate": rate, "seed": seed} for rate in rates for seed in seeds]


RUNS = [
    run
    for network, (rates, best) in TRIED.items()
    for run in _runs("tuning", network, rates, [0]) + _runs("test", network, (best,), range(1, 6))
]
# Heads or the rate: the two deep networks once more, each at the rate of the other.
RUNS += _runs("control", "six blocks", (0.01,), range(1, 6))
RUNS += _runs("control", "six blocks, heads", (0.003,), range(1, 6))


@jax.jit
def _deep(key):
    return Deep(key=key)


def measure(part: str, network: str, epochs: int, rate: float, seed: int) -> dict[str, float]:
    """Train on 3,200 letters, and count on these and on 2,000 others, for the test on 4,000."""
    first, order = jax.random.split(jax.random.key(seed))
    train = letters(3_200, 0)
    return scores_after(
        _deep(first) if "blocks" in network else branches(BRANCHES[network], first),
        heads if "heads" in network else cross_entropy,
        train,
        letters(2_000, 2) if part == "tuning" else letters(4_000, 1),
        optimizer=CosineAdam(rate, epochs * len(train) // BATCH),
        epochs=epochs,
        batch_size=BATCH,
        key=order,
    )
