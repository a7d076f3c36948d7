"""Tokens as numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import SupportsInt

import numpy as np

__all__ = ["Vocabulary"]


class Vocabulary:
    """Numbers for tokens, the frequent ones first.

    Args
        tokens: the tokens of a text, or {token: how often it occurs}
        minimum: rarer tokens are left out
        size: how many tokens there may be, the reserved ones among them; None for any number
        reserved: tokens with the first numbers, whether they occur or not
        unknown: the reserved token that stands for all that were left out; None if none does, and
            then a token left out is an error
    Returns
        a vocabulary: `len(v)`, `token in v`, `v[token]`, iteration over the tokens; `encode` and
        `decode`
    Raises
        ValueError: if `unknown` is not reserved, or there is no room for the reserved tokens
    Chapter
        rnn/language_models
    """

    def __init__(
        self,
        tokens: Iterable[str] | Mapping[str, int],
        minimum: int = 1,
        size: int | None = None,
        reserved: Sequence[str] = ("<unk>",),
        unknown: str | None = "<unk>",
    ):
        if unknown is not None and unknown not in reserved:
            raise ValueError(f"unknown is {unknown!r}, which is not among {tuple(reserved)}")
        if size is not None and size < len(reserved):
            raise ValueError(f"size is {size}, but there are {len(reserved)} reserved tokens")
        self.counts = Counter(tokens)
        # Equally frequent tokens by the alphabet, so that the order of the text does not matter.
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        frequent = [t for t, count in ordered if count >= minimum and t not in set(reserved)]
        self.tokens = (*reserved, *frequent)[:size]
        self.unknown = unknown
        self._numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._numbers

    def __getitem__(self, token: str) -> int:
        number = self._numbers.get(token)
        if number is None and self.unknown is not None:
            number = self._numbers[self.unknown]
        if number is None:
            raise KeyError(f"{token!r} is not among the {len(self)} tokens, and none is unknown")
        return number

    def encode(self, tokens: Iterable[str]) -> np.ndarray:
        """Numbers of tokens, as int32."""
        return np.asarray([self[token] for token in tokens], dtype=np.int32)

    def decode(self, numbers: Iterable[SupportsInt]) -> list[str]:
        """Tokens of numbers; a number out of range is an error, also a negative one."""
        numbers = [int(number) for number in numbers]
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"numbers must lie in 0..{len(self) - 1}, found {number}")
        return [self.tokens[number] for number in numbers]
