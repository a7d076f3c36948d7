"""Guessing the letters of The Time Machine: recurrent networks beside counting.

The text is read as "Dive into Deep Learning" (d2l) reads it: small letters, one blank for all that
stands between them, 28 symbols with <unk>. A window is 33 letters, of which each but the first is
guessed from those before it. Windows begin at every letter, as in that book: those that begin at
letters 0 to 9,999 are learned, which is 10,032 letters in all, those that begin at 10,000 to 14,999
are judged. (So the first judged windows hold up to 32 letters of the last learned one.) Of the
text "nine tenths" all windows of the first nine tenths are learned, and all of the last tenth
judged. Counting sees the same windows: no context is longer than what the window shows.

The recipe "d2l" is that of the book: 32 units, batches of 1,024, plain gradient descent with
gradients no longer than 1, and as many passes; only the weights start as ours do. "ours" is Adam
with half a cosine, batches of 32, 128 units, weights of the one-hot letters that start six times as
large (one of them is all that a letter brings), and dropout, of outputs and of the weights between
states. From "d2l" to "ours" the GRU changes step by step: Adam, then 128 units and large letters,
then dropout of outputs, then of weights, each at its best rate.

How much is dropped, and the rate, are those of which the product of two perplexities is lowest: of
two parts of the learned letters that were set aside in turn, the "end" and one in the "middle". The
windows that are judged ("test") choose nothing.

Without a network, let DL_LIB_MIRROR name a folder that holds timemachine.txt.
"""

import functools
from typing import NamedTuple

import jax
import numpy as np

from benchmarks.experiments._language import (
    ClippedAdam,
    Counts,
    RecurrentLetters,
    letters_only,
    perplexity_of,
    windows,
)
from dl_lib.core import Module, edit, parameter_count
from dl_lib.data import time_machine
from dl_lib.layers import GRU, LSTM, RNN, Linear
from dl_lib.losses import cross_entropy
from dl_lib.optim import sgd
from dl_lib.text import Vocabulary
from dl_lib.training import fit

__all__ = ["RUNS", "build", "measure"]

WINDOW, SYMBOLS, SAMPLE = 33, 28, 10  # of the learned windows every tenth is looked at again


class Recipe(NamedTuple):
    """How a network learns."""

    batch: int = 32
    scale: float = 6.0  # of the first weights of the letters
    outputs: bool = True  # whether outputs are dropped, and what goes from layer to layer
    weights: bool = True  # whether weights between states are dropped


RECIPES = {
    "d2l": Recipe(1_024, 1.0, outputs=False, weights=False),
    "Adam": Recipe(32, 1.0, outputs=False, weights=False),
    "large letters": Recipe(outputs=False, weights=False),
    "dropout": Recipe(weights=False),
    "ours": Recipe(),
}
LAYERS = {"RNN": (RNN, 1), "GRU": (GRU, 1), "LSTM": (LSTM, 1), "deep GRU": (GRU, 2)}
STEPS, LONG, SHORT = 800, 6_000, 400
SEEDS = (1, 2, 3)
COLUMNS = ("part", "text", "model", "recipe", "size", "dropped", "rate", "steps", "seed")
SQUARE = [(dropped, rate) for dropped in (0.2, 0.4) for rate in (0.006, 0.012)]
RATES = (0.001, 0.003, 0.012)

# model, recipe, size, what was tried (share dropped, rate), and the best of it
OURS = [
    ("RNN", "ours", 128, [*SQUARE, (0.1, 0.012), (0.2, 0.024)], (0.2, 0.012)),
    ("GRU", "ours", 128, [*SQUARE, (0.6, 0.012), (0.4, 0.024), (0.4, 0.048)], (0.4, 0.024)),
    (
        "LSTM",
        "ours",
        128,
        [*SQUARE, (0.4, 0.024), (0.4, 0.048), (0.4, 0.096), (0.4, 0.192)],
        (0.4, 0.096),
    ),
    (
        "deep GRU",
        "ours",
        128,
        [(0.2, 0.006), (0.4, 0.003), (0.4, 0.006), (0.4, 0.012)],
        (0.4, 0.003),
    ),
]
BETWEEN = [
    ("GRU", "Adam", 32, [(0.0, rate) for rate in RATES], (0.0, 0.003)),
    ("GRU", "large letters", 128, [(0.0, rate) for rate in RATES], (0.0, 0.001)),
    ("GRU", "dropout", 128, [(0.4, rate) for rate in RATES], (0.4, 0.001)),
]
BOOK = [("RNN", 1.0, 1_000), ("GRU", 4.0, 500), ("LSTM", 4.0, 500), ("deep GRU", 2.0, 1_000)]


