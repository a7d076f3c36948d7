"""What the parts of a decoder-only Transformer are worth, and what two layers find and one cannot.

"letters": networks of two blocks guess the next letter of the language reference of Python, in
pieces of 32. Against "gpt" (layer norm, GELU, four heads of keys) each network changes one thing.
"unshifted" is a layer norm without its shift, "rms" the same without its centering. The networks at
each place have the same number of parameters, 8,352, "swish" the bend of "swiglu" without its
gate. What fewer heads of keys save is spent on hidden units, 16 to 32 parameters more in a block.
"llama" changes norm, gate and heads of keys together. "first" and "second" are the bits that a
trained network needs for random letters, and for the same letters once more.

"repeats": networks of attention alone guess the next letter of rows in which 8 to 19 random letters
are repeated until there are 40. "bits" counts the places whose next letter stood behind the same
letter before. "stays" holds each place of the first of two layers at itself. Of each head, layer
by layer: the weight that it gives on average to the place before ("before") and to those behind its
own in earlier rounds ("behind"), and the bits when its output is set to zero ("cut").

Every network is tried at three rates, or six ("tuning", one seed, on the ninth tenth of the text
or rows of its own), and runs at the best with other seeds ("test", on the last tenth, other rows);
the best is .008 where no other is better by .02 bits.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._language import tenths, windows
from benchmarks.experiments._streams import trained
from dl_lib.core import Module, edit, static
from dl_lib.functional import relu, rms_norm, swish
from dl_lib.layers import (
    Embedding,
    LayerNorm,
    Linear,
    MultiHeadAttention,
    RMSNorm,
)
from dl_lib.layers.sequential import as_layer
from dl_lib.models import GPT
from dl_lib.optim import adam

__all__ = ["RUNS", "Repeater", "letters_network", "measure", "repeats"]

RATES, SYMBOLS, ROW = {"letters": (0.004, 0.008, 0.016)}, 26, 40
RATES["repeats"] = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
# task, name, norm, network, hidden, heads of keys, and the best of the rates
NETWORKS = [
    ("letters", "gpt", "layer", "gelu", 128, 4, 0.008),
    ("letters", "unshifted", "unshifted", "gelu", 128, 4, 0.008),
    ("letters", "rms", "rms", "gelu", 128, 4, 0.008),
    ("letters", "relu", "layer", "relu", 128, 4, 0.008),
    ("letters", "swish", "layer", "swish", 128, 4, 0.008),
    ("letters", "swiglu", "layer", "swiglu", 87, 4, 0.008),
    ("letters", "2 heads of keys", "layer", "gelu", 144, 2, 0.008),
    ("letters", "1 head of keys", "layer", "gelu", 152, 1, 0.008),
    ("letters", "llama", "rms", "swiglu", 98, 2, 0.008),
    ("repeats", "two layers", "rms", "none", 0, 2, 0.008),
    ("repeats", "one layer", "rms", "none", 0, 2, 0.016),
    ("repeats", "one layer, 4 heads", "rms", "none", 0, 4, 0.008),
    ("repeats", "two layers, stays", "rms", "none", 0, 2, 0.004),
]
NAMES = ("task", "network", "norm", "feed_forward", "hidden", "key_heads")


def _run(part, network, rate, seed):
    return {"part": part, **dict(zip(NAMES, network[:-1], strict=True)), "rate": rate, "seed": seed}


RUNS = [_run("tuning", network, rate, 0) for network in NETWORKS for rate in RATES[network[0]]]
RUNS += [_run("test", network, network[-1], seed) for network in NETWORKS for seed in range(1, 5)]


class _Unshifted(RMSNorm):
    """A layer norm without its shift."""

    def __call__(self, x, ctx=None):
        return super().__call__(x - x.mean(-1, keepdims=True))


NORMS = {"layer": LayerNorm, "unshifted": _Unshifted, "rms": RMSNorm}
BENDS = {"relu": relu, "swish": swish}


def letters_network(
    norm: str, feed_forward: str, hidden: int, key_heads: int, key: jax.Array
) -> GPT:
    """Return a GPT of two blocks of width 32 with these parts."""
    settings = {"hidden": hidden, "key_heads": key_heads, "norm": NORMS[norm], "bias": False}
    settings |= {"rotary_base": 10_000.0, "gated": feed_forward == "swiglu"}
    model = GPT(27, None, 32, 4, 2, key=key, **settings)
    if feed_forward not in BENDS:
        return model
    bend = as_layer(BENDS[feed_forward])
    parts = [block.feed_forward.replace(activation=bend) for block in model.blocks]
    blocks = zip(model.blocks, parts, strict=True)
    return model.replace(blocks=tuple(b.replace(feed_forward=part) for b, part in blocks))


class Repeater(Module):
    """Letters as vectors, layers of attention that add to them, and scores of letters."""

    letters: Embedding
    layers: tuple[MultiHeadAttention, ...]
    output: Linear
    stays: bool = static()

    def __init__(self, layers: int, heads: int, *, stays: bool = False, key: jax.Array):
        one, two, *others = jax.random.split(key, 2 + layers)
        settings = {"causal": True, "rotary_base": 50.0, "bias": False}
        self.letters = Embedding(SYMBOLS, 32, key=one)
        self.layers = tuple(MultiHeadAttention(32, heads, key=k, **settings) for k in others)
        self.output = Linear(32, SYMBOLS, bias=False, key=two)
        self.stays = stays

    def _mask(self, x, number):
        return jnp.eye(x.shape[1], dtype=bool) if self.stays and number == 0 else None

    def read(self, x, look):
        """Return the scores, (batch, time, symbols); `look(layer, h, mask)` is what is added."""
        h = self.letters(x)
        for number, layer in enumerate(self.layers):
            h = h + look(layer, rms_norm(h), self._mask(x, number))
        return self.output(rms_norm(h))

    def __call__(self, x):
        return self.read(x, lambda layer, h, mask: layer(h, mask=mask))

    def weights(self, x):
        """Return where each head looks, (batch, heads of all layers, time, time)."""
        found = []

        def look(layer, h, mask):
            found.append(layer.weights(h, mask=mask))
            return layer(h, mask=mask)

        self.read(x, look)
        return jnp.concatenate(found, axis=1)


def repeats(key: jax.Array, number: int) -> tuple[jax.Array, jax.Array]:
    """Return rows of letters that are repeated after 8 to 19, and the lengths of their rounds."""
    one, two = jax.random.split(key)
    rows = jax.random.randint(one, (number, ROW), 0, SYMBOLS)
    rounds = jax.random.randint(two, (number, 1), 8, 20)
    return jnp.take_along_axis(rows, jnp.arange(ROW) % rounds, axis=1), rounds


def _each(model, x):
    """Bits of every letter but the first, (batch, time - 1)."""
    scores = jax.nn.log_softmax(model(x[:, :-1]))
    return -jnp.take_along_axis(scores, x[:, 1:, None], -1)[..., 0] / jnp.log(2)


def _bits_again(model, x, rounds):
    """Bits of the letters that stood behind the same letter before, a round ago."""
    again = jnp.arange(ROW - 1) >= rounds
    return jnp.sum(_each(model, x) * again) / jnp.sum(again)


@functools.partial(jax.jit, static_argnames="task")
def learn(model, text, rate, key, task):
    """Return the network after 1,000 steps on a text, or 700 on repeated letters."""

    def letters(model, key, _):
        first = jax.random.randint(key, (16,), 0, len(text) - 32)
        return _each(model, text[first[:, None] + jnp.arange(33)]).mean(), ()

    def repeated(model, key, _):
        return _bits_again(model, *repeats(key, 32)), ()

    loss = letters if task == "letters" else repeated
    steps = 1_000 if task == "letters" else 700
    return trained(loss, model, jax.random.split(key, steps), rate, rule=adam)


@jax.jit
def _judged(model, x):
    """Bits of a text, and of random letters in a first and a second round."""
    bits = jax.lax.map(lambda part: _each(model, part).mean(), x.reshape(-1, 50, x.shape[1]))
    half = jax.random.randint(jax.random.key(3), (400, 16), 0, 26)
    rounds = _each(model, jnp.concatenate([half, half], axis=1)).mean(0)
    return {"bits": bits.mean(), "first": rounds[:15].mean(), "second": rounds[16:].mean()}


def without_head(model, number):
    """Return the network with the output of one head at zero; heads are counted through all."""
    heads = model.layers[0].heads
    layer, head = divmod(number, heads)
    weight, size = model.layers[layer].output.weight, 32 // heads
    weight = weight.at[head * size : (head + 1) * size].set(0)
    return edit(model, {f"layers.{layer}.output.weight": weight})


@jax.jit
def looked(model, x, rounds):
    """Bits, and of each head its weights before and behind and the bits without it."""
    weights, t = model.weights(x), jnp.arange(ROW)
    asked = (t >= rounds)[:, None, :, None]  # letters that stood there a round ago
    apart = t - t[:, None]  # of a place looked at from the one that asks
    places = {"before": apart == -1, "behind": (apart - 1) % rounds[..., None] == 0}

    def mean_at(seen):
        seen = jnp.broadcast_to(seen, (len(x), ROW, ROW))[:, None]
        return jnp.sum(weights * seen * asked, (0, 2, 3)) / jnp.sum(asked)

    cut = [_bits_again(without_head(model, k), x, rounds) for k in range(weights.shape[1])]
    found = {name: mean_at(seen) for name, seen in places.items()}
    return found | {"bits": _bits_again(model, x, rounds), "cut": jnp.stack(cut)}


def measure(
    part: str,
    task: str,
    network: str,
    norm: str,
    feed_forward: str,
    hidden: int,
    key_heads: int,
    rate: float,
    seed: int,
) -> dict[str, float | str]:
    """Train one network, and return what it finds in a text or in rows that it has not met."""
    one, two = jax.random.split(jax.random.key(seed))
    tuning = part == "tuning"
    train, ninth, last = tenths()
    if task == "letters":
        model = letters_network(norm, feed_forward, int(hidden), int(key_heads), one)
        model = learn(model, jnp.asarray(train), rate, two, task=task)
        x = windows(ninth if tuning else last, 33)[::32]
        found = _judged(model, jnp.asarray(x[: len(x) // 50 * 50]))
        lists = dict.fromkeys(("before", "behind", "cut"), "")
    else:
        layers = 1 if network.startswith("one") else 2
        model = Repeater(layers, int(key_heads), stays=network.endswith("stays"), key=one)
        model = learn(model, jnp.asarray(train), rate, two, task=task)
        found = looked(model, *repeats(jax.random.key(10**6 + tuning), 500))
        lists = {
            name: " ".join(f"{value:.3f}" for value in np.asarray(found[name]))
            for name in ("before", "behind", "cut")
        }
    numbers = {n: float(found.get(n, np.nan)) for n in ("bits", "first", "second")}
    return {name: round(value, 4) for name, value in numbers.items()} | lists
