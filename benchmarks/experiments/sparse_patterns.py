"""What attention to a part of the keys, or to a summary of them, still finds.

"cards": 64 cards lie in a row, each with a name, one of eight colors and a question, the name of
another card; a card at distance d is asked for in proportion to 1/d. Every card is to give the
color of the card that it asks for. "one", "two" and "more" are the shares of right answers where
the card asked for is seen directly, over one other place, or over more than one.
"pairs": `pairs` cards, all asked for, and one attention without a residual; "features" is the
number of features of queries and keys (of "softmax" their width, of "linformer" the number of
mixtures). "letters": the next letter of the language reference of Python, by two causal layers,
in bits at places 32 to 63. "part" is "tuning" (seed 0; the ninth tenth of the text) or "test".
Of rates less than .005 apart the lower one is taken. "pairs" is tuned with 32 pairs.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._sparse_letters import letters_found
from benchmarks.experiments._streams import trained
from dl_lib.core import Module, static
from dl_lib.functional import (
    bigbird_mask,
    elu_features,
    linear_attention,
    linformer_attention,
    local_mask,
    longformer_mask,
    orthogonal_projection,
    positive_random_features,
    scaled_dot_product_attention,
    strided_mask,
)
from dl_lib.layers import Embedding, LayerNorm, Linear, MultiHeadAttention
from dl_lib.losses import cross_entropy

__all__ = ["PATTERNS", "RUNS", "Cards", "draw_cards", "measure"]

CARDS, COLORS, WIDTH, HEADS = 64, 8, 32, 4
RATES, HIGH = (0.003, 0.01, 0.03), (0.003, 0.01, 0.03, 0.1)
KEY = jax.random.key(0)
PATTERNS = {
    "full": jnp.ones((CARDS, CARDS), bool),
    "window": local_mask(CARDS, 4),
    "window, stride": local_mask(CARDS, 4) | strided_mask(CARDS, 8),
    "longformer": longformer_mask(CARDS, 4, 1),
    "bigbird": bigbird_mask(CARDS, 4, 1, 6, KEY),
}
# task, network, layers, features, and the best of the rates
NETWORKS = [
    ("cards", "full", 1, 0, 0.01),
    ("cards", "window", 1, 0, 0.01),
    ("cards", "window", 2, 0, 0.01),
    ("cards", "window, stride", 2, 0, 0.01),
    ("cards", "longformer", 2, 0, 0.01),
    ("cards", "bigbird", 1, 0, 0.01),
    ("cards", "bigbird", 2, 0, 0.01),
    ("pairs", "softmax", 1, 4, 0.03),
    ("pairs", "linear", 1, 8, 0.03),
    ("pairs", "linear", 1, 16, 0.03),
    ("pairs", "linear", 1, 32, 0.03),
    ("pairs", "performer", 1, 64, 0.01),
    ("pairs", "linformer", 1, 16, 0.01),
    ("letters", "full", 2, 0, 0.01),
    ("letters", "window of 9", 2, 0, 0.01),
    ("letters", "random 9", 2, 0, 0.01),
    ("letters", "linear", 2, 0, 0.01),
]
NAMES = ("task", "network", "layers", "features")


def _runs(part, network, rates, seeds, counts):
    facts = dict(zip(NAMES, network[:-1], strict=True))
    settings = [(n, r, s) for n in counts for r in rates for s in seeds]
    return [{"part": part, **facts, "pairs": n, "rate": r, "seed": s} for n, r, s in settings]


RUNS = []
for _each in NETWORKS:
    _paired = _each[0] == "pairs"
    RUNS += _runs("tuning", _each, HIGH if _paired else RATES, (0,), (32 if _paired else 0,))
    RUNS += _runs("test", _each, _each[-1:], (1, 2, 3), (8, 32, 64) if _paired else (0,))


class Cards(Module):
    """Names, colors and questions as vectors, layers of attention, and scores of colors."""

    names: Embedding
    colors: Embedding
    asked: Embedding
    layers: tuple[MultiHeadAttention, ...]
    norms: tuple[LayerNorm, ...]
    output: Linear

    def __init__(self, layers, *, key):
        one, two, three, four, *others = jax.random.split(key, 4 + layers)
        self.names = Embedding(CARDS + 1, WIDTH, key=one)
        self.colors = Embedding(COLORS + 1, WIDTH, key=two)
        self.asked = Embedding(CARDS + 1, WIDTH, key=three)
        self.layers = tuple(MultiHeadAttention(WIDTH, HEADS, key=k) for k in others)
        self.norms = tuple(LayerNorm(WIDTH) for _ in range(layers + 1))
        self.output = Linear(WIDTH, COLORS, key=four)

    def __call__(self, x, mask):
        """Return (batch, places, colors); x is (3, batch, places)."""
        h = self.names(x[0]) + self.colors(x[1]) + self.asked(x[2])
        for layer, norm in zip(self.layers, self.norms, strict=False):
            h = h + layer(norm(h), mask=mask)
        return self.output(self.norms[-1](h))


def draw_cards(key, number):
    """Return rows of cards (3, number, places), the colors asked for, and where they lie."""
    a, b, c = jax.random.split(key, 3)
    names = jax.vmap(lambda k: jax.random.permutation(k, CARDS))(jax.random.split(a, number))
    colors = jax.random.randint(b, (number, CARDS), 0, COLORS)
    place = jnp.arange(CARDS)
    apart = jnp.abs(place[:, None] - place)
    often = jnp.where(apart > 0, -jnp.log(jnp.maximum(apart, 1)), -jnp.inf)
    target = jax.random.categorical(c, often, shape=(number, CARDS))
    asked, wanted = (jnp.take_along_axis(x, target, 1) for x in (names, colors))
    return jnp.stack([names, colors, asked]), wanted, target


@jax.jit
def _learn_cards(model, mask, rate, key):
    def loss(model, key, _):
        x, wanted, _ = draw_cards(key, 16)
        return cross_entropy(model(x, mask).reshape(-1, COLORS), wanted.ravel()), ()

    return trained(loss, model, jax.random.split(key, 500), rate)


@jax.jit
def _judge_cards(model, mask, key):
    x, wanted, target = draw_cards(key, 512)
    right = model(x, mask).argmax(-1) == wanted
    linked = mask.astype(int)
    steps = jnp.where(mask, 1, jnp.where(linked @ linked > 0, 2, 3))
    away = steps[jnp.arange(CARDS), target]
    found = [(right & (away == k)).sum() / (away == k).sum() for k in (1, 2, 3)]
    return jnp.stack([right.mean(), *found])


class Pairs(Module):
    """Cards that are all asked for, and one attention of the given kind."""

    names: jax.Array
    colors: jax.Array
    query: jax.Array
    key: jax.Array
    output: jax.Array
    mixtures: jax.Array
    kind: str = static()

    def __init__(self, kind, features, *, key):
        a, b, c, d, e, f = jax.random.split(key, 6)
        wide = WIDTH if kind == "linformer" else features
        wide = 8 if kind == "performer" else wide
        self.names = jax.random.normal(a, (CARDS, WIDTH))
        self.colors = jax.random.normal(b, (COLORS, WIDTH))
        self.query = jax.random.normal(c, (WIDTH, wide)) / WIDTH**0.5
        self.key = jax.random.normal(d, (WIDTH, wide)) / WIDTH**0.5
        self.output = jax.random.normal(e, (WIDTH, COLORS)) / WIDTH**0.5
        rows = features if kind == "linformer" else 0
        self.mixtures = jax.random.normal(f, (rows, CARDS)) / CARDS**0.5
        self.kind = kind

    def __call__(self, names, colors, there, directions):
        """Return (batch, places, colors)."""
        x = self.names[names]
        q, k, v = x @ self.query, x @ self.key, self.colors[colors]
        if self.kind == "softmax":
            y = scaled_dot_product_attention(q, k, v, there[None])
        elif self.kind == "linformer":
            k, v = (jnp.where(there[:, None], z, 0) for z in (k, v))
            y = linformer_attention(q, k, v, self.mixtures, self.mixtures)
        else:
            features = elu_features
            if self.kind == "performer":
                features = functools.partial(positive_random_features, projection=directions)
            y = linear_attention(features(q), features(k), v, there)
        return y @ self.output


def _draw_pairs(key, number):
    x, _, _ = draw_cards(key, number)
    return x[0], x[1]


@jax.jit
def _learn_pairs(model, directions, count, rate, key):
    there = jnp.arange(CARDS) < count

    def loss(model, key, _):
        names, colors = _draw_pairs(key, 16)
        each = cross_entropy(
            model(names, colors, there, directions).reshape(-1, COLORS),
            colors.ravel(),
            reduction="none",
        )
        return (each.reshape(-1, CARDS) * there).sum() / (16 * count), ()

    model = trained(loss, model, jax.random.split(key, 300), rate)
    names, colors = _draw_pairs(jax.random.fold_in(key, 1), 256)
    right = (model(names, colors, there, directions).argmax(-1) == colors) & there
    return right.sum() / (256 * count)


def measure(part, task, network, layers, features, pairs, rate, seed) -> dict:
    """Train one network, and return what it finds in rows that it has not met."""
    one, two, three = jax.random.split(jax.random.key(seed), 3)
    found = dict.fromkeys(("right", "one", "two", "more", "bits"), np.nan)
    if task == "cards":
        mask = PATTERNS[network]
        model = _learn_cards(Cards(layers, key=one), mask, rate, two)
        shares = _judge_cards(model, mask, three)
        found |= dict(zip(("right", "one", "two", "more"), np.asarray(shares), strict=True))
    elif task == "pairs":
        directions = orthogonal_projection(features, 8, three)
        model = Pairs(network, features, key=one)
        found["right"] = _learn_pairs(model, directions, pairs, rate, two)
    else:
        found["bits"] = letters_found(part, network, rate, seed)
    return {name: round(float(value), 4) for name, value in found.items()}
