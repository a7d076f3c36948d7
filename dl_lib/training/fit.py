"""Training a model: the loop that all chapters share."""

import dataclasses
import functools
import numbers
import os
from collections.abc import Callable, Mapping
from typing import Any, SupportsIndex

import jax

from dl_lib.data._progress import Progress
from dl_lib.optim import Optimizer, chain, clip_by_global_norm
from dl_lib.training._data import Plan, Stream, as_arrays, is_stream, optional_number
from dl_lib.training._measures import Measures
from dl_lib.training._run import Run
from dl_lib.training.checkpoint import Checkpoints
from dl_lib.training.evaluation import require_metrics
from dl_lib.training.history import History
from dl_lib.training.step import Recipe, every_parameter
from dl_lib.training.stopping import EarlyStopping

__all__ = ["fit"]


def fit(  # noqa: PLR0913 - the first three and the optimizer are what a chapter writes
    model: Any,
    loss: Callable,
    data: Any,
    *,
    optimizer: Any,
    epochs: SupportsIndex | None = None,
    steps: SupportsIndex | None = None,
    batch_size: SupportsIndex | None = None,
    drop_last: bool = False,
    steps_per_epoch: SupportsIndex | None = None,
    key: Any = None,
    validation: Any = None,
    metrics: Mapping[str, Callable] | None = None,
    trained: Callable[[str], bool] = every_parameter,
    compute_dtype: Any = None,
    averaging: Any = None,
    clip_norm: float | None = None,
    stopping: EarlyStopping | None = None,
    checkpoint: Checkpoints | str | os.PathLike | None = None,
    callback: Callable[[Any, History], None] | None = None,
    progress: bool = True,
    loop: str = "auto",
) -> tuple[Any, History]:
    """Train a model on minibatches.

        model, history = fit(model, squared_error, (X, y), optimizer=sgd(0.1),
                             epochs=10, batch_size=32, key=key)

    The same key gives the same order of examples, the same dropout and the same numbers, whether
    training runs through or was interrupted and went on from a checkpoint. `model` itself stays as
    it is. Runs with the same loss and the same optimizer object share their compiled steps.

    Equation
        θ ← θ + update(∇ (1/|B|) Σ_{i ∈ B} ℓ(f(xᵢ; θ), yᵢ)) for each minibatch B of each epoch
    Args
        model: a module
        loss: loss(prediction, target) that gives a scalar, or an `@objective`
        data: (X, y), an object with fields X and y, or for an objective any pytree of arrays, with
            one row an example. Several inputs of a model stand in a tuple, ((X1, X2), y), or by
            name in a dict, ({"x": X, "memory": M}, y); what all examples share, such as one
            graph, belongs into the model or the objective. Data may also stream in: an iterable
            of batches, or a function of the epoch, 1, 2, …, that gives one
        optimizer: an (init, update) pair of `dl_lib.optim` or optax; one that searches along a
            line, such as `optax.lbfgs`, gets the value, the gradient and the function of the loss
        epochs: how often to go over the data
        steps: instead of epochs, how many updates to make
        batch_size: examples of a minibatch, the last one may be smaller; None takes all the data
            at every step, in their order
        drop_last: leave the smaller last minibatch out, other examples each epoch
        steps_per_epoch: batches of an epoch of a stream; None for until it ends
        key: random key for the order of the examples and for dropout and its like
        validation: data to measure after each epoch, or several by name:
            {"train": (X, y), "validation": (X2, y2)}
        metrics: metric(prediction, target) by name, measured after each epoch on the validation
            data; without those, on the training data
        trained: whether the parameter of this name is trained, for freezing
        compute_dtype: jnp.bfloat16 or jnp.float16 computes predictions and gradients in it, also
            of the validation data. Parameters, buffers, losses, metrics and the optimizer stay in
            float32. float16 scales the loss, and leaves out steps whose gradients overflow
        averaging: `ema(0.999)`, or another (init, update) pair that averages parameters: the
            averaged model is what is measured, kept and returned
        clip_norm: shorten gradients that are longer than this
        stopping: when to stop early; the model of the best epoch is returned
        checkpoint: folder (or `Checkpoints`) to write to after each epoch. When it holds
            checkpoints already, training goes on from there. A stream must be a function of the
            epoch, or give the same batches each time; an iterator cannot go on
        callback: called as callback(model, history) after each epoch
        progress: whether to show a line on a terminal
        loop: "scan" compiles whole epochs, "loop" single steps, "auto" takes what is faster
    Returns
        the trained model, and its history. "train loss" is the mean over the steps of an epoch
        while the model changes; a validation set called "train" is measured after it instead
    Raises
        ValueError: for data of different lengths, no data, an impossible batch size, a missing key,
            an unknown quantity to stop by, or a checkpoint of another run
        TypeError: for an optimizer without init and update, data the loss cannot take, or another
            argument of a wrong kind
        DivergenceError: if the loss or a parameter becomes infinite or NaN
        KeyboardInterrupt: on Ctrl-C. Like every error after the first epoch it carries the .model
            and the .history of the epochs that have ended
    Chapter
        linear_networks/linear_regression
    """
    recipe = Recipe(loss, optimizer, trained, compute_dtype, averaging)
    plan = _plan(data, batch_size, drop_last, steps_per_epoch, key)
    epochs, steps = optional_number("epochs", epochs), optional_number("steps", steps)
    if (epochs is None) == (steps is None):
        raise ValueError(f"expected either epochs or steps, got epochs={epochs}, steps={steps}")
    require_metrics(metrics or {})
    run = Run(
        recipe=_clipped(recipe, clip_norm),
        plan=plan,
        epochs=epochs,
        steps=steps,
        measures=Measures.of(
            recipe.objective, metrics or {}, validation, plan, recipe.compute_dtype
        ),
        stopping=stopping,
        checkpoints=_checkpoints(checkpoint, plan),
        callback=callback,
        progress=Progress(progress),
        loop=loop,
    )
    _check(run)
    try:
        return run.go(model)
    finally:
        run.progress.close()


