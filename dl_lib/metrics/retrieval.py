"""Precision and recall: of what was called so, how much is; of what is, how much was found."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

from dl_lib.metrics.classification import confusion_matrix
from dl_lib.validation import require_positive

__all__ = ["f_score", "precision", "recall"]


def precision(
    prediction: Num[Array, "..."],
    target: Int[Array, "..."],
    classes: int,
    average: str = "none",
) -> Float[Array, "..."]:
    """Share of the examples called a class that are of it.

    Equation
        Pⱼ = TPⱼ / (TPⱼ + FPⱼ)
    Args
        prediction: logits, (..., classes), or labels as integers, (...)
        target: labels, (...)
        classes: number of classes
        average: "none", "macro" for the mean over the classes, "micro" for the sums of all
    Returns
        (classes,) for "none", else scalar; 0 for a class that was never called
    Raises
        ValueError: if the shapes do not fit, a known label is out of range, or for another word
    Chapter
        linear_networks/softmax_regression
    """
    right, called, _ = _counts(prediction, target, classes)
    return _averaged(right, called, average)


def recall(
    prediction: Num[Array, "..."],
    target: Int[Array, "..."],
    classes: int,
    average: str = "none",
) -> Float[Array, "..."]:
    """Share of the examples of a class that are called so.

    Equation
        Rⱼ = TPⱼ / (TPⱼ + FNⱼ)
    Args
        prediction, target, classes, average: as for `precision`
    Returns
        (classes,) for "none", else scalar; 0 for a class that does not occur
    Raises
        ValueError: if the shapes do not fit, a known label is out of range, or for another word
    Chapter
        linear_networks/softmax_regression
    """
    right, _, true = _counts(prediction, target, classes)
    return _averaged(right, true, average)


def f_score(
    prediction: Num[Array, "..."],
    target: Int[Array, "..."],
    classes: int,
    beta: float | int = 1.0,
    average: str = "none",
) -> Float[Array, "..."]:
    """Weighted harmonic mean of precision and recall; F₁ for β = 1, the Dice coefficient.

    Equation
        Fⱼ = (1 + β²) TPⱼ / ((1 + β²) TPⱼ + β² FNⱼ + FPⱼ)
    Args
        prediction, target, classes, average: as for `precision`
        beta: β > 0, how many times recall counts as much as precision
    Returns
        (classes,) for "none", else scalar; 0 for a class without a hit
    Raises
        ValueError: if the shapes do not fit, a known label is out of range, β is not positive, or
            for another word
    Source
        van Rijsbergen 1979.
    Chapter
        linear_networks/softmax_regression
    """
    require_positive("beta", beta)
    right, called, true = _counts(prediction, target, classes)
    # β² FN + FP + (1 + β²) TP, from FN = true − TP and FP = called − TP
    return _averaged((1 + beta**2) * right, beta**2 * true + called, average)


def _counts(prediction, target, classes):
    counts = confusion_matrix(prediction, target, classes)
    return jnp.diagonal(counts), counts.sum(axis=0), counts.sum(axis=1)


def _averaged(part: Array, whole: Array, average: str) -> Array:
    if average == "micro":
        part, whole = jnp.sum(part), jnp.sum(whole)
    share = part / jnp.where(whole == 0, 1, whole)
    if average == "macro":
        return jnp.mean(share)
    if average not in ("none", "micro"):
        raise ValueError(f'average must be "none", "macro" or "micro", got {average!r}')
    return share
