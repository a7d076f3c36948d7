"""Pronouncing by counting: which phonemes a letter stands for between such neighbors."""

import collections
import math
from collections.abc import Iterable, Sequence

__all__ = ["LetterTable", "aligned", "learned_costs"]

Pair = tuple[str, Sequence[str]]
MOST = 2  # phonemes of a letter; x has two
NEVER = 20.0  # the cost of what was not counted


def learned_costs(pairs: Sequence[Pair], rounds: int = 4) -> dict:
    """Return −log P(phonemes | letter), counted in the cheapest alignments again and again.

    Before the first round, all that is near the diagonal of letters and phonemes is counted.
    """
    counts = collections.defaultdict(collections.Counter)
    for word, phonemes in pairs:
        for place, letter in enumerate(word):
            start = round(place * len(phonemes) / len(word))
            for size in range(MOST + 1):
                counts[letter][tuple(phonemes[start : start + size])] += 2.0**-size
    for _ in range(rounds):
        costs = _costs(counts)
        counts = collections.defaultdict(collections.Counter)
        for word, phonemes in pairs:
            for letter, chunk in zip(word, aligned(word, phonemes, costs), strict=True):
                counts[letter][chunk] += 1
    return _costs(counts)


def _costs(counts):
    return {
        letter: {chunk: math.log(sum(found.values()) / n) for chunk, n in found.items()}
        for letter, found in counts.items()
    }


def aligned(word: str, phonemes: Sequence[str], costs: dict) -> list[tuple[str, ...]]:
    """Return the phonemes of each letter, none to two, so that the costs are least."""
    total = [0.0] + [math.inf] * len(phonemes)
    steps = []
    for letter in word:
        known, after, back = costs.get(letter, {}), [math.inf] * len(total), [0] * len(total)
        for end in range(len(total)):
            for size in range(min(MOST, end) + 1):
                chunk = tuple(phonemes[end - size : end])
                cost = total[end - size] + known.get(chunk, NEVER * (1 + size))
                if cost < after[end]:
                    after[end], back[end] = cost, size
        total = after
        steps.append(back)
    chunks, end = [], len(phonemes)
    for back in reversed(steps):
        chunks.append(tuple(phonemes[end - back[end] : end]))
        end -= back[end]
    return chunks[::-1]


class LetterTable:
    """What a letter is most often, in the longest context in which it was met.

    Args
        pairs: words and their phonemes
        costs: as `learned_costs` returns them
        reach: most letters on either side that are looked at
    """

    def __init__(self, pairs: Iterable[Pair], costs: dict, reach: int):
        self.reach, counts = reach, collections.defaultdict(collections.Counter)
        for word, phonemes in pairs:
            if len(phonemes) > MOST * len(word):
                continue
            chunks = aligned(word, phonemes, costs)
            for contexts, chunk in zip(self._contexts(word, reach), chunks, strict=True):
                for context in contexts:
                    counts[context][chunk] += 1
        self.best = {context: found.most_common(1)[0][0] for context, found in counts.items()}

    def __len__(self):
        return len(self.best)

    def _contexts(self, word, reach):
        """For each letter its surroundings, the widest first."""
        padded = "#" * self.reach + word + "#" * self.reach
        for place in range(self.reach, self.reach + len(word)):
            yield [
                (padded[place - r : place], padded[place], padded[place + 1 : place + 1 + r])
                for r in range(reach, -1, -1)
            ]

    def __call__(self, word: str, reach: int) -> list[str]:
        """Return the phonemes of a word, by no more neighbors than so many on a side."""
        written = []
        for contexts in self._contexts(word, reach):
            known = next((c for c in contexts if c in self.best), None)
            written += self.best.get(known, ())
        return written
