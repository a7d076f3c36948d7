"""Spelling to pronunciation: what attention adds, by the length of the word.

Words of 3 to 12 letters of the CMU dictionary, of which the first pronunciation is learned, without
stress. What is written counts as right if it is any of the pronunciations that the dictionary has,
and its errors are counted against the nearest of these, as in the literature.

A word and its inflections (-s, -ed, -ing, -er, -ly, -y and their like) are one family, as far as
spelling tells. No family is both learned and judged; what compounds and beginnings of words give
away is left. How much knowing a relative helps is seen on "relatives", words that are not learned
and whose family is. Words to tune by are families of their own.

A GRU reads the letters in both directions, and another writes phonemes. What it gets at each step
is, by the name of the model, the "last" states of both directions, the "mean" of all (attention
with uniform weights), or a weighted mean ("attention"). All have the same number of weights within
half a percent, the same steps, and rates tuned alike, at 300 and at 1,000 steps (what is best for
300 is too large for 1,000). The most probable phoneme is taken at each step. "table" counts what a
letter is between such neighbors; its rate is how many neighbors on either side are looked at.

Beside the literature, which learns until nothing is gained and judges words drawn at random, so
that most have a relative among the learned: of the words 76.5% are right with LSTMs in both
directions on aligned letters (Yao & Zweig 2015), 78.7% with CTC and an n-gram (Rao et al. 2015),
79.8% with five networks with attention (Toshniwal & Livescu 2016).

Of one run with attention the weights for some words are kept, by their letters and phonemes
("alignments", JSON). "near" is how often the letter with most weight is, within one, that to which
counting assigns the phoneme, "forward" how often it is not before that of the last step.
"""

import functools
import json

import jax
import numpy as np

from benchmarks.experiments._letter_table import LetterTable, aligned, learned_costs
from benchmarks.experiments._pairs import (
    FIRST,
    EncoderDecoder,
    edits,
    numbered,
    translated,
    translation_loss,
    weights_of,
)
from benchmarks.experiments._warm import fitted
from benchmarks.experiments._words import ALPHABET, LETTERS, words
from dl_lib.core import parameter_count

__all__ = ["RUNS", "build", "measure"]

EMBEDDED, READ, BATCH, MOST = 32, 64, 64, 15  # phonemes of a word with the end, at most
WRITTEN = {"last": 139, "mean": 139, "attention": 128}  # units, for equal numbers of weights
SHORT, STEPS, LONG, SEEDS = 300, 1_000, 3_000, (1, 2, 3)
LADDER = {SHORT: (0.005, 0.01, 0.02, 0.04), STEPS: (0.005, 0.01, 0.02)}  # of rates
BEST = {SHORT: 0.02, STEPS: 0.01}  # for all three alike
REACHES, BEST_REACH = (0, 1, 2, 3, 4, 5), 5


def _run(part, model, rate, steps, seed):
    return {"part": part, "model": model, "rate": rate, "steps": steps, "seed": seed}


NO_ALIGNMENT = {"near": "", "forward": "", "alignments": ""}

RUNS = [_run("tuning", "table", reach, 0, 0) for reach in REACHES]
RUNS += [_run("test", "table", BEST_REACH, 0, 0)]
RUNS += [
    _run("tuning", model, rate, steps, 0)
    for steps, rates in LADDER.items()
    for model in WRITTEN
    for rate in rates
]
RUNS += [_run("test", model, BEST[SHORT], SHORT, 1) for model in WRITTEN]
RUNS += [_run("test", model, BEST[STEPS], STEPS, seed) for seed in SEEDS for model in WRITTEN]
RUNS += [_run("test", "attention", BEST[STEPS], LONG, 1)]


def build(model: str, phonemes: int, key: jax.Array) -> EncoderDecoder:
    """Return the network of this name."""
    sizes = len(ALPHABET), FIRST + phonemes
    return EncoderDecoder(sizes, EMBEDDED, READ, WRITTEN[model], model, key)


@functools.cache
def _phonemes():
    return sorted({phoneme for _, spoken in words().learned for phoneme in spoken})


