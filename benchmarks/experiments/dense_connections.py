"""What it is worth that a dense block keeps all maps.

Six or sixteen convolutions of 3 × 3 between a stem and a mean learn 3,200 letters in five passes.
At one depth they have the same number of weights in all variants, up to 3 %, and read other things:
all maps before them, their sum, the last ones, or the last ones while the end reads all. Every
variant is tried at rates until the best lies between two others, on letters set aside ("tuning"),
and learns at that with three other seeds ("test").
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from benchmarks.experiments._letters import CosineAdam, letters
from benchmarks.experiments._scored import scores_after
from dl_lib.core import Module, parameter_count, static
from dl_lib.functional import relu
from dl_lib.layers import (
    BatchNorm,
    Conv2d,
    GlobalAvgPool,
    Linear,
    MaxPool,
    Residual,
    Sequential,
)
from dl_lib.losses import cross_entropy
from dl_lib.models import DenseBlock, multiply_adds

__all__ = ["RUNS", "build", "measure"]

CLASSES, BATCH, EPOCHS = 10, 64, 5
LADDER = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
# How many layers, what they read, and the best rate on the letters set aside.
VARIANTS = [
    (6, "all", 0.1),
    (6, "sum", 0.03),
    (6, "last", 0.03),
    (6, "all, norm last", 0.03),
    (16, "all", 0.03),
    (16, "sum", 0.03),
    (16, "last", 0.03),
    (16, "last, end all", 0.01),
]


def _run(part, layers, reads, rate, seed):
    settings = {"part": part, "layers": layers, "reads": reads}
    return {**settings, "rate": rate, "epochs": EPOCHS, "seed": seed}


def _tried(best):
    """The best rate and its neighbors, and 0.01 to 0.1 in any case."""
    place = LADDER.index(best)
    return LADDER[min(2, place - 1) : max(5, place + 2)]


RUNS = [
    run
    for layers, reads, best in VARIANTS
    for run in [_run("tuning", layers, reads, rate, 0) for rate in _tried(best)]
    + [_run("test", layers, reads, best, seed) for seed in (1, 2, 3)]
]


class Kept(Module):
    """Layers that read all maps before them, or the last ones only; what comes out are all.

    Equation
        xᵢ = fᵢ([x₀, …, xᵢ₋₁]), or fᵢ(xᵢ₋₁) if they read the last only;  y = [x₀, …, xₙ]
    """

    layers: tuple[Module, ...]
    last_only: bool = static()

    def __init__(self, layers: list[Module], last_only: bool):
        self.layers, self.last_only = tuple(layers), last_only

    def __call__(self, x, ctx=None):
        maps = [x]
        for layer in self.layers:
            seen = x if self.last_only else jnp.concatenate(maps, axis=1)
            maps.append(x := layer(seen, ctx))
        return jnp.concatenate(maps, axis=1)


def _norm_first(in_channels, out_channels, key):
    kernel = Conv2d(in_channels, out_channels, 3, padding=1, bias=False, key=key)
    return Sequential(BatchNorm(in_channels), relu, kernel)


def _norm_last(in_channels, out_channels, key):
    kernel = Conv2d(in_channels, out_channels, 3, padding=1, bias=False, key=key)
    return Sequential(kernel, BatchNorm(out_channels), relu)


def _sum(stem, out, keys):
    return Sequential(*(Residual(_norm_first(stem, out, key)) for key in keys))


def _last(stem, out, keys):
    return Sequential(*(_norm_first(stem, out, key) for key in keys))


def _end_all(stem, out, keys):
    return Kept([_norm_first(out if i else stem, out, key) for i, key in enumerate(keys)], True)


def _norms_last(stem, out, keys):
    return Kept([_norm_last(stem + i * out, out, key) for i, key in enumerate(keys)], False)


# How the layers are put together; None for the library's dense block.
BODIES: dict[str, Callable | None] = {
    "all": None,
    "sum": _sum,
    "last": _last,
    "last, end all": _end_all,
    "all, norm last": _norms_last,
}


def widths(layers: int, reads: str) -> tuple[int, int, int]:
    """Return the maps of the stem, of each layer, and those that the end reads."""
    stem, growth, even = 6, 4, {6: 8, 16: 12}[layers]  # even² = growth (stem + growth (n - 1) / 2)
    if reads in ("sum", "last"):
        return even, even, even
    out = even if reads == "last, end all" else growth
    return stem, out, stem + layers * out


def build(layers: int, reads: str, key: jax.Array) -> Module:
    """Return a network whose layers read this: a stem, the layers, norm, relu, mean, classes."""
    make, (stem, out, end) = BODIES[reads], widths(layers, reads)
    at_stem, at_body, at_head = jax.random.split(key, 3)
    first = Conv2d(1, stem, 3, padding=1, bias=False, key=at_stem)
    if make is None:
        body = DenseBlock(layers, stem, out, key=at_body)
    else:
        body = make(stem, out, jax.random.split(at_body, layers))
    finish = [] if reads == "all, norm last" else [BatchNorm(end), relu]
    head = GlobalAvgPool(), Linear(end, CLASSES, key=at_head)
    return Sequential(first, BatchNorm(stem), relu, MaxPool(2), body, *finish, *head)


def measure(
    part: str, layers: int, reads: str, rate: float, epochs: int, seed: int
) -> dict[str, float]:
    """Train on 3,200 letters, and count on 2,000 others, for the test on 4,000."""
    first, order = jax.random.split(jax.random.key(seed))
    model, train = build(layers, reads, first), letters(3_200, 0)
    found = scores_after(
        model,
        cross_entropy,
        train,
        letters(2_000, 2) if part == "tuning" else letters(4_000, 1),
        optimizer=CosineAdam(rate, epochs * len(train) // BATCH),
        epochs=epochs,
        batch_size=BATCH,
        key=order,
    )
    costs = parameter_count(model), multiply_adds(model, train.X[:1])
    return found | dict(zip(("parameters", "multiply_adds"), costs, strict=True))
