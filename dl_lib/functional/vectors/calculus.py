"""Derivatives by differences: slow, approximate, and the honest check of every gradient."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import is_known

__all__ = ["numerical_derivative", "numerical_gradient", "numerical_jacobian"]


@through_float32
def numerical_derivative(
    f: Callable, x: ScalarLike | Float[Array, "..."], step: ScalarLike | None = None
) -> Float[Array, "..."]:
    """Derivative of an elementwise function by central differences.

    The error is about f‴h²/6 from the formula plus ε|f|/h from rounding; the default step
    balances the two, and leaves about 1e-5 of relative error in float32, 1e-10 in float64.

    Equation
        f′(x) ≈ (f(x + h) − f(x − h)) / 2h
    Args
        f: function that acts on each entry by itself
        x: where to differentiate, any shape
        step: h; by default ε^(1/3) max(1, |x|) with ε the spacing of the dtype at 1
    Returns
        same shape as `x`
    Raises
        ValueError: if a known h is 0
    Chapter
        preliminaries/calculus
    """
    x = jnp.asarray(x, dtype=jnp.result_type(x, float))
    h = _step(x, step)
    above, below = x + h, x - h
    # Dividing by the distance really traveled, x + h as stored minus x − h as stored.
    return (f(above) - f(below)) / (above - below)


def numerical_gradient(
    f: Callable, x: Float[Array, "..."], step: ScalarLike | None = None
) -> Float[Array, "..."]:
    """Gradient of a scalar function by central differences, two calls for each entry of `x`.

    Equation
        ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h
    Args
        f: function of one array that returns one number; it may use Python control flow
        x: where to differentiate, any shape
        step: h, as in `numerical_derivative`
    Returns
        same shape as `x`
    Raises
        ValueError: if f returns more than one number, or a known h is 0
    Chapter
        preliminaries/calculus
    """
    shape = jnp.shape(f(x))
    if shape != ():
        raise ValueError(
            f"a gradient needs a function that returns a scalar, it returned shape {shape}; "
            "use numerical_jacobian"
        )
    return numerical_jacobian(f, x, step)


@through_float32
def numerical_jacobian(
    f: Callable, x: Float[Array, "..."], step: ScalarLike | None = None
) -> Float[Array, "..."]:
    """Jacobian by central differences, outputs first as in `jax.jacobian`.

    Equation
        Jᵢⱼ = ∂fᵢ/∂xⱼ ≈ (fᵢ(x + h eⱼ) − fᵢ(x − h eⱼ)) / 2h
    Args
        f: function from an array to an array; it may use Python control flow
        x: where to differentiate, any shape
        step: h, as in `numerical_derivative`
    Returns
        shape of f(x), then shape of `x`
    Raises
        ValueError: if a known h is 0
    Chapter
        preliminaries/calculus
    """
    x = jnp.asarray(x, dtype=jnp.result_type(x, float))
    steps = jnp.broadcast_to(_step(x, step), x.shape)
    columns = []
    for index in np.ndindex(x.shape):
        above, below = x.at[index].add(steps[index]), x.at[index].add(-steps[index])
        columns.append((f(above) - f(below)) / (above[index] - below[index]))
    jacobian = jnp.stack(columns, axis=-1)
    return jacobian.reshape(jacobian.shape[:-1] + x.shape)


def _step(x: Float[Array, "..."], step: ScalarLike | None) -> Float[Array, "..."]:
    if step is None:
        return jnp.finfo(x.dtype).eps ** (1 / 3) * jnp.maximum(1, jnp.abs(x))
    if is_known(step) and not np.all(np.asarray(step)):
        raise ValueError(f"step must not be 0, got {step}")
    return jnp.asarray(step, x.dtype)
