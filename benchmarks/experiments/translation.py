"""English to French: what attention adds, and the Transformer, on rendered records.

The pairs are those of `synthetic_translations`: 10,000 to learn, 500 to tune by, 1,000 for the
test, no English record twice, none longer than 22 tokens in either language (one in a hundred is).
All is in small letters; a token is a word, a part of one between hyphens, or a mark.

A GRU reads in both directions and another writes: with the "last" states at each step, the "mean"
of all (attention with uniform weights), or "attention". "Transformer" has two layers on either
side. All have the same number of weights within one percent, read the same number of pairs, and
take the best rate of a ladder, by BLEU on the records to tune by; a lower and a higher one were
tried. Each is tested with three seeds. The most probable token is taken at each step. "nearest"
says again the French of the learned record that shares most of the English tokens.

Runs of 125 steps, at rates that are best for so few, are short enough to be made again on a page;
they are judged by the records to tune by.

BLEU is `corpus_bleu` of these tokens, "exact" the share of records without a fault, both also by
the length of the English.
"""

import functools
import re
from typing import NamedTuple

import jax
import numpy as np

from benchmarks.experiments._pairs import (
    FIRST,
    EncoderDecoder,
    numbered,
    translated,
    translation_loss,
)
from benchmarks.experiments._warm import fitted
from dl_lib.core import Module, parameter_count
from dl_lib.data import synthetic_translations
from dl_lib.metrics import corpus_bleu
from dl_lib.models import Transformer

__all__ = ["RUNS", "build", "corpus", "measure", "nearest", "tokens"]

LEARNED, TUNING, TEST = 10_000, 500, 1_000
BATCH, SHORT, STEPS, SEEDS = 64, 125, 500, (1, 2, 3)
LONGEST, MOST = 22, 23  # tokens; of what is written, with its end
EMBEDDED, READ = 32, 48
WRITTEN = {"last": 96, "mean": 96, "attention": 92}
SHAPE = 64, 4, 154, 2  # of the Transformer: width, heads, hidden units, layers on either side
LADDER = {  # of rates
    "last": (0.01, 0.02, 0.04),
    "mean": (0.01, 0.02, 0.04),
    "attention": (0.01, 0.02, 0.04),
    "Transformer": (0.0025, 0.005, 0.01, 0.02),
}
BEST_OF_SHORT = {"last": 0.04, "mean": 0.04, "attention": 0.04, "Transformer": 0.005}
BEST = {"last": 0.02, "mean": 0.02, "attention": 0.02, "Transformer": 0.01}
BANDS = {"short": range(11), "middle": range(11, 19), "long": range(19, 99)}  # English tokens


def _run(part, model, rate, steps, seed):
    return {"part": part, "model": model, "rate": rate, "steps": steps, "seed": seed}


RUNS = [_run("test", "nearest", 0, 0, 0)]
RUNS += [_run("tuning", model, rate, STEPS, 0) for model, rates in LADDER.items() for rate in rates]
RUNS += [_run("tuning", model, rate, SHORT, 0) for model, rate in BEST_OF_SHORT.items()]
RUNS += [_run("test", model, rate, STEPS, seed) for seed in SEEDS for model, rate in BEST.items()]


def build(model: str, sizes: tuple[int, int], key: jax.Array) -> Module:
    """Return the network of this name for so many source and target tokens."""
    if model == "Transformer":
        options = {"target_vocabulary": sizes[1], "norm_first": True}
        return Transformer(sizes[0], *SHAPE, key=key, **options)
    return EncoderDecoder(sizes, EMBEDDED, READ, WRITTEN[model], model, key)


def tokens(text: str) -> list[str]:
    """Return words, parts of words between hyphens, and marks."""
    return re.findall(r"\w+|[^\w\s-]", text.lower())


class Corpus(NamedTuple):
    """Pairs of token lists for each part, and the tokens of either language."""

    learned: list
    tuning: list
    test: list
    english: list[str]
    french: list[str]


@functools.cache
def corpus() -> Corpus:
    """Return all records that are not too long."""
    pairs = [tuple(map(tokens, pair)) for pair in synthetic_translations(11_800)]
    pairs = [pair for pair in pairs if max(map(len, pair)) <= LONGEST]
    ends = LEARNED, LEARNED + TUNING, LEARNED + TUNING + TEST
    learned, tuning, test = pairs[: ends[0]], pairs[ends[0] : ends[1]], pairs[ends[1] : ends[2]]
    known = (sorted({token for pair in pairs for token in pair[side]}) for side in (0, 1))
    return Corpus(learned, tuning, test, *known)


def _sources(pairs):
    rows = [english for english, _ in pairs]
    return numbered(rows, corpus().english, LONGEST), np.array([*map(len, rows)], np.int32)


@functools.cache
def _arrays():
    learned = corpus().learned
    targets = numbered([french for _, french in learned], corpus().french, MOST, FIRST)
    return *_sources(learned), targets


def measure(part: str, model: str, rate: float, steps: int, seed: int) -> dict[str, float]:
    """Learn to translate, and compare what is written with what should be."""
    judged = corpus().tuning if part == "tuning" else corpus().test
    if model == "nearest":
        return {**_judge(nearest(judged), judged), "parameters": 0}
    first, order = jax.random.split(jax.random.key(seed))
    sizes = len(corpus().english), FIRST + len(corpus().french)
    network = build(model, sizes, first)
    network = fitted(network, translation_loss, _arrays(), rate, steps, BATCH, order)
    written = translated(network, *_sources(judged), MOST)
    words = [[corpus().french[n - FIRST] for n in row if n >= FIRST] for row in written]
    return {**_judge(words, judged), "parameters": parameter_count(network)}


def _judge(written, judged):
    """BLEU and the share without a fault, of all records and by the length of the English."""
    found = {}
    for name, lengths in {"": range(99), **BANDS}.items():
        some = [
            (words, french)
            for words, (english, french) in zip(written, judged, strict=True)
            if len(english) in lengths
        ]
        end = f"_{name}" if name else ""
        bleu = corpus_bleu([words for words, _ in some], [[french] for _, french in some])
        found[f"bleu{end}"] = round(100 * bleu, 2)
        found[f"exact{end}"] = round(float(np.mean([words == french for words, french in some])), 4)
    return found


def nearest(judged):
    """The French of the learned record with the largest 2 |A ∩ B| / (|A| + |B|) of tokens."""
    A, B = _present(judged), _present(corpus().learned)
    alike = 2 * (A @ B.T) / (A.sum(axis=1)[:, None] + B.sum(axis=1))
    return [corpus().learned[place][1] for place in alike.argmax(axis=1)]


def _present(pairs):
    """A row a record: which of the English tokens are in it."""
    rows = np.zeros((len(pairs), len(corpus().english)), np.float32)
    for row, numbers, length in zip(rows, *_sources(pairs), strict=True):
        row[numbers[:length]] = 1
    return rows
