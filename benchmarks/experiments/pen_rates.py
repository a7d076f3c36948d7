"""Letters traced by a pen, read at one rate and then at others: by steps, and by seconds.

The pen traces the outlines of ten letters in a second each, and 64 readings are taken of its place
(`letter_outlines`). Networks learn from 31 of the 51 styles, are tuned on ten others, and judged on
the last ten ("test"), also at other numbers of readings of the same curves: "right_n" as they are,
"scaled_n" with steps 64/n times as long; a GRU has no steps, and sees 64 places on straight lines
between the readings instead. All have a linear read-out of the mean over time, about 2,400
parameters, and the same batches.

Three state spaces differ in where their eigenvalues begin: "lines", at −½ + πni, as the layer has
them; "turned", as far from 0 and in a direction drawn at random, to the left; "real", as far from 0
and on the real axis. All are trained. Their steps start between 0.02 and 0.3, which was not tuned.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._streams import trained
from dl_lib.core import edit, parameter_count
from dl_lib.data import glyph_styles, letter_outlines
from dl_lib.functional import gelu
from dl_lib.layers import GRU, DiagonalStateSpace, Linear, Residual, Sequential
from dl_lib.losses import cross_entropy

__all__ = ["RUNS", "build", "measure"]

READINGS, OTHERS = 64, (32, 48, 96, 128)
STEPS, BATCH, CURVES = 400, 64, 6_400
LADDER = (0.015, 0.03, 0.06, 0.12)
BEST = {"lines": 0.03, "turned": 0.06, "real": 0.06, "GRU": 0.06}


def _run(part, network, rate, seed):
    return {"part": part, "network": network, "rate": rate, "seed": seed}


RUNS = [_run("tuning", network, rate, 0) for network in BEST for rate in LADDER]
RUNS += [_run("test", network, rate, n) for n in (1, 2, 3, 4) for network, rate in BEST.items()]


def _started(layer, start, key):
    """The layer with its eigenvalues turned, none nearer to 0 or further from it."""
    if start == "lines":
        return layer
    size = jnp.hypot(jnp.exp(layer.log_decay), layer.frequency)
    angle = jax.random.uniform(key, size.shape, maxval=0.499 * jnp.pi) * (start == "turned")
    return layer.replace(log_decay=jnp.log(size * jnp.cos(angle)), frequency=size * jnp.sin(angle))


def build(network: str, key: jax.Array) -> tuple:
    """Return what reads, and the read-out."""
    first, last, *keys = jax.random.split(key, 8)
    if network == "GRU":
        return GRU(2, 25, key=first), Linear(25, 10, key=last)
    blocks = []
    for one, two, three in (keys[:3], keys[3:]):
        space = DiagonalStateSpace(24, 4, key=one, least=0.02, greatest=0.3)
        space = _started(space, network, three)
        blocks.append(Residual(Sequential(space, gelu, Linear(24, 24, key=two))))
    return Sequential(Linear(2, 24, key=first), *blocks), Linear(24, 10, key=last)


@functools.cache
def _curves(part: str, readings: int) -> tuple:
    styles = np.random.default_rng(0).permutation(glyph_styles())
    of_part = {"learning": styles[20:], "tuning": styles[10:20], "test": styles[:10]}[part]
    number, seed = (CURVES, 1) if part == "learning" else (1_000, 2)
    data = letter_outlines(number, readings, seed=seed, styles=of_part.tolist())
    return data.X, data.y


@jax.jit
def _scores(model, X):
    return model[1](model[0](X).mean(1))


@jax.jit
def _learned(model, X, y, rate):
    def loss(model, batch, states):
        return cross_entropy(_scores(model, batch[0]), batch[1]), states

    return trained(loss, model, (X, y), rate)


def measure(part: str, network: str, rate: float, seed: int) -> dict[str, float]:
    """Learn from readings at one rate; say which share of letters is named at this and others."""
    X, y = _curves("learning", READINGS)
    chance = np.random.default_rng(seed)
    order = np.concatenate([chance.permutation(CURVES) for _ in range(STEPS * BATCH // CURVES)])
    order = order.reshape(STEPS, BATCH)
    model = _learned(build(network, jax.random.key(seed)), X[order], y[order], rate)

    def right(model, readings, straight=False):
        X, y = _curves(part, readings)
        if straight:
            asked, known = ((np.arange(n) + 0.5) / n for n in (READINGS, readings))
            lines = np.stack([np.interp(asked, known, row) for row in np.eye(readings)])
            X = jnp.einsum("bnc,nm->bmc", X, lines)
        return round(float((_scores(model, X).argmax(-1) == y).mean()), 4)

    found = {"parameters": parameter_count(model), "right": right(model, READINGS)}
    for readings in OTHERS:
        found[f"right_{readings}"] = right(model, readings)
        if network == "GRU":
            found[f"scaled_{readings}"] = right(model, readings, straight=True)
        else:
            slower = {"0.layers.*.log_step": lambda s, n=readings: s + np.log(READINGS / n)}
            found[f"scaled_{readings}"] = right(edit(model, slower), readings)
    return found
