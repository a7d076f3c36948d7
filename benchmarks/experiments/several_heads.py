"""What several heads buy: two letters looked up at once, and holes in a text filled.

A row of letters has a hole in its middle, and one query looks from there. In "pairs" the letters
are drawn at random, and both neighbors of the hole are to be named; "by place" means that queries
and keys see places alone. In "holes" the row is a piece of the language reference of Python, and
the letter in the hole is to be guessed from six on either side. All networks of a width have the
same numbers in an attention layer, however many heads; the read-out is linear where "hidden" is 0.
Every network is tried at four rates or more ("tuning", on the ninth tenth), and runs at the best
with four other seeds ("test", on the last tenth); of rates less than .005 bits apart the lower one
is taken. What "control" changes: "linear", the hidden layer has no activation; "unmoved", in the
first of two layers each place looks at itself alone; "added", no attention, and each of the places
next to the hole has a table of scores for its letter; "again", a trained network is trained once
more as long, and "cut", the same with its first head at zero. "right" of pairs counts both letters
named. Of each head in the last layer: the bits when its output is 0 ("zeroed") or its mean over the
holes ("held"), and the place, counted from the hole, that it weighs most on average ("place").
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from benchmarks.experiments._language import tenths, windows
from benchmarks.experiments._streams import trained
from dl_lib.core import Module, edit, static
from dl_lib.functional import merge_heads, relu, scaled_dot_product_attention, split_heads
from dl_lib.layers import Embedding, Linear, MultiHeadAttention
from dl_lib.losses import cross_entropy
from dl_lib.optim import adam

__all__ = ["RUNS", "Reader", "Tables", "measure"]

LOW, HIGH = (0.003, 0.01, 0.03, 0.06), (0.01, 0.03, 0.06, 0.1)
FINE = (0.01, 0.02, 0.03, 0.04, 0.06, 0.1)
# task, name, heads, width, layers, hidden units, by place, with places, control, best of the rates
NETWORKS = [
    ("pairs", "1 head by place", 1, 16, 1, 0, True, True, "none", 0.03),
    ("pairs", "1 wide head by place", 1, 64, 1, 0, True, True, "none", 0.01),
    ("pairs", "2 heads by place", 2, 16, 1, 0, True, True, "none", 0.03),
    ("pairs", "1 head by place, hidden", 1, 16, 1, 64, True, True, "none", 0.03),
    ("pairs", "1 head by place, hidden, linear", 1, 16, 1, 64, True, True, "linear", 0.01),
    ("pairs", "1 head by place, two layers", 1, 16, 2, 0, True, True, "none", 0.03),
    ("pairs", "1 head by place, two layers, unmoved", 1, 16, 2, 0, True, True, "unmoved", 0.03),
    ("pairs", "1 head", 1, 16, 1, 0, False, True, "none", 0.03),
    ("holes", "2 places added", 2, 0, 0, 0, True, True, "added", 0.03),
    ("holes", "12 places added", 12, 0, 0, 0, True, True, "added", 0.03),
    ("holes", "1 head by place", 1, 32, 1, 0, True, True, "none", 0.03),
    ("holes", "4 heads by place", 4, 32, 1, 0, True, True, "none", 0.03),
    ("holes", "1 head", 1, 32, 1, 0, False, True, "none", 0.03),
    ("holes", "2 heads", 2, 32, 1, 0, False, True, "none", 0.06),
    ("holes", "4 heads", 4, 32, 1, 0, False, True, "none", 0.03),
    ("holes", "8 heads", 8, 32, 1, 0, False, True, "none", 0.06),
    ("holes", "1 wide head", 1, 64, 1, 0, False, True, "none", 0.03),
    ("holes", "1 head, hidden", 1, 32, 1, 64, False, True, "none", 0.02),
    ("holes", "4 heads, hidden", 4, 32, 1, 64, False, True, "none", 0.03),
    ("holes", "1 head, two layers", 1, 32, 2, 0, False, True, "none", 0.02),
    ("holes", "4 heads, no places", 4, 32, 1, 0, False, False, "none", 0.03),
]
AGAIN = [n for n in NETWORKS if n[:2] in [("holes", f"{h} heads") for h in (2, 4, 8)]]
AGAIN = [
    (task, f"{name}, {control}", *sizes, control, rate)
    for task, name, *sizes, _, rate in AGAIN
    for control in ("again", "cut")
]
NAMES = ("task", "network", "heads", "width", "layers", "hidden", "by_place", "places", "control")


def _run(part, network, rate, seed):
    return {"part": part, **dict(zip(NAMES, network[:-1], strict=True)), "rate": rate, "seed": seed}


def _rates(task, network, *_):
    if task == "pairs" or "wide" in network:
        return LOW
    return FINE if network.endswith(("hidden", "layers")) else HIGH


RUNS = [_run("tuning", network, rate, 0) for network in NETWORKS for rate in _rates(*network)]
RUNS += [
    _run("test", network, network[-1], seed) for network in NETWORKS + AGAIN for seed in range(1, 5)
]


class Tables(Module):
    """For each place a table: what its letter says about the hole."""

    weight: Array
    near: int = static()

    def __init__(self, symbols, length, out, *, near):
        self.weight, self.near = jnp.zeros((length, symbols + 1, out)), near

    def scores(self, x, *_):
        """Return the sum of what the `near` places around the hole say."""
        middle, reach = x.shape[1] // 2, self.near // 2
        chosen = [k for k in range(middle - reach, middle + reach + 1) if k != middle]
        return sum(self.weight[k][x[:, k]] for k in chosen)


class Reader(Module):
    """Letters and places as vectors, attention from the middle, and scores of letters."""

    letters: Embedding
    places: Embedding
    attention: tuple[MultiHeadAttention, ...]
    hidden: Linear | None
    output: Linear
    control: str = static()

    def __init__(self, symbols, length, out, *, heads, width, layers, hidden, control, key):
        one, two, three, four, *others = jax.random.split(key, 4 + layers)
        self.letters = Embedding(symbols + 1, width, key=one)
        self.places = Embedding(length, width, key=two)
        self.attention = tuple(MultiHeadAttention(width, heads, key=k) for k in others)
        self.hidden = Linear(width, hidden, key=three) if hidden else None
        self.output = Linear(hidden or width, out, key=four)
        self.control = control

    def seen(self, x, by_place, places):
        """Return what stands at each place below the last layer, and what queries and keys see."""
        where = jnp.broadcast_to(self.places.weight, (*x.shape, self.places.weight.shape[1]))
        h = self.letters(x) + (where if places else 0)
        itself = jnp.eye(x.shape[1], dtype=bool) if self.control == "unmoved" else None
        for layer in self.attention[:-1]:
            looked_at = where if by_place else h
            h = h + layer(looked_at, keys=looked_at, values=h, mask=itself)
        return h, where if by_place else h

    def read(self, y):
        """Return the scores for what comes out of the last attention."""
        if self.hidden is not None:
            y = self.hidden(y) if self.control == "linear" else relu(self.hidden(y))
        return self.output(y)

    def scores(self, x, by_place, places):
        """Return the scores of the letters for the hole in the middle of each row."""
        h, looked_at = self.seen(x, by_place, places)
        middle = x.shape[1] // 2
        asked = looked_at[:, middle : middle + 1]
        return self.read(self.attention[-1](asked, keys=looked_at, values=h)[:, 0])


def _without_first_head(model):
    layer = model.attention[-1]
    strip = layer.output.weight.shape[0] // layer.heads
    return edit(model, {"attention.0.output.weight": layer.output.weight.at[:strip].set(0)})


def _hidden_and_wanted(task, x, symbols):
    """Return the rows with a hole in the middle, and what is to be named, (batch, slots)."""
    middle = x.shape[1] // 2
    wanted = x[:, middle - 1 : middle + 2 : 2] if task == "pairs" else x[:, middle][:, None]
    return x.at[:, middle].set(symbols), wanted


def _bits(scores, wanted):
    scores = scores.reshape(*wanted.shape, -1)
    each = [cross_entropy(scores[:, k], wanted[:, k]) for k in range(wanted.shape[1])]
    return sum(each) / jnp.log(2), (scores.argmax(-1) == wanted).all(-1).mean()


def _pairs(seed, number):
    """Rows of seven letters out of ten, the two beside the middle different."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 10, (number, 7))
    x[:, 4] = (x[:, 2] + rng.integers(1, 10, number)) % 10
    return jnp.asarray(x)


