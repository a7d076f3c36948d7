"""Attention pooling before anything was learned: kernels of a distance, and their means."""

import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_positive

__all__ = [
    "boxcar_kernel",
    "epanechnikov_kernel",
    "gaussian_kernel",
    "kernel_pooling",
    "triangular_kernel",
]


@through_float32
def gaussian_kernel(
    distance: Float[Array, "..."], bandwidth: ScalarLike = 1.0
) -> Float[Array, "..."]:
    """Gaussian kernel, without the factor that makes it a density.

    Equation
        α(u) = exp(−u² / (2 s²))
    Args
        distance: u = ‖q − k‖, any shape
        bandwidth: s; towards 0 only the nearest key counts, towards ∞ all alike. In float32 the
            kernel is 0 beyond 14 s; a softmax of −u² / (2 s²) still finds the nearest key there
    Returns
        same shape as `distance`
    Raises
        ValueError: if the bandwidth is known and not positive
    Chapter
        attention/attention_pooling
    """
    require_positive("bandwidth", bandwidth)
    return jnp.exp(-((distance / bandwidth) ** 2) / 2)


def boxcar_kernel(
    distance: Float[Array, "..."], bandwidth: ScalarLike = 1.0
) -> Float[Array, "..."]:
    """Boxcar kernel: all within reach alike.

    Equation
        α(u) = 1 if |u| ≤ s, else 0
    Args
        distance: u, any shape
        bandwidth: s
    Returns
        same shape as `distance`
    Raises
        ValueError: if the bandwidth is known and not positive
    Chapter
        attention/attention_pooling
    """
    require_positive("bandwidth", bandwidth)
    return (jnp.abs(distance) <= bandwidth).astype(distance.dtype)


@through_float32
def triangular_kernel(
    distance: Float[Array, "..."], bandwidth: ScalarLike = 1.0
) -> Float[Array, "..."]:
    """Triangular kernel, often printed under the name of Epanechnikov.

    Equation
        α(u) = max(0, 1 − |u|/s)
    Args
        distance: u, any shape
        bandwidth: s
    Returns
        same shape as `distance`
    Raises
        ValueError: if the bandwidth is known and not positive
    Chapter
        attention/attention_pooling
    """
    require_positive("bandwidth", bandwidth)
    return jnp.maximum(0, 1 - jnp.abs(distance) / bandwidth)


@through_float32
def epanechnikov_kernel(
    distance: Float[Array, "..."], bandwidth: ScalarLike = 1.0
) -> Float[Array, "..."]:
    """Epanechnikov kernel, a parabola.

    Equation
        α(u) = ¾ max(0, 1 − u²/s²)
    Args
        distance: u, any shape
        bandwidth: s
    Returns
        same shape as `distance`
    Raises
        ValueError: if the bandwidth is known and not positive
    Source
        Epanechnikov 1969.
    Chapter
        attention/attention_pooling
    """
    require_positive("bandwidth", bandwidth)
    return 0.75 * jnp.maximum(0, 1 - (distance / bandwidth) ** 2)


@through_float32
def kernel_pooling(
    weights: Float[Array, "... queries keys"], values: Float[Array, "... keys_of_values out"]
) -> Float[Array, "... queries out"]:
    """Nadaraya–Watson estimate: the mean of the values, weighted by a kernel.

    Equation
        f(q) = Σᵢ α(q, kᵢ) vᵢ / Σⱼ α(q, kⱼ)
    Args
        weights: α, not negative, (..., queries, keys)
        values: v, (..., keys, out)
    Returns
        (..., queries, out); zeros for a query that no key reaches
    Raises
        ValueError: if weights and values differ in the number of keys
    Source
        Nadaraya 1964; Watson 1964.
    Chapter
        attention/attention_pooling
    """
    if weights.shape[-1] != values.shape[-2]:
        raise ValueError(f"weights of shape {weights.shape} do not fit values {values.shape}")
    total = jnp.sum(weights, axis=-1, keepdims=True)
    return (weights / jnp.where(total > 0, total, 1)) @ values
