"""Vectors that others trained for 400,000 English words."""

from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from dl_lib.data.archives import open_member
from dl_lib.data.download import fetch
from dl_lib.data.sources import GLOVE
from dl_lib.validation import whole_number

__all__ = ["WordVectors", "glove", "read_glove"]


class WordVectors(NamedTuple):
    """Words and a vector for each.

    Args
        words: the words, the most frequent first
        vectors: (words, dimension)
    Chapter
        nlp/glove_subwords
    """

    words: tuple[str, ...]
    vectors: Float[Array, "words dimension"]

    def __repr__(self) -> str:
        return f"WordVectors: {len(self.words):,} words, dimension {self.vectors.shape[1]}"


def glove(dimension: int = 50, number: int | None = None) -> WordVectors:
    """GloVe vectors trained on Wikipedia and newspapers, 6 billion tokens.

    Args
        dimension: 50 or 100
        number: how many words, the most frequent ones; all 400,000 by default
    Returns
        the words and their vectors
    Raises
        DownloadError: if it is not in the cache and cannot be fetched
        ValueError: for another dimension, or fewer words than one
    Source
        Pennington, Socher & Manning 2014, GloVe.
    Chapter
        nlp/glove_subwords
    """
    if dimension not in GLOVE:
        raise ValueError(f"expected a dimension of {sorted(GLOVE)}, got {dimension}")
    return read_glove(fetch(GLOVE[dimension]), dimension, number)


def read_glove(path: Path, dimension: int, number: int | None = None) -> WordVectors:
    """Read word vectors from a zip archive: on each line a word and its numbers.

    Args
        path: an archive that holds vec.txt or glove.6B.….txt
        dimension: how many numbers a word has
        number: read no more words than this
    Returns
        the words and their vectors
    Raises
        ValueError: if the archive holds no such file or no word, a word has another number of
            numbers, or fewer than one is asked for
    Chapter
        nlp/glove_subwords
    """
    number = None if number is None else whole_number("number", number)
    words, rows = [], []
    with open_member(path, "vec.txt", f"glove.6B.{dimension}d.txt") as lines:
        for line in lines:
            # Some words have a space in them, never a line break: count from the right.
            word, *values = line.rstrip("\n").rsplit(" ", dimension)
            if len(values) == 1 and not words:
                continue  # the first line may say how many words and numbers there are
            if len(values) != dimension:
                raise ValueError(f"{word!r}: expected {dimension} numbers, got {len(values)}")
            words.append(word)
            rows.append(np.array(values, np.float32))
            if len(words) == number:
                break
    if not words:
        raise ValueError(f"{path.name} holds no word")
    return WordVectors(tuple(words), jnp.asarray(np.stack(rows)))
