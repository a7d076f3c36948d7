"""Training a model: the loop that all chapters share."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from dl_lib.training.arrays import as_arrays, check_batch_size
from dl_lib.training.checkpoint import Checkpoints
from dl_lib.training.epoch import Plan
from dl_lib.training.history import History
from dl_lib.training.measures import Measures
from dl_lib.training.objective import as_objective
from dl_lib.training.progress import Progress
from dl_lib.training.run import Run, clipped, count_steps, every_parameter
from dl_lib.training.step import Recipe
from dl_lib.training.stopping import EarlyStopping

__all__ = ["fit"]


def fit(  # noqa: PLR0913 - the first three and the optimizer are what a chapter writes
    model: Any,
    loss: Callable,
    data: Any,
    *,
    optimizer: Any,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    key: Any = None,
    validation: Any = None,
    metrics: Mapping[str, Callable] | None = None,
    trained: Callable[[str], bool] = every_parameter,
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
        data: (X, y), or any pytree of arrays with one row an example for an objective, or an
            object with fields X and y. Several inputs of a model stand in a tuple: ((X1, X2), y)
        optimizer: an (init, update) pair of `dl_lib.optim` or optax
        epochs: how often to go over the data
        steps: instead of epochs, how many updates to make
        batch_size: examples of a minibatch, the last one may be smaller; None takes all the data
            at every step, in their order
        key: random key for the order of the examples and for dropout and its like
        validation: data to measure after each epoch, or several by name:
            {"train": (X, y), "validation": (X2, y2)}
        metrics: metric(prediction, target) by name, measured after each epoch on the validation
            data; without those, on the training data
        trained: whether the parameter of this name is trained, for freezing
        clip_norm: shorten gradients that are longer than this
        stopping: when to stop early; the model of the best epoch is returned
        checkpoint: folder (or `Checkpoints`) to write to after each epoch. When it holds
            checkpoints already, training goes on from there
        callback: called as callback(model, history) after each epoch
        progress: whether to show a line on a terminal
        loop: "scan" compiles whole epochs, "loop" single steps, "auto" takes what is faster
    Returns
        the trained model, and its history. "train loss" is the mean over the steps of an epoch
        while the model changes; a validation set called "train" is measured after it instead
    Raises
        ValueError: for data of different lengths, no data, an impossible batch size, a missing key,
            an unknown quantity to stop by, or a checkpoint of another run
        TypeError: for an optimizer without init and update, or data the loss cannot take
        DivergenceError: if the loss or a parameter becomes infinite or NaN
    Chapter
        linear_networks/linear_regression
    """
    arrays, examples = as_arrays(data)
    check_batch_size(batch_size, examples)
    plan = Plan(arrays, examples, batch_size, key).checked()
    objective = as_objective(loss)
    measures = Measures.of(objective, metrics or {}, validation, plan)
    total = count_steps(plan, epochs, steps)
    if checkpoint is not None and not isinstance(checkpoint, Checkpoints):
        checkpoint = Checkpoints(checkpoint)
    run = Run(
        recipe=Recipe(objective, clipped(optimizer, clip_norm), trained),
        plan=plan,
        total=total,
        measures=measures,
        stopping=stopping,
        checkpoints=checkpoint,
        callback=callback,
        progress=Progress(-(-total // plan.steps), plan.steps, progress),
        loop=loop,
    )
    try:
        return run.go(model)
    finally:
        run.progress.close()
