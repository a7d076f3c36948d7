"""How probable measurements are under a prior, with a gradient in closed form."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from dl_lib.gp.process import GaussianProcess, residual_of
from dl_lib.gp.sampling import cholesky

__all__ = ["EvidenceTerms", "evidence_terms", "log_marginal_likelihood"]


class EvidenceTerms(NamedTuple):
    """The three terms of a log marginal likelihood, which is their sum.

    Args
        fit: −½ rᵀ K⁻¹ r, at most 0: what the measurements surprise
        complexity: −½ log det K: what it costs that others would have done as well
        constant: −½ n log 2π
    Returns
        the terms
    Chapter
        gp/inference
    """

    fit: Float[Array, ""]
    complexity: Float[Array, ""]
    constant: Float[Array, ""]


def evidence_terms(
    gp: GaussianProcess, x: Float[Array, "points features"], y: Float[Array, "points"]
) -> EvidenceTerms:
    """The log marginal likelihood in its three terms.

    Equation
        −½ rᵀ K⁻¹ r,  −½ log det K,  −½ n log 2π;  r = y − m,  K = k(x, x) + σ² I
    Args
        gp: the prior and its noise
        x: (points, features)
        y: (points,)
    Returns
        fit, complexity and constant
    Raises
        ValueError: if x and y do not fit
        FloatingPointError: if a known K is not positive definite
    Source
        Rasmussen & Williams 2006, equation 5.8.
    Chapter
        gp/inference
    """
    return _terms(residual_of(gp, x, y), gp(x)[1])[0]


def log_marginal_likelihood(
    gp: GaussianProcess, x: Float[Array, "points features"], y: Float[Array, "points"]
) -> Float[Array, ""]:
    """How probable measurements are before any of them is known: the evidence for a prior.

    Its gradient is that of the second line: one inverse, which the gradients in all settings of
    the kernel share. It is not differentiated through the Cholesky factor.

    Equation
        log p(y | x) = −½ rᵀ K⁻¹ r − ½ log det K − ½ n log 2π;  r = y − m,  K = k(x, x) + σ² I
        ∂ log p / ∂θ = ½ tr((α αᵀ − K⁻¹) ∂K/∂θ),  α = K⁻¹ r
    Args
        gp: the prior and its noise
        x: (points, features)
        y: (points,)
    Returns
        a number, in nats
    Raises
        ValueError: if x and y do not fit
        FloatingPointError: if a known K is not positive definite
    Source
        Rasmussen & Williams 2006, equations 5.8 and 5.9.
    Chapter
        gp/inference
    """
    return _log_density(residual_of(gp, x, y), gp(x)[1])


@jax.custom_vjp
def _log_density(r, K):
    return sum(_terms(r, K)[0])


def _terms(r, K):
    L = cholesky(K, 0.0)
    white = solve_triangular(L, r, lower=True)
    complexity = -jnp.sum(jnp.log(jnp.diagonal(L)))
    constant = jnp.asarray(-0.5 * len(r) * np.log(2 * np.pi), L.dtype)
    return EvidenceTerms(-0.5 * white @ white, complexity, constant), L, white


def _forward(r, K):
    terms, L, white = _terms(r, K)
    return sum(terms), (L, white)


def _backward(kept, cotangent):
    L, white = kept
    root = solve_triangular(L, jnp.eye(len(L), dtype=L.dtype), lower=True)  # L⁻¹
    alpha = white @ root
    slope = jnp.outer(alpha, alpha) - root.T @ root
    return -cotangent * alpha, 0.5 * cotangent * slope


_log_density.defvjp(_forward, _backward)
