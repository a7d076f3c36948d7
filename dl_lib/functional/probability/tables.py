"""Finite probability: tables of outcomes, summed, conditioned and turned around."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num

from dl_lib.functional.numerics import in_float32, through_float32
from dl_lib.validation import (
    is_known,
    require_axes,
    require_distribution,
    require_nonnegative,
    require_same_shape,
)

__all__ = [
    "bayes_posterior",
    "condition",
    "covariance",
    "covariance_matrix",
    "expectation",
    "marginalize",
    "total_probability",
    "variance",
]


@through_float32
def expectation(values: Num[Array, "..."], probabilities: Float[Array, "..."]) -> Float[Array, ""]:
    """Expected value of a discrete random variable.

    Equation
        E[X] = Σᵢ xᵢ P(X = xᵢ)
    Args
        values: (outcomes,), what X can be
        probabilities: (outcomes,), how often it is that; they sum to one
    Returns
        scalar
    Raises
        ValueError: if the shapes differ, or known probabilities are not a distribution
    Chapter
        preliminaries/probability
    """
    require_same_shape("values", values, "probabilities", probabilities)
    require_distribution("probabilities", probabilities)
    return jnp.sum(values * probabilities)


@in_float32
def variance(values: Num[Array, "..."], probabilities: Float[Array, "..."]) -> Float[Array, ""]:
    """Variance of a discrete random variable, from deviations and not from E[X²] − E[X]².

    The two are equal on paper; the difference of two large numbers loses its digits.

    Equation
        Var[X] = Σᵢ (xᵢ − E[X])² P(X = xᵢ)
    Args
        values: (outcomes,), what X can be
        probabilities: (outcomes,), how often it is that; they sum to one
    Returns
        scalar, at least 0, in float32 where the values have 16 bits
    Raises
        ValueError: if the shapes differ, or known probabilities are not a distribution
    Chapter
        preliminaries/probability
    """
    deviation = values - expectation(values, probabilities)
    # Once more: far from 0 the mean itself is rounded.
    deviation = deviation - expectation(deviation, probabilities)
    return jnp.sum(deviation**2 * probabilities)


@in_float32
def covariance(
    row_values: Num[Array, "..."],
    column_values: Num[Array, "..."],
    joint: Float[Array, "..."],
) -> Float[Array, ""]:
    """Covariance of two discrete random variables from the table of their joint distribution.

    Equation
        Cov(X, Y) = Σᵢⱼ (xᵢ − E[X]) (yⱼ − E[Y]) P(X = xᵢ, Y = yⱼ)
    Args
        row_values: (rows,), what X can be
        column_values: (columns,), what Y can be
        joint: (rows, columns), their joint probabilities, which sum to one
    Returns
        scalar
    Raises
        ValueError: if the shapes do not fit, or the known table is not a distribution
    Chapter
        preliminaries/probability
    """
    if joint.shape != (row_values.size, column_values.size):
        raise ValueError(
            f"joint must have shape {(row_values.size, column_values.size)}, got {joint.shape}"
        )
    require_distribution("joint", joint, axis=None)
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    row_deviation = row_values - row_values @ rows
    column_deviation = column_values - column_values @ columns
    row_deviation = row_deviation - row_deviation @ rows  # as in `variance`
    return row_deviation @ joint @ column_deviation


@in_float32
def covariance_matrix(
    samples: Float[Array, "samples features"], ddof: int = 1
) -> Float[Array, "features features"]:
    """Covariance matrix of samples, one sample a row.

    Equation
        Σ = 1/(n − ddof) Σᵢ (xᵢ − x̄)(xᵢ − x̄)ᵀ
    Args
        samples: (samples, features); `jnp.cov` wants the transpose
        ddof: 1 gives the unbiased estimate, 0 the maximum-likelihood one
    Returns
        (features, features), symmetric, no negative eigenvalue; in float32 for samples of 16 bits
    Raises
        ValueError: if there are not more than `ddof` samples, or `ddof` is negative
    Chapter
        preliminaries/probability
    """
    require_axes("samples", samples, "samples, features")
    require_nonnegative("ddof", ddof)
    count = samples.shape[0]
    if count <= ddof:
        raise ValueError(f"ddof {ddof} needs more than {ddof} samples, got {count}")
    deviation = samples - samples.mean(axis=0)
    deviation = deviation - deviation.mean(axis=0)  # far from 0 the mean itself is rounded
    return deviation.T @ deviation / (count - ddof)


@through_float32
def marginalize(joint: Float[Array, "..."], axis: int | tuple[int, ...]) -> Float[Array, "..."]:
    """Sum variables out of a joint distribution.

    Equation
        P(B = b) = Σₐ P(A = a, B = b)
    Args
        joint: table of joint probabilities, one axis for each variable
        axis: the axis or axes of the variables to sum out
    Returns
        the table of the variables that are left
    Raises
        ValueError: if the known table is not a distribution
    Chapter
        preliminaries/probability
    """
    require_distribution("joint", joint, axis=None)
    return joint.sum(axis=axis)


@through_float32
def condition(joint: Float[Array, "..."], axis: int) -> Float[Array, "..."]:
    """Distribution of the other variables for each value of one.

    Equation
        P(B = b | A = a) = P(A = a, B = b) / P(A = a)
    Args
        joint: table of joint probabilities, one axis for each variable
        axis: the axis of A, the variable that is known
    Returns
        same shape as `joint`, summing to one for each value of A. Under jit a value of
        probability 0 gives NaN
    Raises
        ValueError: if the known table is not a distribution, a value of A has probability 0, or
            there is no such axis
    Chapter
        preliminaries/probability
    """
    require_distribution("joint", joint, axis=None)
    if not -joint.ndim <= axis < joint.ndim:
        raise ValueError(f"joint of shape {joint.shape} has no axis {axis}")
    others = tuple(i for i in range(joint.ndim) if i != axis % joint.ndim)
    given = joint.sum(axis=others, keepdims=True)
    _require_possible("the variable conditioned on", given)
    return joint / given


@through_float32
def total_probability(
    prior: Float[Array, "..."], likelihood: Float[Array, "..."]
) -> Float[Array, ""]:
    """Probability of an observation, summed over the hypotheses that could explain it.

    Equation
        P(B) = Σᵢ P(B | Aᵢ) P(Aᵢ)
    Args
        prior: (hypotheses,), P(Aᵢ); the hypotheses exclude each other and one of them holds
        likelihood: (hypotheses,), P(B | Aᵢ) of what was observed; need not sum to one
    Returns
        scalar
    Raises
        ValueError: if the shapes differ, or the known prior is not a distribution
    Chapter
        preliminaries/probability
    """
    require_same_shape("prior", prior, "likelihood", likelihood)
    require_distribution("prior", prior)
    return jnp.sum(prior * likelihood)


@through_float32
def bayes_posterior(
    prior: Float[Array, "..."], likelihood: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Bayes' theorem: what the observation leaves of each hypothesis.

    Equation
        P(Aᵢ | B) = P(B | Aᵢ) P(Aᵢ) / Σⱼ P(B | Aⱼ) P(Aⱼ)
    Args
        prior: (hypotheses,), P(Aᵢ), summing to one
        likelihood: (hypotheses,), P(B | Aᵢ) of what was observed
    Returns
        (hypotheses,), summing to one. Under jit an impossible observation gives NaN
    Raises
        ValueError: if the shapes differ, the known prior is not a distribution, or no
            hypothesis allows the observation
    Chapter
        preliminaries/probability
    """
    evidence = total_probability(prior, likelihood)
    _require_possible("the observation", evidence)
    return prior * likelihood / evidence


def _require_possible(what: str, probability: Float[Array, "..."]) -> None:
    if is_known(probability) and not np.all(np.asarray(probability) > 0):
        raise ValueError(f"{what} has probability 0, so nothing can be conditioned on it")
