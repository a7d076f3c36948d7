"""What tells a place from another in texts longer than those trained on.

Two causal layers of attention guess the next letter of the language reference of Python. They are
trained on pieces of 32 letters and judged on pieces of 128: the bits of the letter that follows 17
to 32 letters ("within"), 33 to 64 ("double") and 65 to 128 ("fourfold"). "double_near" and
"fourfold_near" are with a mask that hides what is 32 or more letters back. "_thin", for the codes
that know distances, is with a mask that shows the nearest 16 and of the others every seventh: never
more than the 32 that were seen in training, and distances that were not. In "shifted" networks
the first place of the pieces trained on is drawn from 0 to 96, one for each step.
Every network is tried at three rates ("tuning", on the ninth tenth, by its bits within the trained
length), and runs at the best with four other seeds ("test", on the last tenth).
"mixed" of rotary networks: the bits within the trained length when the trained weights are read
with entry j of a head paired with j + d/2, in place of the neighbors that it was trained with.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._language import tenths, windows
from benchmarks.experiments._streams import trained
from dl_lib.core import Module, edit
from dl_lib.functional import relu, sinusoidal_positions
from dl_lib.layers import Embedding, LayerNorm, Linear, MultiHeadAttention, RelativeBias
from dl_lib.optim import adam

__all__ = ["RUNS", "Reader", "measure"]

RATES, WIDTH, HEADS, MET, LONGEST = (0.003, 0.01, 0.03), 32, 4, 32, 128
SPANS = {"within": (16, 32), "double": (32, 64), "fourfold": (64, 128)}
# name, code, shifted, and the best of the rates
NETWORKS = [
    ("no places", "none", False, 0.01),
    ("sinusoids", "sinusoids", False, 0.01),
    ("learned", "learned", False, 0.01),
    ("relative", "relative", False, 0.01),
    ("rotary", "rotary", False, 0.01),
    ("sinusoids, shifted", "sinusoids", True, 0.01),
]
NAMES = ("network", "code", "shifted")


def _run(part, network, rate, seed):
    return {"part": part, **dict(zip(NAMES, network[:-1], strict=True)), "rate": rate, "seed": seed}


RUNS = [_run("tuning", network, rate, 0) for network in NETWORKS for rate in RATES]
RUNS += [_run("test", network, network[-1], seed) for network in NETWORKS for seed in range(1, 5)]


class _Layer(Module):
    attention: MultiHeadAttention
    bias: RelativeBias | None
    norms: tuple[LayerNorm, LayerNorm]
    wide: Linear
    narrow: Linear

    def __init__(self, code, key):
        one, two, three = jax.random.split(key, 3)
        base = 10_000.0 if code == "rotary" else None
        settings = {"causal": True, "rotary_base": base}
        self.attention = MultiHeadAttention(WIDTH, HEADS, key=one, **settings)
        self.bias = RelativeBias(MET - 1, HEADS) if code == "relative" else None
        self.norms = LayerNorm(WIDTH), LayerNorm(WIDTH)
        self.wide = Linear(WIDTH, 2 * WIDTH, key=two)
        self.narrow = Linear(2 * WIDTH, WIDTH, key=three)

    def __call__(self, h, mask):
        bias = None if self.bias is None else self.bias(h)
        h = h + self.attention(self.norms[0](h), mask=mask, score_bias=bias)
        return h + self.narrow(relu(self.wide(self.norms[1](h))))


class Reader(Module):
    """Letters and a code for places as vectors, layers of attention, and scores."""

    letters: Embedding
    places: jax.Array | None
    layers: tuple[_Layer, ...]
    norm: LayerNorm
    output: Linear

    def __init__(self, code, *, key):
        one, two, three, *others = jax.random.split(key, 5)
        self.letters = Embedding(27, WIDTH, key=one)
        learned = 0.02 * jax.random.normal(two, (LONGEST, WIDTH))
        self.places = learned if code == "learned" else None
        self.layers = tuple(_Layer(code, k) for k in others)
        self.norm = LayerNorm(WIDTH)
        self.output = Linear(WIDTH, 27, key=three)

    def __call__(self, x, fixed, first=0, mask=None):
        """Return (batch, time, 27); `fixed` has a row for each place, of zeros for no code."""
        table = fixed if self.places is None else self.places
        h = self.letters(x) + jax.lax.dynamic_slice_in_dim(table, first, x.shape[1])
        for layer in self.layers:
            h = layer(h, mask)
        return self.output(self.norm(h))


def _fixed(code):
    """The table of places of a code that is not learned."""
    if code == "sinusoids":
        return sinusoidal_positions(LONGEST, WIDTH)
    return jnp.zeros((LONGEST, WIDTH))


def _pieces(part, length, step):
    return jnp.asarray(windows(part, length)[::step])


def _each(model, x, fixed, first=0, mask=None):
    """Nats of every letter but the first, (batch, time - 1)."""
    scores = jax.nn.log_softmax(model(x[:, :-1], fixed, first, mask))
    return -jnp.take_along_axis(scores, x[:, 1:, None], -1)[..., 0]


@functools.partial(jax.jit, static_argnames="shifted")
def _learn(model, rows, fixed, rate, key, *, shifted):
    def loss(model, key, _):
        one, two = jax.random.split(key)
        x = rows[jax.random.randint(one, (32,), 0, len(rows))]
        first = jax.random.randint(two, (), 0, LONGEST - MET + 1) if shifted else 0
        return _each(model, x, fixed, first).mean(), ()

    return trained(loss, model, jax.random.split(key, 700), rate, rule=adam)


@jax.jit
def _bits_at(model, x, fixed, mask):
    def one(x):
        return _each(model, x, fixed, 0, mask)

    each = jax.lax.map(one, x.reshape(-1, 50, x.shape[1])).reshape(len(x), -1)
    return each.mean(0) / jnp.log(2)


def _mixed(model):
    """The same weights for the other layout of rotary pairs."""
    size = WIDTH // HEADS
    order = np.arange(WIDTH).reshape(HEADS, 2, size // 2).swapaxes(1, 2).ravel()

    def mixed(layer):
        parts = {}
        for name in ("query", "key"):
            part = getattr(layer.attention, name)
            parts[f"attention.{name}.weight"] = part.weight[:, order]
            parts[f"attention.{name}.bias"] = part.bias[order]
        return edit(layer, parts)

    layers = tuple(mixed(layer) for layer in model.layers)
    return edit(model, {"layers": layers})


def _judge(model, x, fixed, code):
    """Bits near and beyond the trained length, with all keys, with near ones, with few."""
    places = np.arange(LONGEST)
    apart = places[:, None] - places
    masks = {"": apart >= -LONGEST, "_near": apart < MET}
    if code in ("relative", "rotary"):
        masks["_thin"] = (apart < MET // 2) | (apart % 7 == 0)
    found = {f"{span}_thin": np.nan for span in SPANS}
    for name, mask in masks.items():
        bits = np.asarray(_bits_at(model, x, fixed, jnp.asarray(mask)))
        found |= {span + name: bits[a:b].mean() for span, (a, b) in SPANS.items()}
    del found["within_near"]
    found["mixed"] = np.nan
    if code == "rotary":
        bits = _bits_at(_mixed(model), x, fixed, jnp.ones_like(apart, dtype=bool))
        found["mixed"] = np.asarray(bits)[16:32].mean()
    return found


def measure(part: str, network: str, code: str, shifted: bool, rate: float, seed: int) -> dict:
    """Train one network, and return what it knows of letters that it has not met."""
    one, two, _ = jax.random.split(jax.random.key(seed), 3)
    model, fixed, texts = Reader(code, key=one), _fixed(code), tenths()
    model = _learn(model, _pieces(texts[0], MET + 1, 1), fixed, rate, two, shifted=bool(shifted))
    x = _pieces(texts[1 if part == "tuning" else 2], LONGEST + 1, 32)
    found = _judge(model, x[: len(x) // 50 * 50], fixed, code)
    return {name: round(float(value), 4) for name, value in found.items()}
