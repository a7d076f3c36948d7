"""Runs of neighboring tokens."""

from collections import Counter
from collections.abc import Hashable

from dl_lib.text._tokens import Tokens, token_lists
from dl_lib.validation import whole_number

__all__ = ["count_ngrams", "ngrams"]


def ngrams(tokens: Tokens, n: int) -> list[tuple[Hashable, ...]]:
    """All runs of n neighboring tokens.

    Equation
        (x_t, …, x_{t+n−1}),  t = 1, …, T − n + 1
    Args
        tokens: of one text; a string is a sequence of characters
        n: 1 for the tokens themselves, 2 for pairs, ...
    Returns
        T − n + 1 tuples, none if the text is shorter than n
    Raises
        ValueError: if n is not positive
        TypeError: if the tokens are no sequence, or lists themselves, or n is no integer
    Chapter
        rnn/language_models
    """
    n = whole_number("n", n)
    (tokens,) = token_lists(tokens=tokens)
    return [tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]


def count_ngrams(tokens: Tokens, n: int) -> Counter:
    """How often each run of n neighboring tokens occurs.

    Equation
        count(g) = Σ_t [(x_t, …, x_{t+n−1}) = g]
    Args
        tokens: of one text
        n: length of the runs
    Returns
        {run: count}
    Raises
        ValueError: if n is not positive
        TypeError: if the tokens are no sequence, or lists themselves, or n is no integer
    Chapter
        rnn/language_models
    """
    return Counter(ngrams(tokens, n))
