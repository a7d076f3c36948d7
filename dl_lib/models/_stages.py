"""What a network's table says of its stages, and what its caller says instead."""

__all__ = ["listed", "require_one_each"]


def listed(family: str, table: dict, chosen):
    """The line of a table for a depth or a name; anything else is refused with what there is."""
    if chosen not in table:
        raise ValueError(f"{family}: expected one of {', '.join(map(str, table))}, got {chosen!r}")
    return table[chosen]


def require_one_each(stages: int, **numbers: tuple) -> None:
    """Refuse numbers of stages that are more or fewer than the stages."""
    for name, given in numbers.items():
        if len(given) != stages:
            raise ValueError(f"expected {stages} {name}, one a stage, got {len(given)}: {given}")
