"""Tokens as numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import SupportsIndex

import numpy as np

from dl_lib.validation import whole_number

__all__ = ["Vocabulary"]


class Vocabulary:
    """Numbers for tokens, the frequent ones first.

    Args
        tokens: the tokens of a text, or {token: how often it occurs}; those of a string are its
            characters
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
        TypeError: if the tokens are lists, the reserved ones are a single string, or a number is
            no integer
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
        if isinstance(reserved, str):
            raise TypeError(f"expected a list of reserved tokens, got the string {reserved!r}")
        if unknown is not None and unknown not in reserved:
            raise ValueError(f"unknown is {unknown!r}, which is not among {tuple(reserved)}")
        minimum = whole_number("minimum", minimum, least=0)
        size = None if size is None else whole_number("size", size, least=0)
        if size is not None and size < len(reserved):
            raise ValueError(f"size is {size}, but there are {len(reserved)} reserved tokens")
        tokens = tokens if isinstance(tokens, Mapping) else list(tokens)
        if strange := [token for token in tokens if not isinstance(token, str)]:
            raise TypeError(f"expected tokens that are strings, found {strange[0]!r}")
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
        """Numbers of tokens, as int32; a string is refused where not all tokens are characters."""
        if isinstance(tokens, str) and any(len(token) > 1 for token in self.counts):
            raise TypeError(f"expected a list of tokens, got a string: {tokens[:40]!r}")
        return np.asarray([self[token] for token in tokens], dtype=np.int32)

    def decode(self, numbers: Iterable[SupportsIndex]) -> list[str]:
        """Tokens of numbers; a number out of range is an error, also a negative one."""
        found = np.asarray(numbers if hasattr(numbers, "shape") else list(numbers))
        if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
            raise TypeError(
                f"expected a sequence of integers, got {found.dtype} of shape {found.shape}"
            )
        numbers = found.astype(int).tolist()
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"numbers must lie in 0..{len(self) - 1}, found {number}")
        return [self.tokens[number] for number in numbers]
