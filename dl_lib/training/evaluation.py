"""What a trained model says, and how good it is."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.training.arrays import as_arrays
from dl_lib.training.objective import Objective, Supervised

__all__ = ["evaluate", "predict"]


def predict(model: Any, X: Any, batch_size: int | None = None) -> Any:
    """Apply a model to many examples, a compiled batch at a time, as inference.

    Args
        model: a module
        X: inputs with one row an example, (examples, ...); a tuple holds several inputs
        batch_size: examples at a time, which bounds the memory; None for all at once
    Returns
        what `model(X)` returns, for all examples
    Raises
        ValueError: if there are no examples, or a batch size below 1
    Chapter
        linear_networks/linear_regression
    """
    inputs, examples = as_arrays(X, "X")
    size = _batch_size(batch_size, examples)
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)
    parts = []
    for first in range(0, examples, size):
        # The last batch is filled up from the front, so that one program fits all batches:
        # in inference no example changes what is said about another.
        rows = np.arange(first, first + size) % examples
        output = _infer(model, inputs) if size == examples else _infer_rows(model, inputs, rows)
        parts.append(jax.tree.map(lambda leaf: leaf[: examples - first], output))  # noqa: B023
    return parts[0] if len(parts) == 1 else jax.tree.map(lambda *p: jnp.concatenate(p), *parts)


def evaluate(
    model: Any, data: Any, metrics: Mapping[str, Callable], batch_size: int | None = None
) -> dict[str, float]:
    """Measure a model on data it may never have seen, as inference.

    Predictions are made in batches and measured all together, so metrics that are no mean over the
    examples, such as R², are right too. An `@objective` sees one batch at a time; its values are
    averaged with the sizes of the batches as weights.

    Args
        model: a module
        data: inputs and targets (X, y), or a data set; any arrays if all metrics are objectives
        metrics: functions metric(prediction, target), or objectives, by name
        batch_size: examples at a time, which bounds the memory; None for all at once
    Returns
        one number for each metric
    Raises
        ValueError: if the data are empty or of different lengths, or a metric is no scalar
        TypeError: if a metric cannot be called, or needs targets where there are none
    Chapter
        linear_networks/softmax_regression
    """
    arrays, examples = as_arrays(data)
    size = _batch_size(batch_size, examples)
    result = {}
    pairs = {name: metric for name, metric in metrics.items() if not isinstance(metric, Objective)}
    if pairs:
        if not (isinstance(arrays, tuple | list) and len(arrays) == 2):
            raise TypeError(f"expected data (X, y) for {sorted(pairs)}, got {type(data).__name__}")
        functions = tuple(m.loss if isinstance(m, Supervised) else m for m in pairs.values())
        values = _measure(functions, predict(model, arrays[0], size), arrays[1])
        result = dict(zip(pairs, values, strict=True))
    for name in metrics.keys() - pairs.keys():
        result[name] = _average(metrics[name], model, arrays, examples, size)
    return {name: _number(name, result[name]) for name in metrics}


@jax.jit
def _infer(model, inputs):
    return model(*inputs)


@jax.jit
def _infer_rows(model, inputs, rows):
    return model(*jax.tree.map(lambda array: array[rows], inputs))


@partial(jax.jit, static_argnames="functions")
def _measure(functions, prediction, target):
    return [function(prediction, target) for function in functions]


@partial(jax.jit, static_argnames="objective")
def _value(objective, model, arrays, rows):
    return objective(model, jax.tree.map(lambda array: array[rows], arrays), None, False)[0]


def _average(objective, model, arrays, examples, size):
    batches = np.array_split(np.arange(examples), range(size, examples, size))
    values = [float(_value(objective, model, arrays, rows)) for rows in batches]
    return math.fsum(v * len(rows) for v, rows in zip(values, batches, strict=True)) / examples


def _number(name, value):
    if np.shape(value) != ():
        raise ValueError(f"expected a scalar, but the metric {name!r} has shape {np.shape(value)}")
    return float(value)


def _batch_size(batch_size, examples):
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"expected a batch_size of at least 1, got {batch_size}")
    return min(batch_size or examples, examples)
