"""How the parts of a tree are called: the way to them, joined by dots."""

from typing import Any

__all__ = ["enter", "joined", "path_name"]


def joined(name: str, part: Any) -> str:
    """Name a part of something that has a name.

    Args
        name: of the whole; empty for a model itself
        part: name of a field, key or index
    Returns
        for example "layers.0"
    Chapter
        builders_guide/parameters
    """
    return f"{name}.{part}" if name else str(part)


def path_name(path: tuple) -> str:
    """Name what stands at the end of a path.

    Args
        path: keys, as `jax.tree_util` gives them
    Returns
        for example "layers.0.weight"
    Chapter
        builders_guide/parameters
    """
    name = ""
    for key in path:
        part = getattr(key, "name", getattr(key, "idx", getattr(key, "key", key)))
        name = joined(name, part)
    return name


def enter(name: str, names: set[str], what: str) -> None:
    """Add a name to those in use, of which each stands for one thing.

    Args
        name: the new one
        names: those in use
        what: what is called so
    Raises
        ValueError: if it is in use
    Chapter
        builders_guide/parameters
    """
    if name in names:
        raise ValueError(
            f"two {what} are called {name!r}; rename one of them: the key of a dict should have "
            f"no dot and not be empty"
        )
    names.add(name)
