"""What each gate of a GRU is worth on a text, beside an LSTM and a plain network of its size.

Letters of the language reference of Python, read four times in windows of 32 with the state carried
over. A gate is taken away by a bias that holds it at 1 ("update alone" has no reset) or at 0
("reset alone" takes every candidate); such a network has more units, until the numbers that do
something are as many as the whole one's ("at_work"). "reset after" resets behind the product. Every
network is tried at the same rates ("tuning", on the ninth tenth) and runs at its best with five
other seeds ("test", on the last tenth). A count of runs of letters stands beside them; its rate is
the length.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._language import tenths
from benchmarks.experiments._streams import at_start, perplexity, streams, surprise, trained
from dl_lib.core import Module, edit, parameter_count
from dl_lib.layers import GRU, LSTM, RNN, Linear
from dl_lib.text import KneserNey

__all__ = ["RUNS", "build", "measure"]

SYMBOLS, LENGTH, PASSES = 27, 32, 4
RATES = (0.01, 0.02, 0.04, 0.08)
FAR = 1_000.0  # a sigmoid of it is 1 and has no slope
# layer, units, biases at which the gates r and z are held, and the best of the rates
NETWORKS = {
    "plain": (RNN, 64, None, 0.02),
    "update alone": (GRU, 44, (FAR, 0.0), 0.02),
    "reset alone": (GRU, 44, (0.0, -FAR), 0.04),
    "GRU": (GRU, 35, None, 0.04),
    "LSTM": (LSTM, 29, None, 0.04),
    "reset after": (functools.partial(GRU, reset_after=True), 35, None, 0.04),
}


def _run(part, network, rate, seed):
    return {"part": part, "network": network, "rate": rate, "seed": seed}


RUNS = [_run("test", "count", n, 0) for n in (3, 4, 5)]
RUNS += [_run("tuning", network, rate, 0) for network in NETWORKS for rate in RATES]
RUNS += [
    _run("test", network, best, seed)
    for seed in range(1, 6)
    for network, (*_, best) in NETWORKS.items()
]


def build(network: str, key: jax.Array) -> tuple[Module, Linear]:
    """Return a recurrent layer and the layer that makes scores of its outputs."""
    layer, units, held, _ = NETWORKS[network]
    first, last = jax.random.split(key)
    recurrent = layer(SYMBOLS, units, key=first)
    if held is not None:
        bias = jnp.repeat(jnp.array([*held, 0.0]), units)
        recurrent = edit(recurrent, {"cells.0.bias": bias})
    return recurrent, Linear(units, SYMBOLS, key=last)


def _at_work(network):
    """Count the numbers that do something: the layer of a gate that is held does nothing."""
    _, units, held, _ = NETWORKS[network]
    number = parameter_count(jax.eval_shape(functools.partial(build, network), jax.random.key(0)))
    return number - (SYMBOLS + units + 1) * units * (held is not None)


@jax.jit
def _learned(model, windows, rate):
    return trained(surprise, model, windows, rate, at_start(model, windows))


def measure(part: str, network: str, rate: float, seed: int) -> dict[str, float]:
    """Learn from eight tenths of the text, and judge on another."""
    learned, tune, test = tenths()
    judged = tune if part == "tuning" else test[: len(tune)]
    if network == "count":
        count = KneserNey(learned, n=rate, size=SYMBOLS)
        numbers = sum(len(level.grams) for level in count.levels)
        found = np.exp(-np.log(count.probabilities(judged)).mean())
    else:
        numbers = _at_work(network)
        windows = jnp.tile(streams(learned, 16, LENGTH), (PASSES, 1, 1, 1))
        model = _learned(build(network, jax.random.key(seed)), windows, rate)
        found = perplexity(model, streams(judged, 10, LENGTH))
    return {"perplexity": round(float(found), 4), "at_work": numbers}
