"""Layers one after another."""

import math
from collections.abc import Callable

from jaxtyping import Array, Shaped

from dl_lib.core import Context, Module, static
from dl_lib.validation import require_axes

__all__ = ["Flatten", "Function", "Sequential"]


class Sequential(Module):
    """Call layers one after another.

    Equation
        y = fₖ(… f₂(f₁(x)))
    Args
        layers: modules, or plain functions of one array such as `jax.nn.relu`
    Returns
        a layer; part i is called `layers.i`
    Raises
        TypeError: if a part cannot be called
    Chapter
        builders_guide/modules
    """

    layers: tuple[Module, ...]

    def __init__(self, *layers: Module | Callable):
        self.layers = tuple(f if isinstance(f, Module) else Function(f) for f in layers)

    def __call__(self, x: Shaped[Array, "..."], ctx: Context | None = None):
        for layer in self.layers:
            x = layer(x, ctx)
        return x


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
