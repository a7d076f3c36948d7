"""Different optimizers for different parameters of one model."""

from collections.abc import Callable, Mapping

import jax
from jaxtyping import PyTree

from dl_lib.optim.base import Optimizer

__all__ = ["per_group"]


def per_group(
    optimizers: Mapping[str, tuple], labels: PyTree[str] | Callable[[PyTree], PyTree[str]]
) -> Optimizer:
    """Give each group of parameters an optimizer of its own.

    A backbone that is fine-tuned gets a tenth of the head's learning rate this way; a group that
    is frozen gets `sgd(0.0)`.

    Args
        optimizers: {name of a group: (init, update) pair}, optax's pairs among them
        labels: a tree of the names, one for each array; or a function of the parameters that makes
            one
    Returns
        optimizer, whose state is {name: state}
    Raises
        ValueError: from init and update, if a label names no optimizer
    Source
        As `optax.multi_transform`.
    Chapter
        vision/augmentation_fine_tuning
    """

    def labels_of(tree: PyTree) -> PyTree[str]:
        # A model full of strings can be called too, but it is no leaf.
        is_function = callable(labels) and jax.tree_util.all_leaves([labels])
        resolved = labels(tree) if is_function else labels
        unknown = set(jax.tree.leaves(resolved)) - set(optimizers)
        if unknown:
            raise ValueError(
                f"labels name the groups {sorted(unknown)}, but the optimizers are for "
                f"{sorted(optimizers)}"
            )
        return resolved

    def only(name: str, tree: PyTree, chosen: PyTree[str]) -> PyTree:
        return jax.tree.map(lambda label, x: x if label == name else None, chosen, tree)

    def init(params: PyTree) -> dict:
        chosen = labels_of(params)
        return {name: pair.init(only(name, params, chosen)) for name, pair in optimizers.items()}

    def update(grads: PyTree, state: dict, params: PyTree = None) -> tuple[PyTree, dict]:
        chosen = labels_of(grads if params is None else params)
        parts, new_state = [], {}
        for name, pair in optimizers.items():
            own = None if params is None else only(name, params, chosen)
            part, new_state[name] = pair.update(only(name, grads, chosen), state[name], own)
            parts.append(part)

        def the_one(*candidates):
            return next((c for c in candidates if c is not None), None)

        return jax.tree.map(the_one, *parts, is_leaf=lambda x: x is None), new_state

    return Optimizer(init, update)
