"""What all experiments with classifiers do: train, and count on examples that were held back."""

from typing import Any

from dl_lib.core import Module
from dl_lib.data import Dataset
from dl_lib.losses import cross_entropy
from dl_lib.metrics import accuracy
from dl_lib.training import DivergenceError, fit, predict

__all__ = ["GUESSING", "accuracy_after"]

GUESSING = 0.1  # of ten classes: what a run that diverges is taken to know


def accuracy_after(model: Module, data: Any, held: Dataset, **settings: Any) -> dict[str, float]:
    """Train by `fit` with these settings, and return the share of `held` that is right."""
    try:
        model, _ = fit(model, cross_entropy, data, progress=False, **settings)
    except DivergenceError:
        return {"accuracy": GUESSING}
    return {"accuracy": round(float(accuracy(predict(model, held.X), held.y)), 4)}
