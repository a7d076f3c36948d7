"""How near does a causal stack come to the best guess, when it fits a line from its prompt?

A line y = a + b x with normal a and b, measured with noise at eight points; the stack is asked for
each point after it has seen those before. It never meets a line twice. What is best is known: ridge
regression with the noise's variance as its penalty. Tuned ("tuning", on lines of another draw):
four rates, with 600 steps and with ten times as many. Judged ("test"): the best rate, three seeds,
which draw the weights and all lines that are learned from; 2,000 new lines, the same for all.
"exchanged": the answers in each prompt change places, so that all numbers are there and no pairs.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._streams import trained
from benchmarks.experiments.pretraining import WIDTH, Layer
from dl_lib.core import Module
from dl_lib.functional import causal_mask
from dl_lib.layers import LayerNorm, Linear
from dl_lib.optim import adam

__all__ = ["RUNS", "measure"]

POINTS, NOISE, BATCH = 8, 0.2, 32
RATES = (0.001, 0.003, 0.01, 0.03)
BEST = {600: 0.003, 6000: 0.003}

RUNS = [
    {"part": "tuning", "steps": steps, "rate": rate, "seed": 0} for steps in BEST for rate in RATES
]
RUNS += [
    {"part": "test", "steps": steps, "rate": rate, "seed": seed}
    for steps, rate in BEST.items()
    for seed in (1, 2, 3)
]


class _Reader(Module):
    entry: Linear
    layers: tuple[Layer, Layer]
    norm: LayerNorm
    exit: Linear

    def __init__(self, key):
        a, b, c, d = jax.random.split(key, 4)
        self.entry, self.exit = Linear(3, WIDTH, key=a), Linear(WIDTH, 1, key=b)
        self.layers, self.norm = (Layer(c), Layer(d)), LayerNorm(WIDTH)

    def __call__(self, x, y):
        """Each point twice: a question (x, 0, 0), then the answer (x, y, 1)."""
        nothing = jnp.zeros_like(x)
        pairs = jnp.stack([x, nothing, nothing], -1), jnp.stack([x, y, nothing + 1], -1)
        h = self.entry(jnp.stack(pairs, 2).reshape(len(x), -1, 3))
        for layer in self.layers:
            h = layer(h, causal_mask(2 * POINTS))
        return self.exit(self.norm(h))[:, ::2, 0]


def _lines(key, number):
    a, b, c = jax.random.split(key, 3)
    slopes = jax.random.normal(a, (2, number, 1))
    x = jax.random.uniform(b, (number, POINTS), minval=-2, maxval=2)
    return x, slopes[0] + slopes[1] * x + NOISE * jax.random.normal(c, x.shape)


@functools.partial(jax.jit, static_argnames="steps")
def _learned(key, rate, *, steps):
    first, second = jax.random.split(key)

    def loss(model, key, _):
        x, y = _lines(key, BATCH)
        return ((model(x, y) - y) ** 2).mean(), ()

    keys = jax.random.split(second, steps)
    return trained(loss, _Reader(first), keys, rate, rule=adam)


@jax.jit
def _errors(model, key):
    x, y = _lines(key, 2_000)
    mixed = jax.random.permutation(key, y, axis=1, independent=True)
    return [((model(x, shown) - y) ** 2).mean(0) for shown in (y, mixed)]


def measure(part: str, steps: int, rate: float, seed: int) -> dict:
    """Return the squared error after each number of points, and after seven exchanged ones."""
    model = _learned(jax.random.key(seed), rate, steps=steps)
    own, exchanged = map(np.asarray, _errors(model, jax.random.key(101 if part == "test" else 100)))
    found = {f"after_{n}": round(float(own[n]), 4) for n in range(POINTS)}
    return {**found, "exchanged_7": round(float(exchanged[7]), 4)}
