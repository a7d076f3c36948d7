"""The best way to guess the next token by counting."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from dl_lib.validation import whole_number

__all__ = ["KneserNey"]


class _Level(NamedTuple):
    """What is known of one order; runs of tokens are numbers in the base of the vocabulary."""

    grams: ndarray  # the runs that occur, sorted
    kept: ndarray  # their counts, discounted
    contexts: ndarray  # the runs without their last token, sorted
    totals: ndarray  # of the counts in each context
    freed: ndarray  # what the discounts took in each context


class KneserNey:
    """Interpolated Kneser–Ney: counts give up a little to what the shorter context says.

    Equation
        P(w|h) = (c(hw) − D(c(hw)) + F(h) P(w|h′)) / c(h),  F(h) = Σ_w D(c(hw)),  h′ = h without
            its first token; P(w|h) = P(w|h′) if c(h) = 0, and 1/V at the end
        c: how often, for runs of n tokens; in how many different contexts, for shorter ones
        D(r) = r − (r + 1) Y n_{r+1} / n_r, at least Y;  Y = n₁ / (n₁ + 2 n₂)
        n_r: how many runs have c = r
    Args
        tokens: their numbers, the text to count, (time,)
        n: length of the longest runs, so n − 1 tokens of context
        size: V, how many tokens there are
        discounts: how many counts have a D of their own; larger ones have that of the last
    Returns
        a model with the method `probabilities`
    Raises
        ValueError: if the text is shorter than n, a token is no number in 0..size−1, or runs of n
            are too many to be numbered in 64 bits
        TypeError: if the tokens are no integers, or a number is no integer
    Source
        Kneser & Ney 1995; Chen & Goodman 1999 for the interpolation and three discounts.
    Chapter
        rnn/language_models
    """

    def __init__(self, tokens: Int[ndarray, "time"], n: int, size: int, discounts: int = 3):
        self.n, self.size = whole_number("n", n), whole_number("size", size)
        discounts = whole_number("discounts", discounts)
        if self.size**self.n >= 2**63:
            raise ValueError(f"{size}^{n} runs of {n} tokens are too many for 64 bits")
        tokens = self._numbers(tokens)
        if tokens.ndim != 1 or len(tokens) < self.n:
            raise ValueError(f"expected one text of {n} tokens or more, got {tokens.shape}")
        self.levels = [self._level(tokens, order, discounts) for order in range(1, self.n + 1)]

    def probabilities(self, tokens: Int[ndarray, "... time"]) -> Float[ndarray, "... time"]:
        """P of each token given the n − 1 before it; of the first ones, given all before them."""
        tokens = self._numbers(tokens)
        found = np.full(tokens.shape, 1 / self.size)
        for order, level in enumerate(self.levels, start=1):
            runs = self._runs(tokens, order)
            shorter = found[..., order - 1 :]
            found[..., order - 1 :] = _interpolate(level, runs, runs // self.size, shorter)
        return found

    def _level(self, tokens: ndarray, order: int, discounts: int) -> _Level:
        if order == self.n:
            grams, counts = np.unique(self._runs(tokens, order), return_counts=True)
        else:  # in how many contexts: each longer run counts once
            longer = np.unique(self._runs(tokens, order + 1))
            grams, counts = np.unique(longer % self.size**order, return_counts=True)
        taken = _discounts(counts, discounts)[np.minimum(counts, discounts) - 1]
        contexts, place = np.unique(grams // self.size, return_inverse=True)
        return _Level(
            grams, counts - taken, contexts, np.bincount(place, counts), np.bincount(place, taken)
        )

    def _runs(self, tokens: ndarray, order: int) -> ndarray:
        """The number of the run of tokens that ends at each place, from the first full run on."""
        length = max(tokens.shape[-1] - order + 1, 0)
        runs = np.zeros((*tokens.shape[:-1], length), np.int64)
        for start in range(order):
            runs = runs * self.size + tokens[..., start : start + length]
        return runs

    def _numbers(self, tokens: ndarray) -> ndarray:
        tokens = np.asarray(tokens)
        if tokens.dtype.kind not in "iu" or tokens.ndim == 0:
            raise TypeError(f"expected an array of integers, got {tokens.dtype} {tokens.shape}")
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.size:
            raise ValueError(
                f"tokens must lie in 0..{self.size - 1}, found {tokens.min()}..{tokens.max()}"
            )
        return tokens.astype(np.int64)


def _discounts(counts: ndarray, number: int) -> ndarray:
    """D(1), …, D(number), estimated from how many runs occur once, twice, ..."""
    n = np.bincount(counts, minlength=number + 2)[: number + 2].astype(float)
    share = n[1] / (n[1] + 2 * n[2]) if n[1] else 0.5
    rank, here = np.arange(1, number + 1), n[1:-1]
    estimate = rank - (rank + 1) * share * n[2:] / np.where(here > 0, here, 1)
    # At least Y: each context leaves something to the shorter one, and nothing is impossible.
    return np.clip(np.where(here > 0, estimate, share), share, rank)


def _interpolate(level: _Level, grams: ndarray, contexts: ndarray, shorter: ndarray) -> ndarray:
    """The equation; where a context is new, what the shorter one says stands."""
    kept, _ = _find(level.grams, level.kept, grams)
    freed, known = _find(level.contexts, level.freed, contexts)
    total, _ = _find(level.contexts, level.totals, contexts)
    return np.where(known, (kept + freed * shorter) / np.where(known, total, 1), shorter)


def _find(keys: ndarray, values: ndarray, wanted: ndarray) -> tuple[ndarray, ndarray]:
    """The value of each key, 0 for a key that is not there, and whether it is."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    there = keys[place] == wanted
    return np.where(there, values[place], 0), there
