"""Every array in a model has a name: look at it, freeze it, replace it."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from dl_lib.core.module import Module, with_fields
from dl_lib.core.paths import enter, path_name

__all__ = ["combine", "decay_mask", "named", "parameter_count", "partition", "with_arrays"]


def named(model: Any) -> dict[str, Any]:
    """Return the arrays of a model by name.

    Args
        model: a module, or any pytree
    Returns
        for example {"layers.0.weight": array, "layers.0.bias": array}, in the order of the fields
    Raises
        ValueError: if two arrays have one name, as with a dot in the key of a dict
    Chapter
        builders_guide/parameters
    """
    arrays, names = {}, set()
    for path, leaf in jax.tree_util.tree_leaves_with_path(model):
        name = path_name(path)
        enter(name, names, "arrays")
        arrays[name] = leaf
    return arrays


def partition(model: Any, trained: Callable[[str], bool] = lambda name: True) -> tuple[Any, Any]:
    """Split a model into what is trained and the rest.

    Buffers always belong to the rest, so an optimizer never touches running statistics.

    Args
        model: a module
        trained: whether the parameter of this name is trained, for freezing
    Returns
        (trained, rest): two copies of the model, each with None in the places of the other
    Raises
        TypeError: if `trained` is no function
        ValueError: if nothing is left to train
    Chapter
        builders_guide/parameters
    """
    if not callable(trained):
        raise TypeError(
            f"trained is a function of a name that says whether it is trained, for example "
            f'lambda name: name.startswith("head"); got {trained!r}'
        )
    chosen = {name for name in _parameters(model) if trained(name)}
    if not chosen:
        raise ValueError(f"nothing to train among {sorted(named(model))}")

    def pick(want):
        return jax.tree_util.tree_map_with_path(
            lambda path, leaf: leaf if (path_name(path) in chosen) == want else None, model
        )

    return pick(True), pick(False)


def combine(trained: Any, rest: Any) -> Any:
    """Put together what `partition` took apart.

    Args
        trained: the first part
        rest: the second part
    Returns
        the whole model
    Raises
        ValueError: if the structures differ, or both parts hold an array, one of which would be
            lost
    Chapter
        builders_guide/parameters
    """

    def either(path: Any, a: Any, b: Any) -> Any:
        if a is not None and b is not None:
            raise ValueError(f"both parts hold {path_name(path)}")
        return b if a is None else a

    return jax.tree_util.tree_map_with_path(
        either, trained, rest, is_leaf=lambda leaf: leaf is None
    )


def parameter_count(model: Any) -> int:
    """Count the numbers that training may change.

    Args
        model: a module, or its shapes from `jax.eval_shape`
    Returns
        the sum of the sizes of all parameters, buffers not counted
    Chapter
        builders_guide/parameters
    """
    return sum(leaf.size for leaf in _parameters(model).values())


def decay_mask(model: Any) -> Any:
    """Say of every array whether weight decay makes it smaller, as its layer declares.

    Args
        model: a module, or any tree of modules; with None where `partition` left some out
    Returns
        a tree of bools of the same structure: True for the arrays of fields declared `decays()`
    Chapter
        linear_networks/weight_decay
    """
    return jax.tree.map(lambda kind: kind == "decays", _kinds(model))


def with_arrays(model: Any, arrays: Mapping[str, Any]) -> Any:
    """Replace every array of a model by the one of the same name.

    Args
        model: a module
        arrays: new arrays by name; all of them, with the shapes and dtypes of the old
    Returns
        the model with the new arrays; the old one is as it was
    Raises
        KeyError: if names are missing or unknown
        ValueError: if a shape or dtype differs
    Chapter
        builders_guide/saving_loading
    """
    mine = named(model)
    missing, unknown = sorted(set(mine) - set(arrays)), sorted(set(arrays) - set(mine))
    if missing or unknown:
        raise KeyError(f"names that do not match: missing {missing}, unknown {unknown}")
    for name, old in mine.items():
        new = arrays[name]
        if tuple(old.shape) != tuple(new.shape):
            raise ValueError(f"{name}: expected shape {tuple(old.shape)}, got {tuple(new.shape)}")
        if np.dtype(old.dtype) != np.dtype(new.dtype):
            raise ValueError(f"{name}: expected dtype {old.dtype}, got {new.dtype}")
    return jax.tree_util.tree_map_with_path(
        lambda path, _: jax.numpy.asarray(arrays[path_name(path)]), model
    )


def _parameters(model):
    """The named arrays of a model without its buffers and what lies inside of them."""
    kinds = jax.tree.leaves(_kinds(model))
    return {
        name: leaf
        for (name, leaf), kind in zip(named(model).items(), kinds, strict=True)
        if kind != "buffer"
    }


def _kinds(tree, kind="parameter"):
    """A tree of the same structure with what each array is declared as."""
    return jax.tree.map(
        lambda node: _kinds_inside(node, kind), tree, is_leaf=lambda node: isinstance(node, Module)
    )


def _kinds_inside(node, kind):
    if not isinstance(node, Module):
        return kind
    parts = {name: vars(node)[name] for name in node._data}
    inner = {name: "buffer" if kind == "buffer" else node._field_kinds[name] for name in parts}
    return with_fields(node, {name: _kinds(part, inner[name]) for name, part in parts.items()})
