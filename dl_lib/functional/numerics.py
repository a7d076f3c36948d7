"""Formulas rewritten so that no intermediate value overflows and no gradient surprises."""

from collections.abc import Callable
from functools import wraps

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact, PyTree

__all__ = [
    "absolute",
    "in_float32",
    "log_sum_exp",
    "root",
    "squared_magnitude",
    "through_float32",
    "widened",
]

HALF = frozenset({jnp.dtype(jnp.float16), jnp.dtype(jnp.bfloat16)})


def widened(tree: PyTree) -> PyTree:
    """Numbers of 16 bits as float32, all else as it is.

    float16 ends at 65504, less than the square of 300, and bfloat16 has three digits: what is
    squared, summed or divided by needs more than either.

    Args
        tree: arrays of any types, in any structure
    Returns
        the same structure; `tree` itself where nothing has 16 bits
    Chapter
        performance/mixed_precision
    """
    if not any(map(_is_half, jax.tree.leaves(tree))):
        return tree
    return jax.tree.map(lambda x: x.astype(jnp.float32) if _is_half(x) else x, tree)


def in_float32(function: Callable) -> Callable:
    """Have a function compute in float32 what is given in 16 bits, and answer in float32.

    For losses, metrics, and what 16 bits cannot hold, as a variance or an area.

    Args
        function: any function of arrays
    Returns
        the function, which float32 and float64 pass through unchanged
    Chapter
        performance/mixed_precision
    """

    @wraps(function)
    def wide(*args, **kwargs):
        args, kwargs = widened((args, kwargs))
        return function(*args, **kwargs)

    return wide


def through_float32(function: Callable) -> Callable:
    """Have a function compute in float32 what is given in 16 bits, and answer in the type given.

    Args
        function: any function of arrays; the type of the first floating one is that of the answer
    Returns
        the function, which float32 and float64 pass through unchanged
    Chapter
        performance/mixed_precision
    """

    @wraps(function)
    def there_and_back(*args, **kwargs):
        given = jax.tree.leaves((args, kwargs))
        if not any(map(_is_half, given)):
            return function(*args, **kwargs)
        dtype = next(x.dtype for x in given if _is_floating(x))
        args, kwargs = widened((args, kwargs))
        answer = function(*args, **kwargs)
        return jax.tree.map(lambda y: y.astype(dtype) if _is_floating(y) else y, answer)

    return there_and_back


def absolute(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Magnitude, whose derivative at the corner is taken as 0, halfway between −1 and 1.

    `jnp.abs` has derivative 1 at 0, so that a weight at rest would be pushed off by a penalty.

    Equation
        |x| = x sign(x),  d|x|/dx = sign(x)
    Args
        x: any shape
    Returns
        same shape as `x`
    Chapter
        preliminaries/linear_algebra
    """
    return x * jnp.sign(x)


def squared_magnitude(x: Inexact[Array, "..."]) -> Float[Array, "..."]:
    """Square of the distance from 0, for real and complex numbers.

    Equation
        |x|² = x²,  |a + bi|² = a² + b²
    Args
        x: any shape
    Returns
        same shape as `x`, real
    Chapter
        preliminaries/linear_algebra
    """
    return x.real**2 + x.imag**2 if jnp.iscomplexobj(x) else x**2


def root(x: Float[Array, "..."], degree: float | int = 2) -> Float[Array, "..."]:
    """Root whose derivative at 0 is taken as 0: it is infinite, and times 0 it would be NaN.

    Equation
        x^(1/p)
    Args
        x: any shape, not negative
        degree: p, at least 1
    Returns
        same shape as `x`
    Chapter
        preliminaries/calculus
    """
    is_zero = x == 0
    safe = jnp.where(is_zero, 1, x)
    return jnp.where(is_zero, 0, jnp.sqrt(safe) if degree == 2 else safe ** (1 / degree))


@through_float32
def log_sum_exp(
    x: Float[Array, "..."], axis: int | tuple[int, ...] | None = -1, keepdims: bool = False
) -> Float[Array, "..."]:
    """Logarithm of a sum of exponentials, a smooth maximum.

    Equation
        log Σᵢ exp(xᵢ) = m + log Σᵢ exp(xᵢ − m),  m = maxᵢ xᵢ
    Args
        x: any shape
        axis: axis or axes to sum over; None for all
        keepdims: keep the summed axes with size 1
    Returns
        x's shape without the summed axes
    Chapter
        linear_networks/softmax_regression
    """
    largest = jnp.max(x, axis=axis, keepdims=True, initial=-jnp.inf)
    # Where the maximum is ±∞ the shift would make ∞ − ∞. The value does not depend on the
    # shift, so neither does the gradient.
    shift = jax.lax.stop_gradient(jnp.where(jnp.isfinite(largest), largest, 0))
    total = jnp.sum(jnp.exp(x - shift), axis=axis, keepdims=True)
    result = shift + jnp.log(total)
    return result if keepdims else jnp.squeeze(result, axis=axis)


def _is_half(x: object) -> bool:
    return getattr(x, "dtype", None) in HALF


def _is_floating(x: object) -> bool:
    return hasattr(x, "dtype") and jnp.issubdtype(x.dtype, jnp.floating)
