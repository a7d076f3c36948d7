"""What all experiments with classifiers do: train, and count on examples that were held back."""

import math
from collections.abc import Callable
from typing import Any

from dl_lib.core import Module
from dl_lib.data import Dataset
from dl_lib.losses import cross_entropy
from dl_lib.metrics import accuracy
from dl_lib.training import DivergenceError, fit, predict

__all__ = ["GUESSING", "accuracy_after", "scores_after"]

PART = 400  # examples that are predicted together, so that all sets share a program
GUESSING = 0.1  # of ten classes: what a run that diverges is taken to know


def accuracy_after(model: Module, data: Any, held: Dataset, **settings: Any) -> dict[str, float]:
    """Train by `fit` with these settings, and return the share of `held` that is right."""
    try:
        model, _ = fit(model, cross_entropy, data, progress=False, **settings)
    except DivergenceError:
        return {"accuracy": GUESSING}
    return {"accuracy": round(float(accuracy(predict(model, held.X), held.y)), 4)}


def scores_after(
    model: Module, loss: Callable, data: Any, held: Dataset, **settings: Any
) -> dict[str, float]:
    """Train likewise, and return accuracy and cross-entropy on `held` and on `data` itself."""
    found = {"accuracy": GUESSING, "loss": round(-math.log(GUESSING), 4)}
    found |= {f"train_{name}": value for name, value in found.items()}
    try:
        model, _ = fit(model, loss, data, progress=False, **settings)
    except DivergenceError:
        return found
    for prefix, part in (("", held), ("train_", data)):
        logits = predict(model, part.X, PART)
        found[f"{prefix}accuracy"] = round(float(accuracy(logits, part.y)), 4)
        found[f"{prefix}loss"] = round(float(cross_entropy(logits, part.y)), 4)
    return found
