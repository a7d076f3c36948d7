"""Surprise, entropy, and how far one distribution is from another."""

import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import (
    require_distribution,
    require_nonnegative,
    require_same_shape,
)

__all__ = ["cross_entropy_between", "entropy", "kl_divergence", "self_information"]


@through_float32
def self_information(
    p: ScalarLike | Float[Array, "..."], base: float | int | None = None
) -> Float[Array, "..."]:
    """Surprise of an event of probability p.

    Equation
        I = −log_b p
    Args
        p: probabilities of events, any shape; they need not sum to one
        base: b, 2 for bits; by default e, for nats
    Returns
        same shape as `p`, at least 0; ∞ where p = 0
    Raises
        ValueError: if a known p is negative, or the base is not greater than 1
    Source
        Shannon 1948.
    Chapter
        linear_networks/information_theory
    """
    require_nonnegative("p", p)
    return -jnp.log(p) / _log_of(base)


@through_float32
def entropy(
    p: Float[Array, "..."], axis: int = -1, base: float | int | None = None
) -> Float[Array, "..."]:
    """Entropy, the surprise to be expected from a distribution.

    Equation
        H[P] = −Σⱼ pⱼ log_b pⱼ,  0 log 0 = 0
    Args
        p: probabilities that sum to one over `axis`
        axis: the axis of the outcomes
        base: b, 2 for bits; by default e, for nats
    Returns
        p's shape without `axis`. The gradient is given as 0 where pⱼ = 0 (its limit is +∞)
    Raises
        ValueError: if known probabilities are negative or do not sum to one
    Source
        Shannon 1948.
    Chapter
        linear_networks/information_theory
    """
    require_distribution("p", p, axis)
    return -jnp.sum(_times_log(p, p), axis=axis) / _log_of(base)


@through_float32
def cross_entropy_between(
    p: Float[Array, "..."],
    q: Float[Array, "..."],
    axis: int = -1,
    base: float | int | None = None,
) -> Float[Array, "..."]:
    """Cross-entropy of two distributions, the surprise of one who expects Q while P is true.

    The loss on logits is `dl_lib.losses.cross_entropy`.

    Equation
        H(P, Q) = −Σⱼ pⱼ log_b qⱼ,  0 log 0 = 0
    Args
        p: the true probabilities, summing to one over `axis`
        q: the expected probabilities, same shape
        axis: the axis of the outcomes
        base: b, 2 for bits; by default e, for nats
    Returns
        p's shape without `axis`; ∞ where Q excludes an outcome that P allows
    Raises
        ValueError: if the shapes differ, or known values are not distributions
    Chapter
        linear_networks/information_theory
    """
    require_same_shape("p", p, "q", q)
    require_distribution("p", p, axis)
    require_distribution("q", q, axis)
    return -jnp.sum(_times_log(p, q), axis=axis) / _log_of(base)


@through_float32
def kl_divergence(
    p: Float[Array, "..."],
    q: Float[Array, "..."],
    axis: int = -1,
    base: float | int | None = None,
) -> Float[Array, "..."]:
    """Kullback–Leibler divergence, the surprise that expecting Q adds to what P has anyway.

    Equation
        D(P‖Q) = Σⱼ pⱼ log_b (pⱼ / qⱼ) = H(P, Q) − H[P]
    Args
        p: the true probabilities, summing to one over `axis`
        q: the expected probabilities, same shape
        axis: the axis of the outcomes
        base: b, 2 for bits; by default e, for nats
    Returns
        p's shape without `axis`, at least 0 up to rounding
    Raises
        ValueError: if the shapes differ, or known values are not distributions
    Source
        Kullback & Leibler 1951.
    Chapter
        linear_networks/information_theory
    """
    require_same_shape("p", p, "q", q)
    require_distribution("p", p, axis)
    require_distribution("q", q, axis)
    return jnp.sum(_times_log(p, p) - _times_log(p, q), axis=axis) / _log_of(base)


def _times_log(p: Float[Array, "..."], q: Float[Array, "..."]) -> Float[Array, "..."]:
    # Where p = 0 the logarithm is taken of 1 instead: the unused branch of a `where` still
    # enters the gradient, and 0 · log 0 would enter it as NaN.
    impossible = p == 0
    return jnp.where(impossible, 0, p) * jnp.log(jnp.where(impossible, 1, q))


def _log_of(base: float | int | None) -> float | Float[Array, ""]:
    if base is None:
        return 1.0
    if not base > 1:
        raise ValueError(f"base must be greater than 1, got {base}")
    return jnp.log(base)
