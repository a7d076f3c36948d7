"""Letters foretold by attention to all of the past, a window, places at random, or by sums."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._language import tenths, windows
from benchmarks.experiments._streams import trained
from dl_lib.core import Module, static
from dl_lib.functional import (
    causal_mask,
    elu_features,
    linear_attention,
    local_mask,
    merge_heads,
    relu,
    sinusoidal_positions,
    split_heads,
)
from dl_lib.layers import Embedding, LayerNorm, Linear, MultiHeadAttention

__all__ = ["Letters", "letters_found", "letters_mask"]

WIDTH, HEADS, TIME = 32, 4, 64


class Letters(Module):
    """Letters and sinusoids, two causal layers, and scores of the next letter."""

    letters: Embedding
    layers: tuple[MultiHeadAttention, ...]
    wide: tuple[Linear, ...]
    narrow: tuple[Linear, ...]
    norms: tuple[LayerNorm, ...]
    output: Linear
    linear: bool = static()

    def __init__(self, layers, linear, *, key):
        keys = jax.random.split(key, 2 + 3 * layers)
        self.letters = Embedding(27, WIDTH, key=keys[0])
        self.output = Linear(WIDTH, 27, key=keys[1])
        self.layers = tuple(
            MultiHeadAttention(WIDTH, HEADS, causal=True, key=k) for k in keys[2::3]
        )
        self.wide = tuple(Linear(WIDTH, 2 * WIDTH, key=k) for k in keys[3::3])
        self.narrow = tuple(Linear(2 * WIDTH, WIDTH, key=k) for k in keys[4::3])
        self.norms = tuple(LayerNorm(WIDTH) for _ in range(2 * layers + 1))
        self.linear = linear

    def _attend(self, layer, h, mask):
        if not self.linear:
            return layer(h, mask=mask)
        q, k, v = (split_heads(part(h), HEADS) for part in (layer.query, layer.key, layer.value))
        y = linear_attention(elu_features(q), elu_features(k), v, causal=True)
        return layer.output(merge_heads(y))

    def __call__(self, x, mask):
        """Return (batch, time, 27)."""
        h = self.letters(x) + sinusoidal_positions(x.shape[1], WIDTH)
        for k, layer in enumerate(self.layers):
            h = h + self._attend(layer, self.norms[2 * k](h), mask)
            h = h + self.narrow[k](relu(self.wide[k](self.norms[2 * k + 1](h))))
        return self.output(self.norms[-1](h))


def letters_mask(network):
    """Which earlier places a letter may look at, (time, time)."""
    if network == "random 9":
        order = np.random.default_rng(0).random((TIME, TIME))
        order = np.where(np.tri(TIME, k=-1, dtype=bool), order, 2.0)
        ranks = order.argsort(1).argsort(1)
        return jnp.asarray((ranks < 8) & np.tri(TIME, k=-1, dtype=bool) | np.eye(TIME, dtype=bool))
    reach = 8 if network == "window of 9" else TIME
    return local_mask(TIME, reach) & causal_mask(TIME)


def _each_letter(model, x, mask):
    scores = jax.nn.log_softmax(model(x[:, :-1], mask))
    return -jnp.take_along_axis(scores, x[:, 1:, None], -1)[..., 0]


@jax.jit
def _learn_letters(model, rows, mask, rate, key):
    def loss(model, key, _):
        x = rows[jax.random.randint(key, (16,), 0, len(rows))]
        return _each_letter(model, x, mask).mean(), ()

    return trained(loss, model, jax.random.split(key, 600), rate)


@jax.jit
def _bits(model, x, mask):
    return _each_letter(model, x, mask)[:, 32:].mean() / jnp.log(2)


def letters_found(part, network, rate, seed):
    """Train one network, and return its bits for letters that it has not met."""
    one, two = jax.random.split(jax.random.key(seed))
    mask, texts = letters_mask(network), tenths()
    rows = jnp.asarray(windows(texts[0], TIME + 1))
    model = _learn_letters(Letters(2, network == "linear", key=one), rows, mask, rate, two)
    judged = windows(texts[1 if part == "tuning" else 2], TIME + 1)[::32]
    return _bits(model, jnp.asarray(judged), mask)
