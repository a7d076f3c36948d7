"""Gaussian process regression: what measurements say about the function behind them."""

import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Float, ScalarLike

from dl_lib.core import Module, buffer
from dl_lib.gp.kernels import Kernel, log_of
from dl_lib.gp.sampling import cholesky
from dl_lib.validation import require_axes

__all__ = ["GaussianProcess", "Posterior", "condition", "residual_of"]


class GaussianProcess(Module):
    """A prior for a function, and the noise with which it is measured.

    Equation
        f ~ GP(m, k),  y = f(x) + ε,  ε ~ 𝒩(0, σ²)
    Args
        kernel: k
        noise: σ > 0, a standard deviation in the units of y
        mean: m, the same at every point
    Returns
        a module; called with points, it gives mean and covariance of measurements there
    Raises
        ValueError: if a known noise is not positive
    Source
        Rasmussen & Williams 2006, section 2.2.
    Chapter
        gp/inference
    """

    kernel: Kernel
    log_noise: Float[Array, ""]
    mean: Float[Array, ""]

    def __init__(self, kernel: Kernel, noise: ScalarLike = 0.1, mean: ScalarLike = 0.0):
        self.kernel, self.log_noise, self.mean = kernel, log_of("noise", noise), mean

    def __call__(
        self, x: Float[Array, "points features"]
    ) -> tuple[Float[Array, "points"], Float[Array, "points points"]]:
        K = self.kernel(x)
        noise = jnp.exp(2 * self.log_noise) * jnp.eye(len(x), dtype=K.dtype)
        return jnp.full(len(x), self.mean), K + noise


class Posterior(Module):
    """A Gaussian process that knows measurements, as `condition` makes it.

    Equation
        m* + k(x*, x) α,  k(x*, x*) − Vᵀ V,  V = L⁻¹ k(x, x*)
    Args
        gp: the prior and its noise
        x: the points measured, (points, features)
        L: the root of k(x, x) + σ² I, (points, points)
        weights: α = (k(x, x) + σ² I)⁻¹ (y − m), (points,)
    Returns
        a module; posterior(x_new) is mean and covariance of the function at other points
    Source
        Rasmussen & Williams 2006, algorithm 2.1.
    Chapter
        gp/inference
    """

    gp: GaussianProcess
    x: Float[Array, "points features"] = buffer()
    L: Float[Array, "points points"] = buffer()
    weights: Float[Array, "points"] = buffer()

    def __call__(
        self, x_new: Float[Array, "new features"]
    ) -> tuple[Float[Array, "new"], Float[Array, "new new"]]:
        mean, V = self._known(x_new)
        return mean, self.gp.kernel(x_new) - V.T @ V

    def marginals(
        self, x_new: Float[Array, "new features"]
    ) -> tuple[Float[Array, "new"], Float[Array, "new"]]:
        """Mean and variance at each point for itself, without the covariances.

        That of a measurement there is larger by σ².

        Equation
            m* + k(x*, x) α,  k(x*, x*) − Σᵢ Vᵢ²
        Args
            x_new: (new, features)
        Returns
            mean and variance of the function, (new,) each
        Raises
            ValueError: if the points differ in their features
        """
        mean, V = self._known(x_new)
        return mean, jnp.maximum(self.gp.kernel.diagonal(x_new) - jnp.sum(V**2, axis=0), 0)

    def _known(self, x_new):
        K = self.gp.kernel(self.x, x_new)
        return self.gp.mean + K.T @ self.weights, solve_triangular(self.L, K, lower=True)


def condition(
    gp: GaussianProcess, x: Float[Array, "points features"], y: Float[Array, "points"]
) -> Posterior:
    """Take measurements into account.

    The only work that grows with the cube of their number is done here, once.

    Equation
        L Lᵀ = k(x, x) + σ² I,  α = L⁻ᵀ L⁻¹ (y − m)
    Args
        gp: the prior and its noise
        x: (points, features)
        y: what was measured there, (points,)
    Returns
        the posterior
    Raises
        ValueError: if x and y do not fit
        FloatingPointError: if a known k(x, x) + σ² I is not positive definite
    Source
        Rasmussen & Williams 2006, algorithm 2.1.
    Chapter
        gp/inference
    """
    residual = residual_of(gp, x, y)
    L = cholesky(gp(x)[1], 0.0)
    return Posterior(gp, x, L, cho_solve((L, True), residual))


def residual_of(
    gp: GaussianProcess, x: Float[Array, "points features"], y: Float[Array, "points"]
) -> Float[Array, "points"]:
    """What the mean of the prior leaves of measurements.

    Equation
        y − m
    Args
        gp: the prior
        x: (points, features)
        y: (points,)
    Returns
        (points,)
    Raises
        ValueError: if x and y do not fit
    Chapter
        gp/inference
    """
    require_axes("x", x, "points, features")
    if y.shape != x.shape[:1]:
        raise ValueError(f"y must have shape {x.shape[:1]}, one number a point, got {y.shape}")
    return y - gp.mean
