"""Drawing from a joint normal distribution, and with it functions from a Gaussian process."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, ScalarLike

from dl_lib.gp.kernels import Kernel
from dl_lib.validation import is_known, require_nonnegative, whole_number

__all__ = ["cholesky", "sample_normal", "sample_prior"]


def cholesky(
    covariance: Float[Array, "n n"], jitter: ScalarLike | None = None
) -> Float[Array, "n n"]:
    """The root of a covariance that is lower triangular, or an error.

    Rounding may turn the smallest eigenvalues of a covariance negative; the jitter lifts them.

    Equation
        L Lᵀ = K + j I
    Args
        covariance: K, (n, n), symmetric
        jitter: j ≥ 0; None is ε tr K, with ε the spacing of numbers near 1, about n roundings
    Returns
        L, (n, n); NaN where that cannot be under jit
    Raises
        ValueError: if K is not square, or the jitter negative
        FloatingPointError: if a known K + j I is not positive definite
    Source
        Golub & Van Loan 2013, section 4.2.
    Chapter
        gp/priors
    """
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1]:
        raise ValueError(f"a covariance must have shape (n, n), got {covariance.shape}")
    if jitter is None:
        jitter = jnp.finfo(covariance.dtype).eps * jnp.trace(covariance)
    require_nonnegative("jitter", jitter)
    lifted = covariance + jitter * jnp.eye(len(covariance), dtype=covariance.dtype)
    L = jnp.linalg.cholesky(lifted, symmetrize_input=False)
    if is_known(L) and not np.isfinite(np.asarray(L)).all():
        raise FloatingPointError(
            f"K + j I is not positive definite in {covariance.dtype}, j = {float(jitter):.3g}: "
            "a larger jitter or more noise helps, or jax.enable_x64(True), if K is a covariance"
        )
    return L


def sample_normal(
    mean: Float[Array, "n"],
    covariance: Float[Array, "n n"],
    key: Key[Array, ""],
    count: int = 1,
    jitter: ScalarLike | None = None,
) -> Float[Array, "count n"]:
    """Draw vectors from a joint normal distribution.

    Equation
        f = m + L z,  z ~ 𝒩(0, I),  L Lᵀ = K + j I
    Args
        mean: m, (n,)
        covariance: K, (n, n)
        key: random key
        count: how many vectors
        jitter: j ≥ 0; None is ε tr K, see `cholesky`
    Returns
        (count, n), one vector a row
    Raises
        ValueError: if the shapes of mean and covariance differ, or count is less than 1
        FloatingPointError: if a known K + j I is not positive definite
    Source
        Rasmussen & Williams 2006, appendix A.2.
    Chapter
        gp/priors
    """
    if mean.shape != covariance.shape[:1]:
        raise ValueError(f"mean {mean.shape} does not fit a covariance {covariance.shape}")
    L = cholesky(covariance, jitter)
    z = jax.random.normal(key, (whole_number("count", count), len(mean)), L.dtype)
    return mean + z @ L.T


def sample_prior(
    kernel: Kernel,
    x: Float[Array, "points features"],
    key: Key[Array, ""],
    count: int = 1,
    mean: ScalarLike | Float[Array, "points"] = 0.0,
    jitter: ScalarLike | None = None,
) -> Float[Array, "count points"]:
    """Draw functions from a Gaussian process, each at the same points.

    Equation
        f = m(x) + L z,  z ~ 𝒩(0, I),  L Lᵀ = k(x, x) + j I
    Args
        kernel: k
        x: (points, features)
        key: random key
        count: how many functions
        mean: m(x), a number or (points,)
        jitter: j ≥ 0; None is ε tr K, see `cholesky`
    Returns
        (count, points), one function a row
    Raises
        ValueError: if points are not (points, features), or count is less than 1
        FloatingPointError: if a known K + j I is not positive definite
    Source
        Rasmussen & Williams 2006, section 2.2.
    Chapter
        gp/priors
    """
    covariance = kernel(x)
    mean = jnp.broadcast_to(jnp.asarray(mean, covariance.dtype), (len(x),))
    return sample_normal(mean, covariance, key, count, jitter)
