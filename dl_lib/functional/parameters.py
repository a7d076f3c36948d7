"""Which parameters are meant: trees of bools, made from the parameters' names."""

from collections.abc import Callable

import jax
from jaxtyping import Array, PyTree

__all__ = ["Mask", "resolve_mask", "weights_only"]

Mask = PyTree[bool] | Callable[[PyTree], PyTree[bool]] | None

# Parameters that move the output without acting on the input, by the names in use.
NOT_WEIGHTS = ("b", "bias", "beta", "gamma", "offset", "scale", "shift")


def weights_only(params: PyTree) -> PyTree[bool]:
    """Mark weights True, biases and the scale and shift of normalizations False.

    The name decides: a bias of shape (1, n) is still a bias. An entry of a list goes by the
    name of the list.

    Args
        params: a model, or any tree whose leaves have names; or one array, which is a weight
    Returns
        a tree of the same structure with a bool for each array
    Raises
        ValueError: if a leaf has no name, as in the tuple (w, b): give a mask instead
    Chapter
        linear_networks/weight_decay
    """

    def is_weight(path: tuple, leaf: Array) -> bool:
        del leaf
        names = [name for name in map(_name, path) if name is not None]
        if path and not names:
            raise ValueError(
                f"the leaf at {jax.tree_util.keystr(path)} has no name to tell whether it is a "
                "weight; use named parameters or give a mask"
            )
        return not names or names[-1] not in NOT_WEIGHTS

    return jax.tree_util.tree_map_with_path(is_weight, params)


def resolve_mask(mask: Mask, params: PyTree) -> PyTree[bool]:
    """Turn what may be given as a mask into a tree of bools.

    Args
        mask: a tree of bools, a function of the parameters that makes one, None for all
        params: a model or any tree of arrays
    Returns
        a tree of bools of the structure of `params`
    Chapter
        linear_networks/weight_decay
    """
    if mask is None:
        return jax.tree.map(lambda leaf: True, params)
    # A model full of bools can be called too, but it is no leaf.
    if callable(mask) and jax.tree_util.all_leaves([mask]):
        return mask(params)
    return mask


def _name(key: object) -> str | None:
    for attribute in ("name", "key"):  # of a module's field, of a dict's entry
        name = getattr(key, attribute, None)
        if isinstance(name, str):
            return name
    return None
