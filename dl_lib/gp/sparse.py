"""Inducing points: a few values of a function that stand for all of it."""

import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from dl_lib.core import Module, buffer
from dl_lib.gp.process import GaussianProcess, residual_of
from dl_lib.gp.sampling import cholesky

__all__ = ["SparseGaussianProcess", "SparsePosterior", "collapsed_bound", "condition_sparse"]


class SparseGaussianProcess(Module):
    """A Gaussian process that hears of measurements through its values at a few points only.

    Equation
        u = f(Z),  q(f, u) = p(f | u) q(u)
    Args
        gp: the prior and its noise
        inducing: Z, (inducing, features), parameters like those of the kernel
    Returns
        a module
    Source
        Titsias 2009, Variational learning of inducing variables in sparse Gaussian processes.
    Chapter
        gp/inference
    """

    gp: GaussianProcess
    inducing: Float[Array, "inducing features"]


class SparsePosterior(Module):
    """What a sparse process knows of measurements, as `condition_sparse` makes it.

    Equation
        m* + Wᵀ c,  k(x*, x*) − Pᵀ P + Wᵀ W;  P = L⁻¹ k(Z, x*),  W = M⁻¹ P
    Args
        sparse: the process
        L: the root of k(Z, Z), (inducing, inducing)
        M: the root of I + A Aᵀ, (inducing, inducing), with A = L⁻¹ k(Z, x) / σ
        weights: c = M⁻¹ A (y − m) / σ, (inducing,)
    Returns
        a module; posterior(x_new) is mean and covariance of the function at other points
    Source
        Titsias 2009, equation 6.
    Chapter
        gp/inference
    """

    sparse: SparseGaussianProcess
    L: Float[Array, "inducing inducing"] = buffer()
    M: Float[Array, "inducing inducing"] = buffer()
    weights: Float[Array, "inducing"] = buffer()

    def __call__(
        self, x_new: Float[Array, "new features"]
    ) -> tuple[Float[Array, "new"], Float[Array, "new new"]]:
        mean, P, W = self._known(x_new)
        return mean, self.sparse.gp.kernel(x_new) - P.T @ P + W.T @ W

    def marginals(
        self, x_new: Float[Array, "new features"]
    ) -> tuple[Float[Array, "new"], Float[Array, "new"]]:
        """Mean and variance at each point for itself, without the covariances.

        Equation
            m* + Wᵀ c,  k(x*, x*) − Σᵢ Pᵢ² + Σᵢ Wᵢ²
        Args
            x_new: (new, features)
        Returns
            mean and variance of the function, (new,) each
        Raises
            ValueError: if the points differ in their features
        """
        mean, P, W = self._known(x_new)
        variance = self.sparse.gp.kernel.diagonal(x_new) + jnp.sum(W**2 - P**2, axis=0)
        return mean, jnp.maximum(variance, 0)

    def _known(self, x_new):
        gp, Z = self.sparse.gp, self.sparse.inducing
        P = solve_triangular(self.L, gp.kernel(Z, x_new), lower=True)
        W = solve_triangular(self.M, P, lower=True)
        return gp.mean + W.T @ self.weights, P, W


def condition_sparse(
    sparse: SparseGaussianProcess,
    x: Float[Array, "points features"],
    y: Float[Array, "points"],
) -> SparsePosterior:
    """Take measurements into account at the inducing points, by the best q(u) there is.

    The work grows with the number of measurements, times the square of that of inducing points.

    Equation
        L Lᵀ = k(Z, Z) + j I,  A = L⁻¹ k(Z, x) / σ,  M Mᵀ = I + A Aᵀ,  c = M⁻¹ A (y − m) / σ
    Args
        sparse: the process; j is the jitter of `cholesky`
        x: (points, features)
        y: (points,)
    Returns
        the posterior
    Raises
        ValueError: if x, y and the inducing points do not fit
        FloatingPointError: if a known k(Z, Z) + j I is not positive definite
    Source
        Titsias 2009, equation 6.
    Chapter
        gp/inference
    """
    L, M, c, *_ = _solved(sparse, x, y)
    return SparsePosterior(sparse, L, M, c)


def collapsed_bound(
    sparse: SparseGaussianProcess,
    x: Float[Array, "points features"],
    y: Float[Array, "points"],
) -> Float[Array, ""]:
    """A lower bound of the log marginal likelihood, which inducing points may be moved to raise.

    Equation
        log 𝒩(y; m, Q + σ² I) − tr(k(x, x) − Q) / (2 σ²),  Q = k(x, Z) k(Z, Z)⁻¹ k(Z, x)
    Args
        sparse: the process
        x: (points, features)
        y: (points,)
    Returns
        a number, at most `log_marginal_likelihood(sparse.gp, x, y)`
    Raises
        ValueError: if x, y and the inducing points do not fit
        FloatingPointError: if a known k(Z, Z) + j I is not positive definite
    Source
        Titsias 2009, equation 9.
    Chapter
        gp/inference
    """
    _, M, c, A, r = _solved(sparse, x, y)
    gp, n = sparse.gp, len(y)
    log_det = 2 * jnp.sum(jnp.log(jnp.diagonal(M))) + 2 * n * gp.log_noise
    density = -0.5 * (r @ r - c @ c + log_det + n * np.log(2 * np.pi))
    unexplained = jnp.sum(gp.kernel.diagonal(x)) * jnp.exp(-2 * gp.log_noise) - jnp.sum(A**2)
    return density - 0.5 * unexplained


def _solved(sparse, x, y):
    """L, M, c and A of `condition_sparse`, and the residual over σ."""
    gp, Z = sparse.gp, sparse.inducing
    r = residual_of(gp, x, y) * jnp.exp(-gp.log_noise)
    L = cholesky(gp.kernel(Z))
    A = solve_triangular(L, gp.kernel(Z, x), lower=True) * jnp.exp(-gp.log_noise)
    M = cholesky(jnp.eye(len(Z), dtype=A.dtype) + A @ A.T, 0.0)
    return L, M, solve_triangular(M, A @ r, lower=True), A, r
