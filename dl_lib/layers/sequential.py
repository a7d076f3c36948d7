"""Layers one after another."""

import math
from collections.abc import Callable, Iterator

from jaxtyping import Array, Shaped

from dl_lib.core import Context, Module, static
from dl_lib.validation import require_axes

__all__ = ["Flatten", "Function", "Sequential", "as_layer"]


class Sequential(Module):
    """Call layers one after another.

    Equation
        y = fₖ(… f₂(f₁(x)))
    Args
        layers: modules, or plain functions of one array such as `jax.nn.relu`
    Returns
        a layer; part i is called `layers.i`, and is `model[i]`. `model[:i]` is the sequence of the
        first i, `len(model)` how many there are, and a loop goes through them
    Raises
        TypeError: if a part cannot be called
        IndexError: if there is no part of a number
    Chapter
        builders_guide/modules
    """

    layers: tuple[Module, ...]

    def __init__(self, *layers: Module | Callable):
        self.layers = tuple(map(as_layer, layers))

    def __call__(self, x: Shaped[Array, "..."], ctx: Context | None = None):
        for layer in self.layers:
            x = layer(x, ctx)
        return x

    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return Sequential(*self.layers[index])
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


class Function(Module):
    """A function without parameters, as a layer.

    Args
        function: takes an array, returns an array
    Returns
        a layer that calls it
    Raises
        TypeError: if it cannot be called
    Chapter
        builders_guide/modules
    """

    function: Callable = static()

    def __init__(self, function):
        if not callable(function):
            raise TypeError(f"a layer or a function is needed, got {function!r}")
        self.function = function

    def __call__(self, x: Shaped[Array, "..."], ctx: Context | None = None):
        return self.function(x)


def as_layer(function: Module | Callable) -> Module:
    """Take a layer as it is, with parameters that train, and a plain function as a layer.

    Args
        function: a module, or a function of one array
    Returns
        a module
    Raises
        TypeError: if it cannot be called
    Chapter
        builders_guide/modules
    """
    return function if isinstance(function, Module) else Function(function)


class Flatten(Module):
    """Lay out all axes but the first as one: (batch, c, h, w) → (batch, c h w).

    Returns
        a layer
    Raises
        ValueError: if an input is a single number
    Chapter
        cnn/lenet
    """

    def __call__(self, x: Shaped[Array, "..."], ctx: Context | None = None):
        require_axes("x", x, "batch, ...")
        return x.reshape(x.shape[0], math.prod(x.shape[1:]))
