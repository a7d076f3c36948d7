"""What a gate buys that depends on the image: cards with two letters, and a mark that says which.

On "far" cards the letters lie in two inks, over one another, and a bar far to the right is in the
ink that is to be read: no window of the network sees both. On "near" cards they stand side by side,
with a spot on the one that is to be read. Every network is tried at rates until the best lies
between two others ("tuning", on cards set aside), then runs at that with five other seeds ("test").
"other" is the share of the cards for which the other letter is named. Where a gate weighs the inks,
the trained network is tested, too, with the mean gates of all cards ("mean_gate") and with those of
the next card ("next_gate"). Two more are "squeeze on maps" but for one thing: the gates of "inks on
maps" are computed from the means of the two inks, those of "8 means on maps" from eight times the
means of the maps, which is about as large as their maxima are.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._letters import CosineAdam
from dl_lib.core import Module
from dl_lib.data import Dataset, glyphs
from dl_lib.functional import relu, sigmoid
from dl_lib.initializers import xavier_uniform
from dl_lib.layers import (
    BatchNorm,
    ChannelAttention,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    Sequential,
    SpatialAttention,
    SqueezeExcitation,
)
from dl_lib.losses import cross_entropy
from dl_lib.metrics import accuracy
from dl_lib.training import fit, predict

__all__ = ["RUNS", "build", "draw_cards", "measure"]

SIZE, LETTERS = 12, "ABCD"
NUMBER, PASSES, BATCH = 3_000, 8, 64
RATES, LOW = (0.003, 0.01, 0.03, 0.1), (0.0003, 0.001, 0.003, 0.01)
# kind of card, what the network has in addition, the rates tried, and the best of them
VARIANTS = [
    ("far", "nothing", RATES, 0.03),
    ("far", "four maps more", RATES, 0.01),
    ("far", "squeeze on inks", RATES, 0.03),
    ("far", "channel on inks", RATES, 0.03),
    ("far", "squeeze on maps", RATES, 0.01),
    ("far", "channel on maps", RATES, 0.01),
    ("far", "inks on maps", RATES, 0.03),
    ("far", "8 means on maps", RATES, 0.03),
    ("far", "dense head", LOW, 0.001),
    ("near", "nothing", RATES, 0.03),
    ("near", "squeeze on maps", RATES, 0.03),
    ("near", "spatial on maps", RATES, 0.03),
]


def _run(part, cards, gate, rate, seed):
    return {"part": part, "cards": cards, "gate": gate, "rate": rate, "seed": seed}


RUNS = [_run("tuning", cards, gate, r, 0) for cards, gate, rates, _ in VARIANTS for r in rates]
RUNS += [
    _run("test", cards, gate, best, seed)
    for cards, gate, _, best in VARIANTS
    for seed in range(1, 6)
]


def draw_cards(kind: str, number: int, seed: int) -> Dataset:
    """Return cards (number, 2, 12, 24), the letters to read, and as "other" those not to read."""
    rng = np.random.default_rng(seed)
    clean = glyphs(number, SIZE, seed, LETTERS, noise=0, hardness=0.5)
    pools = np.stack([np.asarray(clean.X)[clean.y == k, 0] for k in range(4)])
    first = rng.integers(0, 4, number)
    letters = np.stack([first, (first + rng.integers(1, 4, number)) % 4], axis=1)
    drawn = pools[letters, rng.integers(0, number // 4, (number, 2))]
    mark, each = rng.integers(0, 2, number), np.arange(number)
    X = np.zeros((number, 2, SIZE, 2 * SIZE))
    if kind == "far":
        X[..., :SIZE] = drawn
        X[each, mark, :, 20:] = 1
    else:
        X[:, 0] = np.concatenate([drawn[:, 0], drawn[:, 1]], axis=2)
        for row, column in np.argwhere(np.ones((2, 2))) + 5:
            X[each, 1, row, SIZE * mark + column] = 1
    X = (X + 0.1 * rng.normal(size=X.shape)) / 0.3
    read, other = letters[each, mark], letters[each, 1 - mark]
    y = jnp.asarray(read, jnp.int32)
    return Dataset("cards", jnp.asarray(X, jnp.float32), y, extras={"other": other})


def _gates(layer, *pooled):
    scores = sum(layer.second(relu(layer.first(z))) for z in pooled)
    return sigmoid(scores)[:, :, None, None]


class _EightMeans(SqueezeExcitation):
    """Gates from means that are made as large as maxima."""

    def __call__(self, x, ctx=None):
        return _gates(self, 8 * x.mean(axis=(2, 3))) * x


class _InksOnMaps(Module):
    """Maps whose gates come from the means of what the maps are made of."""

    below: Module
    first: Linear
    second: Linear

    def __init__(self, below, maps, key):
        keys = jax.random.split(key)
        self.below = below
        self.first = Linear(2, maps // 4, key=keys[0])
        self.second = Linear(maps // 4, maps, key=keys[1], initializer=xavier_uniform())

    def __call__(self, x, ctx=None):
        return _gates(self, x.mean(axis=(2, 3))) * self.below(x, ctx)


def build(gate: str, key: jax.Array) -> Module:
    """Return a network with windows of 8 × 8 pixels that ends in a mean or in a dense head."""
    one, two, three, last, inside = jax.random.split(key, 5)
    wide = 28 if gate == "four maps more" else 24
    gates = {
        "squeeze on inks": lambda: SqueezeExcitation(2, hidden=8, key=inside),
        "channel on inks": lambda: ChannelAttention(2, hidden=8, key=inside),
        "squeeze on maps": lambda: SqueezeExcitation(wide, 4, key=inside),
        "channel on maps": lambda: ChannelAttention(wide, 4, key=inside),
        "8 means on maps": lambda: _EightMeans(wide, 4, key=inside),
        "spatial on maps": lambda: SpatialAttention(7, key=inside),
    }
    made = [gates[gate]()] if gate in gates else []
    inks, maps = (made, []) if gate.endswith("inks") else ([], made)
    head = [GlobalAvgPool(), Linear(24, 4, key=last)]
    if gate == "dense head":
        head = [Flatten(), Linear(24 * 72, 32, key=last), relu, Linear(32, 4, key=inside)]
    below = [
        *(Conv2d(2, 12, 3, padding=1, bias=False, key=one), BatchNorm(12), relu, MaxPool(2)),
        *(Conv2d(12, wide, 3, padding=1, bias=False, key=two), BatchNorm(wide), relu),
    ]
    if gate == "inks on maps":
        below = [_InksOnMaps(Sequential(*below), wide, inside)]
    return Sequential(
        *inks,
        *below,
        *maps,
        *(Conv2d(wide, 24, 1, bias=False, key=three), BatchNorm(24), relu),
        *head,
    )


@functools.cache
def _cards(kind: str, number: int, seed: int) -> Dataset:
    return draw_cards(kind, number, seed)


def _factors(gate, X):
    """What the gate multiplies each channel with, (cards, channels, 1, 1)."""
    pooled = [X.mean(axis=(2, 3))]
    if isinstance(gate, ChannelAttention):
        pooled.append(X.max(axis=(2, 3)))
    return _gates(gate, *pooled)


def measure(part: str, cards: str, gate: str, rate: float, seed: int) -> dict[str, float]:
    """Train on 3,000 cards, count on 2,000 others."""
    first, order = jax.random.split(jax.random.key(seed))
    train, held = _cards(cards, NUMBER, 0), _cards(cards, 2_000, 2 if part == "tuning" else 1)
    model, history = fit(
        build(gate, first),
        cross_entropy,
        train,
        optimizer=CosineAdam(rate, PASSES * -(-NUMBER // BATCH)),
        epochs=PASSES,
        batch_size=BATCH,
        key=order,
        progress=False,
    )
    said = predict(model, held.X)
    found = {
        "accuracy": accuracy(said, held.y),
        "other": accuracy(said, jnp.asarray(held.extras["other"])),
        "train_loss": history["train loss"][-1],
        "mean_gate": float("nan"),
        "next_gate": float("nan"),
    }
    if gate.endswith("inks"):
        s = _factors(model[0], held.X)
        found["mean_gate"] = accuracy(predict(model[1:], held.X * s.mean(axis=0)), held.y)
        found["next_gate"] = accuracy(predict(model[1:], held.X * jnp.roll(s, 1, 0)), held.y)
    return {name: round(float(value), 4) for name, value in found.items()}
