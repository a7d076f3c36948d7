"""Different optimizers for different parameters of one model."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
from jaxtyping import PyTree

from dl_lib.core import named
from dl_lib.optim._checks import require_alike, require_pair
from dl_lib.optim.base import Optimizer, update_with

__all__ = ["per_group"]


def per_group(
    optimizers: Mapping[str, Any], labels: PyTree[str] | Callable[[str], str]
) -> Optimizer:
    """Give each group of parameters an optimizer of its own.

    A backbone that is fine-tuned gets a tenth of the head's learning rate this way; a group that
    is frozen gets `sgd(0.0)`.

        label = lambda name: "head" if name.startswith("head") else "backbone"
        optimizer = per_group({"backbone": sgd(0.01), "head": sgd(0.1)}, label)

    Args
        optimizers: {name of a group: (init, update) pair}, optax's pairs among them
        labels: a function from the name of an array, as `named` has it, to that of its group; or a
            tree of the groups, one for each array
    Returns
        optimizer, whose state is {name of a group: state}
    Raises
        TypeError: if something in `optimizers` is no such pair
        ValueError: from init and update, if a label names no optimizer, or a tree of labels has
            another structure than the parameters
    Source
        As `optax.multi_transform`, whose function takes all parameters and makes a tree.
    Chapter
        vision/augmentation_fine_tuning
    """
    for name, pair in optimizers.items():
        require_pair(f"the optimizer of {name!r}", pair)

    def init(params: PyTree) -> dict:
        chosen = _groups(labels, params, optimizers)
        return {name: pair.init(_only(name, params, chosen)) for name, pair in optimizers.items()}

    def update(grads: PyTree, state: dict, params: PyTree = None, **extra) -> tuple[PyTree, dict]:
        if params is not None:
            require_alike("gradients", grads, "parameters", params)
        chosen = _groups(labels, grads, optimizers)
        updates, new_state = [None] * len(chosen), {}
        for name, pair in optimizers.items():
            own = None if params is None else _only(name, params, chosen)
            part, new_state[name] = update_with(
                pair, _only(name, grads, chosen), state[name], own, **extra
            )
            mine = [place for place, label in enumerate(chosen) if label == name]
            for place, update in zip(mine, jax.tree.leaves(part), strict=True):
                updates[place] = update
        return jax.tree.structure(grads).unflatten(updates), new_state

    return Optimizer(init, update)


def _groups(labels, tree, optimizers):
    """The group of each array."""
    # A model full of strings can be called too, but it is no leaf.
    if callable(labels) and jax.tree_util.all_leaves([labels]):
        chosen = [labels(name) for name in named(tree)]
    else:
        if jax.tree.structure(labels) != (structure := jax.tree.structure(tree)):
            raise ValueError(
                f"labels are to have the structure of the parameters, {structure}; got "
                f"{labels!r:.300}"
            )
        chosen = jax.tree.leaves(labels)
    if unknown := {label for label in chosen if label not in optimizers}:
        raise ValueError(
            f"labels name the groups {sorted(unknown, key=str)}, but the optimizers are for "
            f"{sorted(optimizers)}"
        )
    return chosen


def _only(group, tree, chosen):
    leaves, structure = jax.tree.flatten(tree)
    pairs = zip(leaves, chosen, strict=True)
    return structure.unflatten([x if label == group else None for x, label in pairs])
