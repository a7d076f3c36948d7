"""What a network's table says of its stages, and what its caller says instead."""

__all__ = ["listed", "one_each"]


def listed(family: str, table: dict, chosen):
    """The line of a table for a depth or a name; anything else is refused with what there is."""
    if chosen not in table:
        raise ValueError(f"{family}: expected one of {', '.join(map(str, table))}, got {chosen!r}")
    return table[chosen]


def one_each(parts: int, name: str, numbers: tuple) -> tuple:
    """Numbers, one for each part of a network; more or fewer than the parts are refused."""
    if len(numbers) != parts:
        raise ValueError(f"expected {parts} {name}, got {len(numbers)}: {numbers}")
    return numbers
