"""What is a sequence of tokens and what is not: a string among lists, a list of lists, a token."""

from collections.abc import Hashable, Mapping, Sequence

from dl_lib.validation import whole_number

__all__ = ["Tokens", "require_counts", "require_end", "token_lists"]

Tokens = Sequence[Hashable]


def token_lists(**texts: Tokens) -> list[Tokens]:
    """Read texts as sequences of tokens that can be compared; arrays become lists of numbers."""
    found = [_tokens(name, text) for name, text in texts.items()]
    kinds = {name: _kind(text) for name, text in zip(texts, found, strict=True) if len(text)}
    if len(set(kinds.values())) > 1:
        each = ", ".join(f"{name} is {kind}" for name, kind in kinds.items())
        raise ValueError(f"texts of different kinds have no token in common: {each}")
    return found


def require_counts(counts: Mapping[str, int]) -> None:
    """Raise unless words are given with how often each occurs."""
    if not isinstance(counts, Mapping):
        raise TypeError(f"expected {{word: how often it occurs}}, as of a Counter, got {counts!r}")
    for word, count in counts.items():
        if not isinstance(word, str):
            raise TypeError(f"expected words that are strings, found {word!r}")
        whole_number(f"the count of {word!r}", count, least=0)


def require_end(end: int | None, size: int) -> None:
    """Raise unless the token that ends a text is one: with another, none would ever end."""
    if end is not None and not 0 <= whole_number("end", end, least=-(2**31)) < size:
        raise ValueError(f"end must lie in 0..{size - 1}, got {end}")


def _tokens(name, text):
    """One text as it is, or as a list if it is an array."""
    text = text.tolist() if hasattr(text, "tolist") else text
    if isinstance(text, set | dict) or not (hasattr(text, "__len__") and hasattr(text, "__iter__")):
        raise TypeError(f"{name} must be a sequence of tokens, got {text!r}")
    for token in text:
        if not isinstance(token, Hashable) or isinstance(token, list):
            raise TypeError(f"{name} must hold tokens, found a {type(token).__name__}: {token!r}")
    return text


def _kind(text):
    if isinstance(text, str):
        return "a string, whose tokens are characters"
    return "a list of strings" if isinstance(text[0], str) else "a list of numbers"
