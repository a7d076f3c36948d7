"""Which part of a data set is meant: train, test, or what else it has."""

__all__ = ["check_part"]


def check_part(part: str, parts: tuple[str, ...]) -> None:
    """Complain about a part that a data set does not have, before anything is fetched for it.

    Args
        part: what was asked for
        parts: what there is
    Raises
        ValueError: if there is no such part
    Chapter
        linear_networks/softmax_regression
    """
    if part not in parts:
        raise ValueError(f"expected one of the parts {', '.join(parts)}, got {part!r}")
