"""Layers whose input size comes from the data."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import jax

from dl_lib.core.fields import static
from dl_lib.core.module import Module

__all__ = ["Lazy", "materialize"]

# Sizes met by the lazy layers of one dry run, by the id of the layer; None outside of a dry run.
_sizes: ContextVar = ContextVar("sizes", default=None)


class Lazy(Module):
    """A layer that is built when the size of its input is known.

    `Lazy(lambda size, key: Linear(size, 10, key=key))` stands for a linear layer with 10 outputs.

    Args
        make: function of the input size and a random key that builds the layer
        axis: the axis of the input whose size counts, 1 for the channels of an image
    Returns
        a layer that `materialize` replaces
    Raises
        RuntimeError: if called before `materialize`
    Chapter
        builders_guide/parameters
    """

    make: Callable = static()
    axis: int = static(default=-1)

    def __call__(self, x, ctx=None):
        sizes = _sizes.get()
        if sizes is None:
            raise RuntimeError(
                "a lazy layer has no parameters yet: "
                "model = materialize(model, x, key=...) builds it from an example x"
            )
        size = x.shape[self.axis]
        if sizes.setdefault(id(self), size) != size:
            raise ValueError(
                f"one lazy layer met inputs of two sizes, {sizes[id(self)]} and {size}"
            )
        return self.make(size, jax.random.key(0))(x, ctx)


def materialize(
    model: Any, /, *example: Any, key: Any, method: str | None = None, **inputs: Any
) -> Any:
    """Build every lazy layer with the input size it meets in a dry run.

    The dry run computes shapes only; no array is allocated until the sizes are known.

    Args
        model: a module with lazy layers
        example: inputs, or their shapes as `jax.ShapeDtypeStruct`
        key: random key for the parameters
        method: name of the method to call; None calls the model itself
        inputs: further inputs by name
    Returns
        the model with layers in the places of the lazy ones
    Raises
        ValueError: if a lazy layer meets two sizes, or is not called at all
    Chapter
        builders_guide/parameters
    """

    def is_lazy(node):
        return isinstance(node, Lazy)

    # A new function each time, since JAX remembers the traces of old ones.
    def dry_run(example, inputs):
        return (model if method is None else getattr(model, method))(*example, **inputs)

    sizes: dict[int, int] = {}
    token = _sizes.set(sizes)
    try:
        jax.eval_shape(dry_run, example, inputs)
    finally:
        _sizes.reset(token)
    lazy = [node for node in jax.tree.leaves(model, is_leaf=is_lazy) if is_lazy(node)]
    if unused := [node for node in lazy if id(node) not in sizes]:
        raise ValueError(f"{len(unused)} of {len(lazy)} lazy layers were not called")
    keys = iter(jax.random.split(key, max(len(lazy), 1)))
    return jax.tree.map(
        lambda node: node.make(sizes[id(node)], next(keys)) if is_lazy(node) else node,
        model,
        is_leaf=is_lazy,
    )
