"""Where the norm of a layer stands, by the depth of the stack and with a rate that warms up or not.

Small encoders read letters of 12 by 12 pixels as nine patches; the mean of their answers decides.
The norms are last, N(x + f(x)), or first, x + f(N(x)) with one more norm at the end. Adam takes 300
steps of 32 letters; its rate falls along half a cosine, and, if "warm", rises in the first tenth of
the steps. "branch" multiplies the weights with which attention and network end, before training.
Every variant is tried at six rates ("tuning", judged by letters set aside) and runs at the best
with other seeds ("test", on test letters).
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._streams import trained
from benchmarks.experiments.patches import PATCH, SIDE, letters
from dl_lib.core import Module, edit, static
from dl_lib.functional import gelu
from dl_lib.layers import (
    LayerNorm,
    Linear,
    PatchEmbedding,
    PositionalEmbedding,
    TransformerEncoderLayer,
)
from dl_lib.losses import cross_entropy
from dl_lib.optim import adam

__all__ = ["RUNS", "Stack", "measure"]

WIDTH, HEADS, STEPS, BATCH = 16, 2, 300, 32
RATES, SEEDS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1), (1, 2, 3, 4)
# layers, whether the norms are first, whether the rate warms up, size of branches, best rate
VARIANTS = [
    (2, 0, 0, 1.0, 0.01),
    (2, 0, 1, 1.0, 0.01),
    (2, 1, 0, 1.0, 0.01),
    (2, 1, 1, 1.0, 0.03),
    (12, 0, 0, 1.0, 0.001),
    (12, 0, 1, 1.0, 0.003),
    (12, 1, 0, 1.0, 0.01),
    (12, 1, 1, 1.0, 0.01),
    (12, 0, 0, 0.2, 0.003),
    (12, 1, 0, 0.2, 0.003),
]


def _run(part, layers, norm_first, warm, branch, rate, seed):
    chosen = {"layers": layers, "norm_first": norm_first, "warm": warm, "branch": branch}
    return {"part": part, **chosen, "rate": rate, "seed": seed}


RUNS = [_run("tuning", *v[:4], rate, 0) for v in VARIANTS for rate in RATES]
RUNS += [_run("test", *v, seed) for v in VARIANTS for seed in SEEDS]


class Stack(Module):
    """Patches, places, encoder layers stacked on their first axis, and scores."""

    patches: PatchEmbedding
    places: PositionalEmbedding
    layers: TransformerEncoderLayer
    norm: LayerNorm
    head: Linear
    norm_first: bool = static()

    def __init__(self, depth: int, norm_first: bool, *, key: jax.Array):
        one, two, three, four = jax.random.split(key, 4)
        settings = {"activation": gelu, "norm_first": norm_first}

        def layer(key):
            return TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, key=key, **settings)

        self.patches = PatchEmbedding(1, PATCH, WIDTH, key=one)
        self.places = PositionalEmbedding((SIDE // PATCH) ** 2, WIDTH, key=two)
        self.layers = jax.vmap(layer)(jax.random.split(three, depth))
        self.norm, self.norm_first = LayerNorm(WIDTH), norm_first
        self.head = Linear(WIDTH, 10, key=four)

    def __call__(self, x):
        """Return logits, (batch, 10)."""
        h = self.places(self.patches(x))
        h = jax.lax.scan(lambda h, layer: (layer(h), None), h, self.layers)[0]
        h = self.norm(h) if self.norm_first else h
        return self.head(h.mean(1))


def _warmed(schedule):
    return adam(lambda step: schedule(step) * jnp.minimum(1, (step + 1) / (STEPS / 10)))


@functools.partial(jax.jit, static_argnames="warm")
def _learn(model, batches, rate, warm):
    def loss(model, batch, _):
        return cross_entropy(model(batch[0]), batch[1]), ()

    return trained(loss, model, batches, rate, rule=_warmed if warm else adam)


@jax.jit
def _judge(model, x, y):
    logits = model(x)
    return (logits.argmax(-1) == y).mean(), cross_entropy(logits, y)


def measure(
    part: str, layers: int, norm_first: int, warm: int, branch: float, rate: float, seed: int
) -> dict[str, float]:
    """Train one network, and count on letters that it has not met."""
    images, labels = letters(4_000, 10)
    rows = np.random.default_rng(seed).integers(len(labels), size=(STEPS, BATCH))
    model = Stack(layers, bool(norm_first), key=jax.random.key(seed))
    ends = ("layers.attention.output.weight", "layers.feed_forward.second.weight")
    model = edit(model, {name: lambda weight: branch * weight for name in ends})
    model = _learn(model, (images[rows], labels[rows]), rate, bool(warm))
    found = {}
    others = letters(2_000, 11 if part == "tuning" else 12)
    for prefix, (x, y) in (("", others), ("train_", (images[:2_000], labels[:2_000]))):
        right, loss = _judge(model, x, y)
        found |= {f"{prefix}accuracy": float(right), f"{prefix}loss": float(loss)}
    return {name: round(value, 4) for name, value in found.items()}
