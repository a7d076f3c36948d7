"""The words of the CMU dictionary, split so that no inflection of a learned word is judged."""

import collections
import functools
import random
import string
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dl_lib.data import pronunciations

__all__ = ["ALPHABET", "LETTERS", "SHOWN", "Words", "families", "words"]

ALPHABET, LETTERS = string.ascii_lowercase, range(3, 13)
PHONEMES = 14  # at most
TEST, TUNING, RELATIVES = 4_000, 1_500, 1_500
# They and their families are neither learned nor judged.
SHOWN = ("knight", "phone", "through", "school", "judge", "quick", "taxi", "psychology")
_ENDINGS = (
    *("s", "es", "ed", "d", "ing", "ings", "er", "ers", "r", "rs", "est", "ly", "y", "ness"),
    *("ies", "ied", "ier", "iest"),
)

Pairs = list[tuple[str, tuple[str, ...]]]


class Words(NamedTuple):
    """Words with their first pronunciation, and all pronunciations of each."""

    learned: Pairs
    tuning: Pairs
    test: Pairs
    relatives: Pairs  # not learned, but others of their family are
    shown: Pairs
    known: dict[str, list[tuple[str, ...]]]


def families(spellings: Iterable[str]) -> list[list[str]]:
    """Return the words in groups: one that is another and an ending is in the same."""
    parent = {word: word for word in spellings}

    def root(word):
        while parent[word] != word:
            parent[word] = word = parent[parent[word]]
        return word

    for word in parent:
        for stem in _stems(word):
            if stem in parent:
                parent[root(word)] = root(stem)
    found = collections.defaultdict(list)
    for word in parent:
        found[root(word)].append(word)
    return list(found.values())


def _stems(word: str) -> Iterator[str]:
    """What may be left of a word without its ending: bake and bak of baking, run of running."""
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3:
            yield from (stem, stem + "e", stem + "y")
            if len(stem) > 3 and stem[-1] == stem[-2]:
                yield stem[:-1]


@functools.cache
def words() -> Words:
    """Return the words of every part, each in an order drawn once."""
    known = collections.defaultdict(list)
    for word, spoken in pronunciations(every=True, stress=False):
        if len(word) in LETTERS and len(spoken) <= PHONEMES:
            known[word].append(spoken)
    groups = families(known)
    chance = random.Random(0)
    chance.shuffle(groups)
    parts = {"test": [], "tuning": [], "relatives": [], "learned": [], "shown": list(SHOWN)}
    for group in groups:
        if set(SHOWN) & set(group):
            continue
        chance.shuffle(group)
        if len(parts["test"]) < TEST:
            parts["test"] += group
        elif len(parts["tuning"]) < TUNING:
            parts["tuning"] += group
        elif len(group) > 1 and len(parts["relatives"]) < RELATIVES:
            parts["relatives"].append(group[0])
            parts["learned"] += group[1:]
        else:
            parts["learned"] += group
    chance.shuffle(parts["learned"])
    return Words(
        **{name: [(word, known[word][0]) for word in part] for name, part in parts.items()},
        known=dict(known),
    )
