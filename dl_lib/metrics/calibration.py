"""Whether a probability of 0.8 comes true 8 times in 10."""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num

from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import one_hot, require_classes, require_index
from dl_lib.validation import (
    require_axes,
    require_distribution,
    require_positive,
    require_same_shape,
    require_unit_interval,
)

__all__ = ["Reliability", "brier_score", "expected_calibration_error", "reliability"]


class Reliability(NamedTuple):
    """A reliability diagram: a bar for each bin of confidence.

    Args
        confidence: mean confidence in each bin, (bins,), NaN in an empty one
        accuracy: share of the bin that came true, (bins,), NaN in an empty one
        weight: share of the examples that fall into the bin, (bins,), of sum 1
    Chapter
        linear_networks/softmax_regression
    """

    confidence: Float[Array, " bins"]
    accuracy: Float[Array, " bins"]
    weight: Float[Array, " bins"]


@in_float32
def reliability(
    confidence: Float[Array, " examples"],
    correct: Num[Array, "..."] | Bool[Array, "..."],
    bins: int = 15,
) -> Reliability:
    """Group predictions by confidence and see how many of each group came true.

    Equation
        bin of c: the largest j < bins with j / bins ≤ c, from 0; 1 belongs to the last
    Args
        confidence: probabilities of what was predicted, (examples,)
        correct: 1 or True where it came true, (examples,)
        bins: number of bins of equal width
    Returns
        confidence, accuracy and weight of each bin
    Raises
        ValueError: if the shapes differ, there is no example, bins is not positive, or a known
            answer is neither right nor wrong
    Source
        Niculescu-Mizil & Caruana 2005.
    Chapter
        linear_networks/softmax_regression
    """
    require_same_shape("confidence", confidence, "correct", correct)
    require_unit_interval("correct", correct)
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    require_positive("the number of examples", confidence.size)
    place = jnp.clip(jnp.floor(confidence * bins), 0, bins - 1).astype(int)
    # One running sum of millions of numbers stops growing; sums of sums keep their digits.
    parts = math.isqrt(confidence.size)
    part = jnp.arange(confidence.size) % parts

    def total(x):
        return jnp.zeros((parts, bins), x.dtype).at[part, place].add(x).sum(axis=0)

    count = total(jnp.ones(confidence.shape, int))
    some = jnp.where(count == 0, jnp.nan, count)
    right = total(correct.astype(confidence.dtype))
    return Reliability(total(confidence) / some, right / some, count / confidence.size)


@in_float32
def expected_calibration_error(
    probabilities: Float[Array, "examples classes"], target: Int[Array, "..."], bins: int = 15
) -> Float[Array, ""]:
    """Mean gap between confidence and accuracy.

    Equation
        ECE = Σ_b (n_b / n) |accuracy_b − confidence_b|
    Args
        probabilities: (examples, classes); the confidence is the largest of a row
        target: labels, (examples,)
        bins: number of bins of equal width
    Returns
        scalar from 0 to 1
    Raises
        ValueError: if the shapes do not fit, there is no example or one class only, known rows are
            not distributions, or a known label is out of range
    Source
        Guo et al. 2017, equation 3.
    Chapter
        linear_networks/softmax_regression
    """
    require_axes("probabilities", probabilities, "batch, classes")
    require_classes("probabilities", probabilities)
    require_same_shape("probabilities of a class", probabilities[:, 0], "target", target)
    require_distribution("probabilities", probabilities)
    require_index("target", target, probabilities.shape[-1])
    correct = jnp.argmax(probabilities, axis=-1) == target
    bars = reliability(jnp.max(probabilities, axis=-1), correct, bins)
    gap = jnp.abs(bars.accuracy - bars.confidence)
    return jnp.sum(jnp.where(bars.weight == 0, 0, bars.weight * gap))


@in_float32
def brier_score(
    probabilities: Float[Array, "examples classes"], target: Int[Array, "..."]
) -> Float[Array, ""]:
    """Mean squared distance of the predicted distribution to what happened; a proper score.

    Equation
        (1/n) Σᵢ Σⱼ (pᵢⱼ − 1(yᵢ = j))²
    Args
        probabilities: p, (examples, classes)
        target: labels y, (examples,)
    Returns
        scalar from 0 to 2
    Raises
        ValueError: if the shapes do not fit, there is no example or one class only, known rows are
            not distributions, or a known label is out of range
    Source
        Brier 1950.
    Chapter
        linear_networks/softmax_regression
    """
    require_axes("probabilities", probabilities, "batch, classes")
    require_classes("probabilities", probabilities)
    require_same_shape("probabilities of a class", probabilities[:, 0], "target", target)
    require_distribution("probabilities", probabilities)
    require_positive("the number of examples", target.size)
    truth = one_hot(target, probabilities.shape[-1])
    return jnp.mean(jnp.sum((probabilities - truth) ** 2, axis=-1))