def _run(*settings):
    """The size is that of the state, for counting the length of the runs."""
    return dict(zip(COLUMNS, settings, strict=True))


def _runs(variants):
    """What was tried for each, then what is judged."""
    tuning = [
        _run(part, "first", *network, *one, STEPS, 0)
        for *network, tried, _ in variants
        for one in tried
        for part in ("end", "middle")
    ]
    return tuning + [
        _run("test", "first", *network, *best, STEPS, seed)
        for *network, _, best in variants
        for seed in SEEDS
    ]


RUNS = [
    _run("test", text, "Kneser-Ney", "counting", n, 0.0, 0.0, 0, 0)
    for text in ("first", "nine tenths")
    for n in range(2, 9)
]
RUNS += _runs(OURS)
RUNS += [
    _run("test", "first", model, "d2l", 32, 0.0, rate, steps, seed)
    for model, rate, steps in BOOK
    for seed in (SEEDS if model == "RNN" else SEEDS[:1])
]
RUNS += [
    _run("end", "nine tenths", "LSTM", "ours", 256, 0.2, rate, SHORT, 0) for rate in (0.006, 0.024)
]
RUNS += _runs(BETWEEN)
RUNS += [_run("test", "nine tenths", "LSTM", "ours", 256, 0.3, 0.024, LONG, 1)]


def build(model: str, recipe: str, size: int, dropped: float, key: jax.Array) -> Module:
    """Return a network of so many units a layer."""
    layer, layers = LAYERS[model]
    _, scale, outputs, weights = RECIPES[recipe]
    first, last = jax.random.split(key)
    rate, weight_rate = dropped * outputs, dropped * weights
    recurrent = layer(SYMBOLS, size, key=first, layers=layers, rate=rate)
    network = RecurrentLetters(recurrent, Linear(size, SYMBOLS, key=last), rate, weight_rate)
    return edit(network, {"recurrent.cells.0.weight": lambda weight: scale * weight})


@functools.cache
def _windows() -> np.ndarray:
    text = letters_only(time_machine())
    return windows(Vocabulary(text).encode(text), WINDOW)


def split(part: str, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to learn from and those to judge by."""
    found = _windows()
    if text == "first":
        learned, judged = found[:10_000], found[10_000:15_000]
        if part == "end":
            return learned[:8_500], learned[8_532:]
        if part == "middle":
            return np.concatenate([learned[:3_968], learned[5_532:]]), learned[4_000:5_500]
        return learned, judged
    end = (len(found) + WINDOW - 1) * 9 // 10
    if part == "end":
        found, end = found[: end - WINDOW + 1], end * 9 // 10
    return found[: end - WINDOW + 1], found[end:]


def measure(
    part: str,
    text: str,
    model: str,
    recipe: str,
    size: int,
    dropped: float,
    rate: float,
    steps: int,
    seed: int,
) -> dict[str, float]:
    """Learn from some windows, and say how surprising the letters of others are."""
    learned, judged = split(part, text)
    if model == "Kneser-Ney":
        return _counted(learned, judged, size)
    first, order = jax.random.split(jax.random.key(seed))
    network, batch = build(model, recipe, size, dropped, first), RECIPES[recipe].batch
    network, _ = fit(
        network,
        cross_entropy,
        (learned[:, :-1], learned[:, 1:]),
        optimizer=_descent(rate) if recipe == "d2l" else ClippedAdam(rate, steps),
        clip_norm=1.0 if recipe == "d2l" else None,
        steps=steps,
        batch_size=batch,
        key=order,
        progress=False,
    )
    return {
        "perplexity": round(perplexity_of(network, judged), 4),
        "learned_perplexity": round(perplexity_of(network, learned[::SAMPLE]), 4),
        "parameters": parameter_count(network),
        "letters_read": steps * batch * (WINDOW - 1),
    }


@functools.cache  # the same object for the same rate, so that its compiled step is shared
def _descent(rate: float):
    return sgd(rate)


def _counted(learned, judged, n):
    text = np.append(learned[:, 0], learned[-1, 1:])
    counts = Counts(text, n, SYMBOLS)
    return {
        "perplexity": round(counts.perplexity(judged), 4),
        "learned_perplexity": round(counts.perplexity(learned[::SAMPLE]), 4),
        "parameters": len(counts),
        "letters_read": len(text),
    }