@functools.cache
def _pieces():
    """Runs of 13 letters of the three parts of the text."""
    cut = [windows(part, 13) for part in tenths()]
    return [jnp.asarray(part) for part in (cut[0], cut[1][::6], cut[2][::6])]


@functools.partial(jax.jit, static_argnames=("task", "by_place", "places", "symbols", "cut"))
def _learn(model, rows, rate, key, *, task, by_place, places, symbols, cut=False):
    def loss(model, key, _):
        x = rows[jax.random.randint(key, (256,), 0, len(rows))]
        x, wanted = _hidden_and_wanted(task, x, symbols)
        model = _without_first_head(model) if cut else model
        return _bits(model.scores(x, by_place, places), wanted)[0], ()

    return trained(loss, model, jax.random.split(key, 1_200), rate, rule=adam)


@functools.partial(jax.jit, static_argnames=("by_place", "places"))
def _pruned(model, x, wanted, by_place, places):
    """Bits with each head of the last layer at zero, or at its mean; and its mean weights."""
    layer = model.attention[-1]
    h, looked_at = model.seen(x, by_place, places)
    middle = x.shape[1] // 2
    asked = looked_at[:, middle : middle + 1]
    parts = (layer.query(asked), layer.key(looked_at), layer.value(h))
    mean = scaled_dot_product_attention(*(split_heads(p, layer.heads) for p in parts))
    bits = []
    for held in (jnp.zeros_like(mean[0]), mean.mean(0)):
        for head in range(layer.heads):
            y = layer.output(merge_heads(mean.at[:, head].set(held[head])))[:, 0]
            bits.append(_bits(model.read(y), wanted)[0])
    weights = layer.weights(asked, looked_at)[:, :, 0].mean(0)
    return jnp.stack(bits).reshape(2, -1), weights.argmax(-1) - middle


