"""Functions of a matrix that act on its singular values or on its eigenvalues."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Inexact, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes, require_nonnegative, require_positive, whole_number

__all__ = ["inverse_root", "newton_schulz"]

QUINTIC = (3.4445, -4.7750, 2.0315)


@through_float32
def newton_schulz(
    A: Inexact[Array, "rows columns"],
    steps: int = 5,
    coefficients: Sequence[float | int] = QUINTIC,
    eps: ScalarLike = 1e-8,
) -> Inexact[Array, "rows columns"]:
    """Drive all singular values towards 1 by a polynomial, with products of matrices alone.

    The coefficients of Muon lift small values fast and leave each somewhere near 1 (from .68 to
    1.14); (15/8, −10/8, 3/8) ends at 1 exactly, and takes more steps.

    Equation
        X₀ = A / (‖A‖_F + ε);  Xₖ₊₁ = a Xₖ + b (Xₖ Xₖᵀ) Xₖ + c (Xₖ Xₖᵀ)² Xₖ
        each singular value: σ ← a σ + b σ³ + c σ⁵
    Args
        A: (rows, columns); conjugates stand in for the transposes of a complex one
        steps: how often the polynomial is applied
        coefficients: (a, b, c)
        eps: ε, which keeps a matrix of zeros
    Returns
        (rows, columns), U f(S) Vᵀ where A = U S Vᵀ
    Raises
        ValueError: if A is no matrix, there are not three coefficients, or a known ε is negative
    Source
        Björck & Bowie 1971; the coefficients: Jordan et al. 2024. As `optax.contrib.muon`.
    Chapter
        optimization/matrix_methods
    """
    require_axes("A", A, "rows, columns")
    steps = whole_number("steps", steps, 0)
    require_nonnegative("eps", eps)
    if len(coefficients) != 3:
        raise ValueError(f"expected three coefficients (a, b, c), got {coefficients!r}")
    a, b, c = coefficients
    # X Xᵀ is the smaller of the two squares only where there are fewer rows than columns.
    X = A.mT if A.shape[0] > A.shape[1] else A
    X = X / (jnp.linalg.norm(X) + eps)

    def polynomial(_, X):
        square = X @ X.conj().mT
        return a * X + (b * square + c * square @ square) @ X

    X = jax.lax.fori_loop(0, steps, polynomial, X)
    return X.mT if A.shape[0] > A.shape[1] else X


@through_float32
def inverse_root(
    A: Inexact[Array, "d d"], order: ScalarLike = 2.0, eps: ScalarLike = 0.0
) -> Inexact[Array, "d d"]:
    """Inverse root of a positive definite matrix, by its eigenvalues.

    Equation
        A = V Λ Vᵀ;  (A + ε I)^(−1/p) = V (max(Λ, 0) + ε)^(−1/p) Vᵀ
    Args
        A: (d, d), symmetric, or Hermitian; eigenvalues that rounding made negative count as 0
        order: p > 0; 1 is the inverse, 2 the inverse square root
        eps: ε ≥ 0
    Returns
        (d, d)
    Raises
        ValueError: if A is not square, a known order is not positive, or a known ε is negative
    Chapter
        optimization/matrix_methods
    """
    require_axes("A", A, "rows, columns")
    if A.shape[0] != A.shape[1]:
        raise ValueError(f"A must be square, got shape {A.shape}")
    require_positive("order", order)
    require_nonnegative("eps", eps)
    values, vectors = jnp.linalg.eigh(A)
    scaled = (jnp.maximum(values, 0) + eps) ** (-1 / order)
    return (vectors * scaled) @ vectors.conj().mT
