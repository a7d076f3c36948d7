"""The gradient of a function of a model, with respect to what is trained."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dl_lib.core.names import combine, named, partition

__all__ = ["differentiable", "value_and_grad"]


def value_and_grad(
    function: Callable, trained: Callable[[str], bool] = lambda name: True, has_aux: bool = False
) -> Callable:
    """Make a function that computes a value and its gradient with respect to a model's parameters.

        parameters, rest = partition(model)
        state = optimizer.init(parameters)
        loss, gradient = value_and_grad(loss_of)(model, x, y)
        updates, state = optimizer.update(gradient, state, parameters)
        model = combine(apply_updates(parameters, updates), rest)

    Equation
        f(θ), ∇f(θ)
    Args
        function: takes a model and whatever else, returns a scalar, or (scalar, more) with has_aux
        trained: whether the parameter of this name is trained
        has_aux: whether the function returns more than the scalar, such as the model that `apply`
            gave back
    Returns
        a function of the same arguments that returns what `function` returns, and the gradient: a
        tree like the model, with None in the places of buffers and of what is not trained. Of a
        complex parameter it is the direction in which the value rises, whose conjugate JAX gives
    Raises
        TypeError: from the new function, if a parameter is of integers, which have no gradient
        ValueError: from the new function, if nothing is left to train
    Chapter
        builders_guide/parameters
    """

    def both(model: Any, *args: Any, **inputs: Any) -> tuple[Any, Any]:
        parameters, rest = differentiable(model, trained)

        def of_parameters(parameters):
            return function(combine(parameters, rest), *args, **inputs)

        value, gradient = jax.value_and_grad(of_parameters, has_aux=has_aux)(parameters)
        return value, jax.tree.map(jnp.conj, gradient)

    return both


def differentiable(model: Any, trained: Callable[[str], bool]) -> tuple[Any, Any]:
    """Split a model as `partition` does, into parameters that have a gradient and the rest.

    Args
        model: a module
        trained: whether the parameter of this name is trained
    Returns
        (parameters, rest)
    Raises
        TypeError: if a parameter has no gradient, since it is of integers or no array
        ValueError: if nothing is left to train
    Chapter
        builders_guide/parameters
    """
    parameters, rest = partition(model, trained)
    for name, leaf in named(parameters).items():
        if not (hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.inexact)):
            raise TypeError(
                f"{name or 'the model'} is {getattr(leaf, 'dtype', type(leaf).__name__)}, which "
                f"has no gradient; declare it as buffer() or leave it out with trained=..."
            )
    return parameters, rest