def measure(part: str, task: str, network: str, rate: float, seed: int, **how) -> dict:
    """Train one network, and return what it finds in rows that it has not met."""
    pairs = task == "pairs"
    symbols, length, out = (10, 7, 20) if pairs else (27, 13, 27)
    rows = [_pairs(k, n) for k, n in ((seed + 2, 50_000), (0, 5_000), (1, 5_000))]
    rows = rows if pairs else _pieces()
    sizes = {name: how[name] for name in ("heads", "width", "layers", "hidden", "control")}
    one, two = jax.random.split(jax.random.key(seed))
    seen = {name: bool(how[name]) for name in ("by_place", "places")}
    added, cut = how["control"] == "added", how["control"] == "cut"
    model = Tables(symbols, length, out, near=how["heads"]) if added else None
    model = model or Reader(symbols, length, out, **sizes, key=one)
    options = {"task": task, "symbols": symbols, **seen}
    model = _learn(model, rows[0], rate, two, **options)
    if how["control"] in ("again", "cut"):
        model = _learn(model, rows[0], rate, jax.random.fold_in(two, 1), **options, cut=cut)
        model = _without_first_head(model) if cut else model
    x, wanted = _hidden_and_wanted(task, rows[1 if part == "tuning" else 2], symbols)
    bits, right = _bits(model.scores(x, *seen.values()), wanted)
    found = {"bits": round(float(bits), 4), "right": round(float(right), 4)}
    if added:
        return {**found, "zeroed": "", "held": "", "place": ""}
    (zeroed, held), place = _pruned(model, x, wanted, **seen)
    lists = {
        name: " ".join(f"{v:.3f}" for v in np.asarray(values))
        for name, values in (("zeroed", zeroed), ("held", held))
    }
    return {**found, **lists, "place": " ".join(str(int(p)) for p in place)}