def _letters(pairs):
    """Spellings and their lengths as arrays."""
    spellings = [word for word, _ in pairs]
    return numbered(spellings, ALPHABET, LETTERS[-1]), np.array([*map(len, spellings)], np.int32)


@functools.cache
def _arrays():
    learned = words().learned
    spoken = [phonemes for _, phonemes in learned]
    return *_letters(learned), numbered(spoken, _phonemes(), MOST, FIRST)


@functools.cache
def _costs():
    return learned_costs(words().learned[:8_000])


@functools.cache
def _table():
    return LetterTable(words().learned, _costs(), REACHES[-1])


def measure(part: str, model: str, rate: float, steps: int, seed: int) -> dict[str, float | str]:
    """Learn to pronounce words, and count how others are pronounced."""
    judged = words().tuning if part == "tuning" else words().test
    if model == "table":
        found = _judge(lambda pairs: [_table()(word, int(rate)) for word, _ in pairs], judged)
        return found | {"parameters": len(_table())} | NO_ALIGNMENT
    first, order = jax.random.split(jax.random.key(seed))
    network = build(model, len(_phonemes()), first)
    network = fitted(network, translation_loss, _arrays(), rate, steps, BATCH, order)

    def pronounce(pairs):
        written = translated(network, *_letters(pairs), MOST)
        return [
            [_phonemes()[number - FIRST] for number in row if number >= FIRST] for row in written
        ]

    found = _judge(pronounce, judged) | {"parameters": parameter_count(network)}
    return found | _alignments(network, judged, kept=part == "test" and (steps, seed) == (STEPS, 1))


def _judge(pronounce, judged):
    """Shares of words that are right, and errors of a phoneme, in all and by number of letters."""
    found = {}
    for name, pairs in (("", judged), ("relatives", words().relatives)):
        results = _counted(pronounce, pairs)
        found[name or "right"] = round(float(results[:, 0].mean()), 4)
        if not name:
            found["error"] = round(float(results[:, 1].sum() / results[:, 2].sum()), 4)
            sizes = np.array([len(word) for word, _ in pairs])
            groups = {n: results[sizes == n] for n in LETTERS}
    found["learned"] = round(float(_counted(pronounce, words().learned[:1_000])[:, 0].mean()), 4)
    found |= {f"right_{n}": round(float(of[:, 0].mean()), 4) for n, of in groups.items()}
    return found | {
        f"error_{n}": round(float(of[:, 1].sum() / of[:, 2].sum()), 4) for n, of in groups.items()
    }


def _counted(pronounce, pairs):
    """A row a word: whether it is right, its errors, and the phonemes of what it is nearest to."""
    rows = []
    for (word, _), written in zip(pairs, pronounce(pairs), strict=True):
        wrong, size = min((edits(written, known), len(known)) for known in words().known[word])
        rows.append((wrong == 0, wrong, size))
    return np.array(rows, float)


def _alignments(network, judged, kept):
    """Whether attention looks where the phoneme is written, and the weights themselves."""
    if network.attention is None:
        return NO_ALIGNMENT
    near, forward = [], []
    for word, spoken, rows in _weights(network, judged[:1_000]):
        top = rows.argmax(axis=1)
        chunks = aligned(word, spoken, _costs())
        own = np.repeat(np.arange(len(word)), [len(chunk) for chunk in chunks])
        near += (abs(top - own) <= 1).tolist()
        forward += (np.diff(top) >= 0).tolist()
    shown = {
        word: {"phonemes": spoken, "weights": rows.round(3).tolist()}
        for word, spoken, rows in _weights(network, words().shown)
    }
    return {
        "near": round(float(np.mean(near)), 4),
        "forward": round(float(np.mean(forward)), 4),
        "alignments": json.dumps(shown, separators=(",", ":")) if kept else "",
    }


def _weights(network, pairs):
    """Words, their phonemes, and the weights of the letters when these are written."""
    target = numbered([spoken for _, spoken in pairs], _phonemes(), MOST, FIRST)
    weights = np.asarray(weights_of(network, *_letters(pairs), target)).astype(float)
    for (word, spoken), rows in zip(pairs, weights, strict=True):
        yield word, spoken, rows[: len(spoken), : len(word)]
