"""Logarithms of densities and mass functions: products of many probabilities underflow."""

import math

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln, xlog1py, xlogy
from jaxtyping import Array, Num, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import (
    is_known,
    require_axes,
    require_distribution,
    require_nonnegative,
    require_positive,
)

__all__ = [
    "bernoulli_log_pmf",
    "binomial_log_pmf",
    "multinomial_log_pmf",
    "normal_log_density",
]

Numbers = ScalarLike | Num[Array, "..."]


@through_float32
def normal_log_density(x: Numbers, loc: Numbers = 0.0, scale: Numbers = 1.0) -> Num[Array, "..."]:
    """Logarithm of the normal density.

    Equation
        log p(x) = −½ log 2π − log s − (x − μ)² / 2s²
    Args
        x: where, any shape
        loc: the mean μ, broadcast against `x`
        scale: the standard deviation s > 0, broadcast against `x`
    Returns
        the broadcast shape
    Raises
        ValueError: if a known s is not positive
    Chapter
        preliminaries/probability
    """
    require_positive("scale", scale)
    z = (x - jnp.asarray(loc)) / scale
    return -0.5 * math.log(2 * math.pi) - jnp.log(scale) - 0.5 * z**2


@through_float32
def bernoulli_log_pmf(k: Numbers, p: Numbers) -> Num[Array, "..."]:
    """Logarithm of the probability that one toss shows k.

    Equation
        log P(k) = k log p + (1 − k) log(1 − p),  k ∈ {0, 1},  0 log 0 = 0
    Args
        k: outcome, 0 or 1, any shape
        p: probability of 1, broadcast against `k`
    Returns
        the broadcast shape; −∞ for any other k
    Raises
        ValueError: if a known p lies outside [0, 1]
    Chapter
        preliminaries/probability
    """
    _require_probability(p)
    k, p = _real(k), _real(p)
    log_pmf = xlogy(k, p) + xlog1py(1 - k, -p)
    return jnp.where((k == 0) | (k == 1), log_pmf, -jnp.inf)


@through_float32
def binomial_log_pmf(k: Numbers, n: Numbers, p: Numbers) -> Num[Array, "..."]:
    """Logarithm of the probability of k successes in n independent tosses.

    Equation
        log P(k) = log(n! / (k! (n − k)!)) + k log p + (n − k) log(1 − p)
        with n! = nⁿ e⁻ⁿ exp r(n):  = r(n) − r(k) − r(n − k) − D(k, np) − D(n − k, n − np),
        D(k, m) = k log(k / m) + m − k,  which takes no difference of large numbers
    Args
        k: number of successes, any shape
        n: number of tosses, broadcast against `k`
        p: probability of success, broadcast against `k`
    Returns
        the broadcast shape; −∞ outside 0..n and between the integers
    Raises
        ValueError: if a known p lies outside [0, 1], or a known n is negative
    Source
        Loader 2000 for the second form.
    Chapter
        preliminaries/probability
    """
    _require_probability(p)
    require_nonnegative("n", n)
    k, n, p = _real(k), _real(n), _real(p)
    possible = (k >= 0) & (k <= n) & (k == jnp.floor(k))
    k = jnp.where(possible, k, 0)
    ways = _stirling_rest(n) - _stirling_rest(k) - _stirling_rest(n - k)
    surplus = n * p - k
    surprise = _deviance(k, surplus) + _deviance(n - k, -surplus)
    return jnp.where(possible, ways - surprise, -jnp.inf)


@through_float32
def multinomial_log_pmf(counts: Num[Array, "..."], p: Num[Array, "..."]) -> Num[Array, "..."]:
    """Logarithm of the probability of these counts in n = Σᵢ nᵢ independent draws.

    Equation
        log P(n₁…n_k) = log(n! / Πᵢ nᵢ!) + Σᵢ nᵢ log pᵢ
                      = r(n) − Σᵢ r(nᵢ) − Σᵢ D(nᵢ, n pᵢ),  r and D as in `binomial_log_pmf`
    Args
        counts: (..., categories), how often each category came
        p: (..., categories), its probability; sums to one
    Returns
        (...); −∞ where a count is negative or not an integer
    Raises
        ValueError: if the numbers of categories differ, or known `p` is not a distribution
    Chapter
        preliminaries/probability
    """
    for name, array in (("counts", counts), ("p", p)):
        require_axes(name, array, "..., categories")
    if counts.shape[-1] != p.shape[-1]:
        raise ValueError(
            f"counts has shape {counts.shape} but p has shape {p.shape}; "
            "their last axes must have one length"
        )
    require_distribution("p", p)
    counts = _real(counts)
    possible = (counts >= 0) & (counts == jnp.floor(counts))
    counts = jnp.where(possible, counts, 0)
    n = counts.sum(axis=-1)
    ways = _stirling_rest(n) - _stirling_rest(counts).sum(axis=-1)
    surprise = _deviance(counts, n[..., None] * p - counts).sum(axis=-1)
    return jnp.where(possible.all(axis=-1), ways - surprise, -jnp.inf)


def _require_probability(p: Numbers) -> None:
    if not is_known(p):
        return
    p = np.asarray(p)
    wrong = p[~((p >= 0) & (p <= 1))]
    if wrong.size:
        raise ValueError(f"p must be a probability, from 0 to 1, found {wrong[0]}")


def _stirling_rest(n: Num[Array, "..."]) -> Num[Array, "..."]:
    # r(n) = log n! − n log n + n, from the series of Stirling where it is exact to 13 digits.
    few = n < 16
    small, large = jnp.where(few, n, 1), jnp.where(few, 16, n)
    exact = gammaln(small + 1.0) - xlogy(small, small) + small
    square = large**2
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / large
    return jnp.where(few, exact, 0.5 * jnp.log(2 * math.pi * large) + series)


def _deviance(k: Num[Array, "..."], surplus: Num[Array, "..."]) -> Num[Array, "..."]:
    # D(k, m) = k log(k / m) + m − k = k (t − log(1 + t)),  t = (m − k) / k
    none = k == 0
    t = surplus / jnp.where(none, 1, k)
    t = jnp.where(none, 0, t)
    return jnp.where(none, surplus, k * (t - jnp.log1p(t)))


def _real(x: Numbers) -> Num[Array, "..."]:
    # JAX cannot differentiate xlogy in one argument while the other is an integer.
    return jnp.asarray(x, jnp.result_type(x, float))
