"""Words of docstrings: sentences that are labeled with their library, and all that is not."""

import functools
import re
from collections import Counter
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from dl_lib.data import docstrings
from dl_lib.text import Vocabulary

__all__ = ["CLS", "LENGTH", "MASK", "RESERVED", "SIZE", "Texts", "counted", "drawn"]
__all__ += ["numbered", "texts", "words_of"]

LENGTH, SIZE = 16, 2_000
RESERVED = ("<pad>", "<unk>", "<mask>", "<cls>")
_, _, MASK, CLS = range(4)
NO_NAMES = {"jax", "matplotlib", "networkx", "numpy", "python", "scipy", "skimage", "sklearn"}
NO_NAMES |= {"jnp", "mpl", "np", "nx", "plt", "pyplot", "scikit"}


class Texts(NamedTuple):
    """Labeled sentences of three parts, and the words of all other docstrings as one row."""

    pool: list
    tuning: list
    test: list
    others: list
    words: Int[np.ndarray, "time"]
    fresh: Int[np.ndarray, "time"]
    vocabulary: Vocabulary


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, without the names of the libraries."""
    return [word for word in re.findall("[a-z]+", text.lower()) if word not in NO_NAMES]


@functools.cache
def texts() -> Texts:
    """Return sentences (words, library): 100 of each library to tune by, 150 to judge by."""
    chance = np.random.default_rng(0)
    whole = {}
    for library, found in docstrings().items():
        whole[library] = {}
        for text in found:
            sentence = tuple(words_of(text.split("\n\n")[0])[: LENGTH - 1])
            whole[library].setdefault(sentence, text)
    times = Counter(sentence for found in whole.values() for sentence in found)
    parts, rest = ([], [], []), []
    for label, found in enumerate(whole.values()):
        usable = [s for s in found if len(s) >= 3 and times[s] == 1]
        usable = [usable[i] for i in chance.permutation(len(usable))]
        for part, rows in zip(parts, (usable[250:], usable[150:250], usable[:150]), strict=True):
            part += [(sentence, label) for sentence in rows]
        held = set(usable[:250])
        rest += [words_of(text) for sentence, text in found.items() if sentence not in held]
    rest = [rest[i] for i in chance.permutation(len(rest))]
    vocabulary = Vocabulary((word for text in rest for word in text), size=SIZE, reserved=RESERVED)
    words = np.concatenate([vocabulary.encode(text) for text in rest])
    fresh = len(words) // 50
    return Texts(*parts, rest, words[fresh:], words[:fresh], vocabulary)


def numbered(rows: list, behind: bool, size: int) -> tuple:
    """Return numbers of words with <cls> before or behind them, lengths and labels, filled up."""
    out, lengths, y = np.zeros((size, LENGTH), np.int32), np.ones(size, np.int32), np.zeros(size)
    for row, (sentence, label) in enumerate(rows):
        found = [*texts().vocabulary.encode(sentence)]
        found = [*found, CLS] if behind else [CLS, *found]
        out[row, : len(found)], lengths[row], y[row] = found, len(found), label
    return jnp.asarray(out), jnp.asarray(lengths), jnp.asarray(y.astype(np.int32))


def drawn(labels: int, seed: int) -> list:
    """Return so many sentences, as many of each library, that none who judges has seen."""
    chance = np.random.default_rng(seed)
    pool = texts().pool
    each = [[row for row in pool if row[1] == label] for label in range(8)]
    return [rows[i] for rows in each for i in chance.permutation(len(rows))[: labels // 8]]


@functools.cache
def counted(width: int) -> Float[np.ndarray, "size width"]:
    """Return vectors of words from a table of docstrings and words, of standard deviation 0.1."""
    table = np.zeros((len(texts().others), SIZE), np.float32)
    for row, text in zip(table, texts().others, strict=True):
        numbers, times = np.unique(texts().vocabulary.encode(text), return_counts=True)
        row[numbers] = np.log1p(times)
    table *= np.log(len(table) / np.maximum((table > 0).sum(0), 1))
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-6)
    values, directions = np.linalg.eigh(table.T @ table)
    vectors = directions[:, -width:] * np.sqrt(np.maximum(values[-width:], 0))
    return 0.1 * vectors / vectors.std()