def _plan(data, batch_size, drop_last, steps_per_epoch, key):
    batch_size = optional_number("batch_size", batch_size)
    steps_per_epoch = optional_number("steps_per_epoch", steps_per_epoch)
    kind = getattr(key, "dtype", None)
    if key is not None and not jax.dtypes.issubdtype(kind, jax.dtypes.prng_key):
        raise TypeError(f"expected a key as of jax.random.key(0), got {kind or repr(key)}")
    if is_stream(data):
        if batch_size is not None or drop_last:
            raise ValueError(
                f"data that stream in come in batches: expected no batch_size and no drop_last, "
                f"got {batch_size}, {drop_last}"
            )
        if steps_per_epoch is None and hasattr(data, "__next__"):
            raise ValueError("data of an iterator need steps_per_epoch=..., got None")
        return Stream(data, steps_per_epoch, key)
    arrays, examples = as_arrays(data)
    if steps_per_epoch is not None:
        raise ValueError(f"steps_per_epoch is for data that stream in, got {steps_per_epoch}")
    if batch_size is not None and batch_size > examples:
        raise ValueError(f"expected a batch_size from 1 to {examples} examples, got {batch_size}")
    if batch_size is not None and key is None:
        raise ValueError("the order of the minibatches needs key=jax.random.key(...), got None")
    return Plan(arrays, examples, batch_size, key, bool(drop_last))


def _clipped(recipe, clip_norm):
    if clip_norm is None:
        return recipe
    if not isinstance(clip_norm, numbers.Real):
        raise TypeError(f"expected clip_norm to be a number, got {clip_norm!r}")
    clipping = _clipping(recipe.optimizer, float(clip_norm))
    return dataclasses.replace(recipe, optimizer=clipping)


@functools.lru_cache(maxsize=64)  # the same object each time, so that compiled steps are shared
def _clipping(optimizer, clip_norm):
    pair = Optimizer(optimizer.init, optimizer.update)  # whatever class the pair is of
    return chain(clip_by_global_norm(clip_norm), pair)


def _checkpoints(checkpoint, plan):
    if checkpoint is None:
        return None
    if isinstance(plan, Stream) and not plan.goes_on:
        raise ValueError(
            "an iterator cannot go on from a checkpoint: expected data as a function of the epoch "
            "that gives its batches, got an iterator"
        )
    return checkpoint if isinstance(checkpoint, Checkpoints) else Checkpoints(checkpoint)


def _check(run):
    if run.loop not in ("auto", "scan", "loop"):
        raise ValueError(f'loop must be "auto", "scan" or "loop", got {run.loop!r}')
    if run.loop == "scan" and isinstance(run.plan, Stream):
        raise ValueError('data that stream in need loop="loop" or "auto", got "scan"')
    if run.callback is not None and not callable(run.callback):
        raise TypeError(f"expected callback(model, history), got {run.callback!r}")
    if run.stopping is None:
        return
    if not isinstance(run.stopping, EarlyStopping):
        raise TypeError(f"expected stopping=EarlyStopping(...), got {run.stopping!r}")
    if run.stopping.quantity not in run.measures.columns:
        raise ValueError(
            f"cannot stop by {run.stopping.quantity!r}: expected one of {run.measures.columns}"
        )
