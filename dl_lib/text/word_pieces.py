"""WordPiece: subwords that are learned by a score and found by the longest match."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from dl_lib.text._tokens import require_counts
from dl_lib.text.byte_pairs import Pair, merge_pair, pair_counts
from dl_lib.validation import whole_number

__all__ = ["WordPieces", "learn_word_pieces"]

INNER = "##"


class WordPieces(NamedTuple):
    """A set of pieces, and the segmentation of words by the longest match.

    Args
        pieces: the pieces; one that does not begin a word is written with ## before it
        unknown: what stands for a word that cannot be put together
        longest: words with more characters are unknown
    Returns
        a segmentation with the method `segment`
    Source
        Wu et al. 2016; Devlin et al. 2019.
    Chapter
        nlp/glove_subwords
    """

    pieces: tuple[str, ...]
    unknown: str = "[UNK]"
    longest: int = 100

    def segment(self, word: str) -> list[str]:
        """Pieces of a word: the longest that fits, then the longest that fits the rest."""
        known, found, start = set(self.pieces), [], 0
        if len(word) > self.longest:
            return [self.unknown]
        while start < len(word):
            prefix = INNER if start else ""
            ends = range(len(word), start, -1)
            end = next((e for e in ends if prefix + word[start:e] in known), None)
            if end is None:
                return [self.unknown]
            found.append(prefix + word[start:end])
            start = end
        return found


def learn_word_pieces(
    counts: Mapping[str, int], merges: int, criterion: str = "ratio", unknown: str = "[UNK]"
) -> WordPieces:
    """Join the pair of pieces with the best score, again and again.

    Of equal scores the pair met first wins, reading the words in the order given.

    Equation
        ratio: f(ab) / (f(a) f(b))
        likelihood: the gain in Σₓ f(x) log(f(x) / N) when a b becomes ab;  N = Σₓ f(x)
    Args
        counts: {word: how often it occurs}
        merges: how many pairs to join; fewer if all words are whole before
        criterion: "ratio", as most descriptions have it, or "likelihood" of a model in which the
            pieces are independent, as the original
        unknown: what stands for a word that cannot be put together
    Returns
        the pieces, single characters first; what was joined stays in the set
    Raises
        ValueError: for another criterion, or if `merges` or a count is negative
        TypeError: if the words come without their counts, or a number is no integer
    Source
        Schuster & Nakajima 2012; the ratio: documentation of Hugging Face.
    Chapter
        nlp/glove_subwords
    """
    if criterion not in SCORES:
        raise ValueError(f"criterion must be one of {sorted(SCORES)}, got {criterion!r}")
    merges = whole_number("merges", merges, least=0)
    require_counts(counts)
    words = {word: [word[:1], *(INNER + c for c in word[1:])] for word in counts if word}
    pieces = dict.fromkeys(piece for symbols in words.values() for piece in symbols)
    for _ in range(merges):
        score = SCORES[criterion](words, counts)
        pairs = pair_counts(words, counts)
        if not pairs:
            break
        best = max(pairs, key=lambda pair: score(pair, pairs[pair]))
        joined = best[0] + best[1].removeprefix(INNER)
        pieces[joined] = None
        words = {word: merge_pair(symbols, best, joined) for word, symbols in words.items()}
    return WordPieces(tuple(pieces), unknown)


def _ratio(words: Mapping[str, list[str]], counts: Mapping[str, int]) -> Callable:
    frequency = _frequencies(words, counts)
    return lambda pair, count: count / (frequency[pair[0]] * frequency[pair[1]])


def _likelihood(words: Mapping[str, list[str]], counts: Mapping[str, int]) -> Callable:
    frequency = _frequencies(words, counts)
    total = sum(frequency.values())

    def gain(pair: Pair, count: int) -> float:
        a, b = pair
        if a == b:  # in a a a there are two pairs, but only one can be joined
            count = sum(
                counts[w] * (len(symbols) - len(merge_pair(symbols, pair)))
                for w, symbols in words.items()
            )
        joined = a + b.removeprefix(INNER)
        # A piece that the pair makes may be there already, made of another pair.
        after = Counter({x: frequency[x] for x in (a, b, joined)})
        for piece, change in ((a, -count), (b, -count), (joined, count)):
            after[piece] += change
        # Σ f log(f / N) = Σ f log f − N log N, of which only three terms and N change.
        change = sum(_entropic(after[x]) - _entropic(frequency[x]) for x in after)
        return change - _entropic(total - count) + _entropic(total)

    return gain


def _frequencies(words: Mapping[str, list[str]], counts: Mapping[str, int]) -> Counter:
    frequency = Counter()
    for word, symbols in words.items():
        for symbol in symbols:
            frequency[symbol] += counts[word]
    return frequency


def _entropic(count: int) -> float:
    return count * math.log(count) if count > 0 else 0.0


SCORES = {"ratio": _ratio, "likelihood": _likelihood}
