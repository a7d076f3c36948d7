"""Byte pair encoding: frequent neighbors grow together into subwords."""

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from dl_lib.text._tokens import require_counts
from dl_lib.validation import whole_number

__all__ = ["BytePairs", "learn_byte_pairs", "merge_pair", "pair_counts"]

Pair = tuple[str, str]


class BytePairs(NamedTuple):
    """A learned segmentation of words into subwords.

    Args
        merges: pairs of symbols in the order in which they grew together
        alphabet: the symbols it started from
        end: what marks the end of a word; empty for nothing
        unknown: what stands for a character outside the alphabet
    Returns
        a segmentation with the method `segment`
    Chapter
        nlp/glove_subwords
    """

    merges: tuple[Pair, ...]
    alphabet: frozenset[str]
    end: str = "_"
    unknown: str = "[UNK]"

    def segment(self, word: str) -> list[str]:
        """Subwords of a word: the learned merges in the order in which they were learned."""
        symbols = [c if c in self.alphabet else self.unknown for c in _spell(word, self.end)]
        ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        while len(symbols) > 1:
            pairs = itertools.pairwise(symbols)
            first = min(pairs, key=lambda pair: ranks.get(pair, len(ranks)))
            if first not in ranks:
                break
            symbols = merge_pair(symbols, first)
        return symbols


def learn_byte_pairs(
    counts: Mapping[str, int], merges: int, end: str = "_", unknown: str = "[UNK]"
) -> BytePairs:
    """Join the most frequent pair of neighboring symbols, again and again.

    Of equally frequent pairs the one met first wins, reading the words in the order given.

    Equation
        repeat: (a, b) = argmax Σ_w f(w) · #(ab in w);  a b → ab in all words
    Args
        counts: {word: f, how often it occurs}
        merges: how many pairs to join; fewer if all words are whole before
        end: a symbol added to each word, so that what ends a word is told from what does not
        unknown: what stands for a character that no word has
    Returns
        the learned segmentation
    Raises
        ValueError: if `merges` or a count is negative
        TypeError: if the words come without their counts, or a number is no integer
    Source
        Sennrich, Haddow & Birch 2016, Algorithm 1.
    Chapter
        nlp/glove_subwords
    """
    merges = whole_number("merges", merges, least=0)
    require_counts(counts)
    words = {word: _spell(word, end) for word in counts}
    alphabet = frozenset(symbol for symbols in words.values() for symbol in symbols)
    learned = []
    for _ in range(merges):
        pairs = pair_counts(words, counts)
        if not pairs:
            break
        best = max(pairs, key=pairs.__getitem__)
        learned.append(best)
        words = {word: merge_pair(symbols, best) for word, symbols in words.items()}
    return BytePairs(tuple(learned), alphabet, end, unknown)


def pair_counts(words: Mapping[str, list[str]], counts: Mapping[str, int]) -> Counter:
    """How often two symbols stand side by side.

    Args
        words: {word: its symbols}
        counts: {word: how often it occurs}
    Returns
        {pair: count}, in the order in which the pairs are met
    Chapter
        nlp/glove_subwords
    """
    pairs = Counter()
    for word, symbols in words.items():
        for pair in itertools.pairwise(symbols):
            pairs[pair] += counts[word]
    return pairs


def merge_pair(symbols: list[str], pair: Pair, joined: str | None = None) -> list[str]:
    """Join a pair wherever it occurs, from the left.

    Args
        symbols: of one word
        pair: two symbols
        joined: what they become; None for one after the other
    Returns
        the new symbols
    Chapter
        nlp/glove_subwords
    """
    merged, place = [], 0
    while place < len(symbols):
        if tuple(symbols[place : place + 2]) == pair:
            merged.append("".join(pair) if joined is None else joined)
            place += 2
        else:
            merged.append(symbols[place])
            place += 1
    return merged


def _spell(word: str, end: str) -> list[str]:
    return [*word, end] if end else list(word)
