"""Counting, recurrence, attention and selection at equal compute, on the bundled text.

A letter costs each network about 33,000 multiplications forward, counted in the program that runs
(products of matrices and of numbers), and about three times that in learning. Each reads windows
of 65 letters, of which each but the first is guessed from those before it, in batches of 16, from
the first eight tenths of the text. Every budget is a run of its own, from first weights to a
learning rate of zero: Adam of clipped gradients, a tenth of the steps to warm up, then half a
cosine, nothing dropped. Rates are tuned at 512 steps on the ninth tenth of the text ("tuning"), by
one ladder for all that goes on until the best has a neighbor on either side, and once more at
2,048 steps, where three of the five want half that rate, and the Transformer twice as much. The
last tenth is judged, with three other seeds ("test").

Counting reads as many letters as the network of that budget, once and from the beginning, until
there are no more; its work is one count for each length of run. The length is tuned too: up to 12
letters, where two more take less than .006 off.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._language import Counts, RecurrentLetters, perplexity_of, windows
from benchmarks.experiments._warm import fitted
from dl_lib.core import Module, edit, parameter_count
from dl_lib.data import reference_letters
from dl_lib.layers import (
    GRU,
    LSTM,
    RNN,
    Embedding,
    LayerNorm,
    Linear,
    Mamba,
    MultiHeadAttention,
    Residual,
    Sequential,
    TransformerEncoderLayer,
)
from dl_lib.losses import cross_entropy
from dl_lib.text import Vocabulary

__all__ = ["NETWORKS", "RUNS", "build", "measure", "multiplications"]

SYMBOLS, WINDOW, BATCH = 27, 65, 16
BUDGETS = (64, 128, 256, 512, 1_024, 2_048)  # steps, of 1,024 letters each
TUNED_AT, SEEDS = 512, (1, 2, 3)


def _recurrent(layer, size):
    """One-hot letters begin with weights six times as large: one of them is all a letter has."""

    def make(key):
        first, last = jax.random.split(key)
        recurrent = layer(SYMBOLS, size, key=first)
        network = RecurrentLetters(recurrent, Linear(size, SYMBOLS, key=last))
        return edit(network, {"recurrent.cells.0.weight": lambda weight: 6 * weight})

    return make


def _transformer(key, width=32, heads=4):
    """Queries and keys are turned by their place; learned vectors of places took far longer."""
    first, last, *keys = jax.random.split(key, 4)

    def layer(key):
        inside, around = jax.random.split(key)
        attention = MultiHeadAttention(width, heads, key=inside, causal=True, rotary_base=100.0)
        block = TransformerEncoderLayer(width, heads, 4 * width, key=around, norm_first=True)
        return block.replace(attention=attention)

    return Sequential(
        Embedding(SYMBOLS, width, key=first),
        *(layer(key) for key in keys),
        LayerNorm(width),
        Linear(width, SYMBOLS, key=last),
    )


def _state_space(key, width=36):
    first, last, *keys = jax.random.split(key, 4)
    return Sequential(
        Embedding(SYMBOLS, width, key=first),
        *(Residual(Sequential(LayerNorm(width), Mamba(width, key=k))) for k in keys),
        LayerNorm(width),
        Linear(width, SYMBOLS, key=last),
    )


NETWORKS = {
    "RNN": _recurrent(RNN, 156),
    "GRU": _recurrent(GRU, 88),
    "LSTM": _recurrent(LSTM, 75),
    "Transformer": _transformer,
    "Mamba": _state_space,
}
LADDER = (0.006, 0.012, 0.024, 0.048, 0.096)  # of rates; all try the first four
BEST = {"RNN": 0.024, "GRU": 0.048, "LSTM": 0.048, "Transformer": 0.012, "Mamba": 0.048}
LONG = {  # what was tried at the largest budget, beginning at the best of a quarter of it
    "RNN": LADDER[:4],
    "GRU": LADDER[1:],
    "LSTM": LADDER[2:],
    "Transformer": LADDER[:4],
    "Mamba": LADDER[1:],
}
BEST_LONG = {"RNN": 0.012, "GRU": 0.024, "LSTM": 0.048, "Transformer": 0.024, "Mamba": 0.024}
LENGTHS = (4, 6, 8, 10, 12)  # of runs that are counted
BEST_LENGTH = 12


def _run(part, model, rate, steps, seed):
    """The rate of counting is the length of its runs."""
    return {"part": part, "model": model, "rate": rate, "steps": steps, "seed": seed}


RUNS = [_run("tuning", "Kneser-Ney", n, TUNED_AT, 0) for n in LENGTHS]
RUNS += [_run("test", "Kneser-Ney", BEST_LENGTH, steps, 0) for steps in BUDGETS]
RUNS += [
    _run("tuning", model, rate, TUNED_AT, 0)
    for model, best in BEST.items()
    for rate in (LADDER if best == LADDER[3] else LADDER[:4])
]
RUNS += [
    _run("tuning", model, rate, BUDGETS[-1], 0) for model, rates in LONG.items() for rate in rates
]
RUNS += [
    _run("test", model, rate, steps, seed)
    for steps in BUDGETS
    for model, rate in (BEST if steps < BUDGETS[-1] else BEST_LONG).items()
    for seed in SEEDS
]


def build(model: str, key: jax.Array) -> Module:
    """Return the network of this name."""
    return NETWORKS[model](key)


def multiplications(model: Module) -> float:
    """Count the multiplications of a letter, in the program that guesses a batch of windows."""
    letters = jax.ShapeDtypeStruct((BATCH, WINDOW - 1), jnp.int32)
    program = jax.make_jaxpr(lambda model, letters: model(letters))(model, letters)
    return _multiplications(program.jaxpr) / math.prod(letters.shape)


def _multiplications(jaxpr):
    total = 0
    for equation in jaxpr.eqns:
        name, parameters, out = equation.primitive.name, equation.params, equation.outvars[0].aval
        if name == "dot_general":
            shape = equation.invars[0].aval.shape
            total += out.size * math.prod(shape[i] for i in parameters["dimension_numbers"][0][0])
        elif name == "mul":
            total += out.size
        else:
            inner = [getattr(part, "jaxpr", part) for part in parameters.values()]
            times = parameters["length"] if name == "scan" else 1
            total += times * sum(_multiplications(part) for part in inner if hasattr(part, "eqns"))
    return total


@functools.cache
def _stretches() -> list[np.ndarray]:
    """To learn from, to tune by and to judge by: eight tenths, one and one."""
    text = reference_letters()
    numbers = Vocabulary(text, reserved=(), unknown=None).encode(text)
    return np.split(numbers, [len(numbers) * 8 // 10, len(numbers) * 9 // 10])


def measure(part: str, model: str, rate: float, steps: int, seed: int) -> dict[str, float]:
    """Learn with this budget, and say how surprising a later stretch is."""
    learned, tuning, test = _stretches()
    judged = windows(tuning if part == "tuning" else test, WINDOW)[:: WINDOW - 1]
    if model == "Kneser-Ney":
        return _counted(learned, judged, rate, steps * BATCH * (WINDOW - 1))
    first, order = jax.random.split(jax.random.key(seed))
    network, found = build(model, first), windows(learned, WINDOW)
    data = found[:, :-1], found[:, 1:]
    network = fitted(network, cross_entropy, data, rate, steps, BATCH, order)
    letters, work = steps * BATCH * (WINDOW - 1), multiplications(network)
    return {
        "perplexity": round(perplexity_of(network, judged), 4),
        "parameters": parameter_count(network),
        "letters_read": letters,
        "multiply_adds": round(work),  # of a letter, forward
        "compute": round(3 * work * letters),
    }


def _counted(learned, judged, n, letters):
    text = learned[:letters]
    counts = Counts(text, n, SYMBOLS)
    return {
        "perplexity": round(counts.perplexity(judged), 4),
        "parameters": len(counts),
        "letters_read": len(text),
        "multiply_adds": n,
        "compute": n * len(text),
    }
