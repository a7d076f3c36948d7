"""What is minimized: a loss of predictions and targets, or any function of model and batch."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from dl_lib.core import apply
from dl_lib.training._precision import lowered, raised, with_statistics

__all__ = ["Objective", "Supervised", "as_objective", "call", "objective"]


@dataclasses.dataclass(frozen=True)
class Objective:
    """A scalar to be minimized, as a function of the model and one batch.

    Equation
        L(θ) = function(model, batch, key, training)
    Args
        function: takes the model, a batch, a random key and whether to train; returns the loss and
            the model with the statistics that `apply` recorded
    Raises
        TypeError: if the function returns something else than a loss and a model
        ValueError: if the loss is not a scalar
    Chapter
        linear_networks/weight_decay
    """

    function: Callable

    def __call__(
        self, model: Any, batch: Any, key: Any, training: bool, dtype: Any = None
    ) -> tuple[Any, Any]:
        result = self.function(lowered(model, dtype), lowered(batch, dtype), key, training)
        if not (isinstance(result, tuple) and len(result) == 2):
            raise TypeError(
                f"an objective returns two things, the loss and the model; "
                f"{_name(self.function)} returned {type(result).__name__}"
            )
        loss, new = result
        return _scalar(loss, self.function), with_statistics(model, new, dtype)


@dataclasses.dataclass(frozen=True)
class Supervised:
    """The loss of a model's predictions on a batch of inputs and targets.

    Equation
        L(θ) = loss(f(x; θ), y)
    Args
        loss: takes predictions and targets, returns a scalar
    Raises
        TypeError: if a batch is not a pair of inputs and targets
        ValueError: if the loss is not a scalar
    Chapter
        linear_networks/linear_regression
    """

    loss: Callable

    def __call__(
        self, model: Any, batch: Any, key: Any, training: bool, dtype: Any = None
    ) -> tuple[Any, Any]:
        if not (isinstance(batch, tuple | list) and len(batch) == 2):
            raise TypeError(
                f"expected data (inputs, targets) for {_name(self.loss)}(prediction, target), got "
                f"{type(batch).__name__}; @objective takes data of any other form"
            )
        inputs, target = batch
        prediction, new = call(model, inputs, dtype, key=key, training=training)
        loss = self.loss(prediction, target)  # in float32, as the targets are
        return _scalar(loss, self.loss), with_statistics(model, new, dtype)


def call(model: Any, inputs: Any, dtype: Any = None, **options: Any) -> tuple[Any, Any]:
    """Call a model with inputs as `fit` takes them: an array, a tuple in order, a dict by name.

    Args
        model: a module
        inputs: an array; several stand in a tuple, or in a dict by the names of the arguments
        dtype: what to compute in, or None
        options: the key and the mode of `apply`
    Returns
        the output, in float32 where it was computed in `dtype`, and the model with its statistics
    Chapter
        linear_networks/linear_regression
    """
    model, inputs = lowered(model, dtype), lowered(inputs, dtype)
    if isinstance(inputs, dict):
        output, new = apply(model, **options, **inputs)
    else:
        several = isinstance(inputs, tuple)
        output, new = apply(model, *(inputs if several else (inputs,)), **options)
    return raised(output, dtype), new


def objective(function: Callable) -> Objective:
    """Make `fit` minimize a function of the whole model, not of its predictions.

        @objective
        def ridge(model, batch, key, training):
            x, y = batch
            return squared_error(model(x), y) + 0.1 * jnp.sum(model.weight**2), model

    Args
        function: takes (model, batch, key, training) and returns (loss, model). A model with
            dropout or running statistics is called through `apply`, which gives that model back
    Returns
        the objective, for `fit` and `evaluate`
    Chapter
        linear_networks/weight_decay
    """
    return Objective(function)


def as_objective(loss: Any) -> Objective | Supervised:
    """Read a plain function as loss(prediction, target); leave an objective as it is.

    Args
        loss: a function of predictions and targets, or an objective
    Returns
        an objective
    Raises
        TypeError: if `loss` cannot be called
    Chapter
        linear_networks/linear_regression
    """
    if not callable(loss):
        raise TypeError(
            f"expected a loss(prediction, target) or an @objective, got {type(loss).__name__}"
        )
    return loss if isinstance(loss, Objective | Supervised) else Supervised(loss)


def _scalar(loss, function):
    if jnp.shape(loss) != ():
        raise ValueError(
            f"expected a scalar loss, but {_name(function)} returned shape {jnp.shape(loss)}; "
            f'losses of the library give one with reduction="mean"'
        )
    return loss


def _name(function):
    return getattr(function, "__name__", type(function).__name__)
