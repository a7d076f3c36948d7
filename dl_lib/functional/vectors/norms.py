"""Norms whose gradient at the zero vector is 0 and not NaN."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from dl_lib.functional.numerics import absolute, root, through_float32
from dl_lib.validation import require_axes

__all__ = ["frobenius_norm", "l1_norm", "l2_norm", "p_norm"]

Axis = int | tuple[int, ...] | None


@through_float32
def p_norm(
    x: Num[Array, "..."], p: float | int = 2, axis: Axis = None, keepdims: bool = False
) -> Float[Array, "..."]:
    """Vector p-norm.

    At the zero vector the norm has a corner; the gradient returned there is 0, one of its
    subgradients.

    Equation
        ‖x‖ₚ = (Σᵢ |xᵢ|ᵖ)^(1/p),  ‖x‖_∞ = maxᵢ |xᵢ|
    Args
        x: any shape
        p: at least 1; `math.inf` for the largest magnitude
        axis: axis or axes that hold the vector; None for all entries
        keepdims: keep these axes with size 1
    Returns
        x's shape without these axes
    Raises
        ValueError: if p < 1, where the triangle inequality fails
    Chapter
        preliminaries/linear_algebra
    """
    if not p >= 1:
        raise ValueError(f"p must be at least 1 for a norm, got {p}")
    magnitude = absolute(_as_float(x))
    if math.isinf(p):
        return jnp.max(magnitude, axis=axis, keepdims=keepdims, initial=0)
    if p == 1:
        return jnp.sum(magnitude, axis=axis, keepdims=keepdims)
    # ‖x‖ = c ‖x/c‖ for every c > 0: c = max|x| keeps the powers from overflowing.
    largest = jax.lax.stop_gradient(jnp.max(magnitude, axis=axis, keepdims=True, initial=0))
    scale = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1)
    total = jnp.sum((magnitude / scale) ** p, axis=axis, keepdims=True)
    norm = scale * root(total, p)
    return norm if keepdims else jnp.squeeze(norm, axis=axis)


def l1_norm(x: Num[Array, "..."], axis: Axis = None, keepdims: bool = False) -> Float[Array, "..."]:
    """Sum of magnitudes (Manhattan norm).

    Equation
        ‖x‖₁ = Σᵢ |xᵢ|
    Args
        x: any shape
        axis: axis or axes that hold the vector; None for all entries
        keepdims: keep these axes with size 1
    Returns
        x's shape without these axes
    Chapter
        preliminaries/linear_algebra
    """
    return p_norm(x, 1, axis, keepdims)


def l2_norm(x: Num[Array, "..."], axis: Axis = None, keepdims: bool = False) -> Float[Array, "..."]:
    """Euclidean length.

    Equation
        ‖x‖₂ = sqrt(Σᵢ xᵢ²)
    Args
        x: any shape
        axis: axis or axes that hold the vector; None for all entries
        keepdims: keep these axes with size 1
    Returns
        x's shape without these axes
    Chapter
        preliminaries/linear_algebra
    """
    return p_norm(x, 2, axis, keepdims)


def frobenius_norm(A: Num[Array, "... rows columns"]) -> Float[Array, "..."]:
    """Euclidean length of a matrix read as one long vector.

    Equation
        ‖A‖_F = sqrt(Σᵢⱼ Aᵢⱼ²)
    Args
        A: (..., rows, columns)
    Returns
        one norm for each matrix, (...)
    Raises
        ValueError: if there are fewer than two axes
    Chapter
        preliminaries/linear_algebra
    """
    require_axes("A", A, "..., rows, columns")
    return p_norm(A, 2, axis=(-2, -1))


def _as_float(x: Num[Array, "..."]) -> Float[Array, "..."]:
    return x if jnp.issubdtype(x.dtype, jnp.floating) else x.astype(float)
