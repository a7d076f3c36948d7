"""What a trained model says, and how good it is."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, SupportsIndex

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.training._data import as_arrays, optional_number
from dl_lib.training._precision import require_precision
from dl_lib.training.objective import Objective, Supervised, call

__all__ = ["evaluate", "predict", "require_metrics"]


def predict(
    model: Any, X: Any, batch_size: SupportsIndex | None = None, *, compute_dtype: Any = None
) -> Any:
    """Apply a model to many examples, a compiled batch at a time, as inference.

    Args
        model: a module
        X: inputs with one row an example, (examples, ...); several stand in a tuple, in the order
            of the model's arguments, or in a dict by their names
        batch_size: examples at a time, which bounds the memory; None for all at once
        compute_dtype: what to compute in, as in `fit`; what comes back is float32 then
    Returns
        what the model says of all examples
    Raises
        ValueError: if there are no examples, a batch size is below 1, or an output that is made
            batch by batch has no row for each example
        TypeError: if something is no array, or no type to compute in
    Chapter
        linear_networks/linear_regression
    """
    inputs, examples = as_arrays(X, "X")
    size, dtype = _batch_size(batch_size, examples), require_precision(compute_dtype)
    if size == examples:
        return _infer(model, inputs, dtype)
    parts = []
    for first in range(0, examples, size):
        # The last batch is filled up from the front, so that one program fits all batches:
        # in inference no example changes what is said about another.
        rows = np.arange(first, first + size) % examples
        output = _infer_rows(model, inputs, rows, dtype)
        if any(leaf.shape[:1] != (size,) for leaf in jax.tree.leaves(output)):
            shapes = [leaf.shape for leaf in jax.tree.leaves(output)]
            raise ValueError(f"expected {size} rows in every output of a batch, got {shapes}")
        parts.append(jax.tree.map(lambda leaf: leaf[: examples - first], output))  # noqa: B023
    return jax.tree.map(lambda *p: jnp.concatenate(p), *parts)


def evaluate(
    model: Any,
    data: Any,
    metrics: Mapping[str, Callable],
    batch_size: SupportsIndex | None = None,
    *,
    compute_dtype: Any = None,
) -> dict[str, float]:
    """Measure a model on data it may never have seen, as inference.

    Predictions are made in batches and measured all together, so metrics that are no mean over the
    examples, such as R², are right too. An `@objective` sees one batch at a time; its values are
    averaged with the sizes of the batches as weights. Where it draws, it draws the same numbers
    every time, so that two models can be compared.

    Args
        model: a module
        data: inputs and targets (X, y), or a data set; any arrays if all metrics are objectives
        metrics: functions metric(prediction, target), or objectives, by name
        batch_size: examples at a time, which bounds the memory; None for all at once
        compute_dtype: what to predict in, as in `fit`; metrics see the predictions in float32
    Returns
        one number for each metric
    Raises
        ValueError: if the data are empty or of different lengths, or a metric is no scalar
        TypeError: if a metric cannot be called, or needs targets where there are none
    Chapter
        linear_networks/softmax_regression
    """
    arrays, examples = as_arrays(data)
    size, dtype = _batch_size(batch_size, examples), require_precision(compute_dtype)
    require_metrics(metrics)
    result = {}
    pairs = {name: metric for name, metric in metrics.items() if not isinstance(metric, Objective)}
    if pairs:
        if not (isinstance(arrays, tuple | list) and len(arrays) == 2):
            raise TypeError(f"expected data (X, y) for {sorted(pairs)}, got {type(data).__name__}")
        functions = tuple(m.loss if isinstance(m, Supervised) else m for m in pairs.values())
        prediction = predict(model, arrays[0], size, compute_dtype=dtype)
        result = dict(zip(pairs, _measure(functions, prediction, arrays[1]), strict=True))
    for name in metrics.keys() - pairs.keys():
        result[name] = _average(metrics[name], model, arrays, examples, size, dtype)
    return {name: _number(name, result[name]) for name in metrics}


def require_metrics(metrics: Any) -> None:
    """Refuse what is no mapping of names to functions.

    Args
        metrics: what should be one
    Raises
        TypeError: if it is something else
    Chapter
        linear_networks/softmax_regression
    """
    if not isinstance(metrics, Mapping):
        raise TypeError(
            f'expected metrics by name, such as {{"accuracy": accuracy}}; got {metrics!r}'
        )
    for name, metric in metrics.items():
        if not callable(metric):
            raise TypeError(
                f"expected the metric {name!r} to be a function of (prediction, target), got "
                f"{metric!r}"
            )


@partial(jax.jit, static_argnames="dtype")
def _infer(model, inputs, dtype):
    return call(model, inputs, dtype)[0]


@partial(jax.jit, static_argnames="dtype")
def _infer_rows(model, inputs, rows, dtype):
    return call(model, jax.tree.map(lambda array: array[rows], inputs), dtype)[0]


@partial(jax.jit, static_argnames="functions")
def _measure(functions, prediction, target):
    return [function(prediction, target) for function in functions]


@partial(jax.jit, static_argnames=("objective", "dtype"))
def _value(objective, model, arrays, rows, number, dtype):
    key = jax.random.fold_in(jax.random.key(0), number)
    batch = jax.tree.map(lambda array: array[rows], arrays)
    return objective(model, batch, key, False, dtype)[0]


def _average(objective, model, arrays, examples, size, dtype):
    batches = np.array_split(np.arange(examples), range(size, examples, size))
    values = [
        float(_value(objective, model, arrays, rows, np.uint32(number), dtype))
        for number, rows in enumerate(batches)
    ]
    return math.fsum(v * len(rows) for v, rows in zip(values, batches, strict=True)) / examples


def _number(name, value):
    if np.shape(value) != ():
        raise ValueError(f"expected a scalar, but the metric {name!r} has shape {np.shape(value)}")
    return float(value)


def _batch_size(batch_size, examples):
    size = optional_number("batch_size", batch_size)
    return min(size or examples, examples)
