"""The linear map with a bias, its best fit in closed form, and the bilinear map."""

import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import is_known, require_axes, require_nonnegative, require_positive

__all__ = ["bilinear", "least_squares", "linear"]


def linear(
    x: Float[Array, "..."], weight: Float[Array, "..."], bias: Float[Array, "..."] | None = None
) -> Float[Array, "..."]:
    """Dense layer, one example a row.

    Equation
        Y = X W + b
    Args
        x: (..., in)
        weight: (in, out), or (in,) for a single output without an axis
        bias: (out,), or () beside a weight of shape (in,); None for no bias
    Returns
        (..., out), or (...) for a weight of shape (in,)
    Raises
        ValueError: if the shapes do not fit; the message names both
    Chapter
        linear_networks/linear_regression
    """
    if weight.ndim not in (1, 2) or x.ndim == 0 or x.shape[-1] != weight.shape[0]:
        raise ValueError(
            f"x of shape {x.shape} does not fit a weight of shape {weight.shape}: "
            "the last axis of x must be the first of the weight, (in, out)"
        )
    if bias is not None and bias.shape != weight.shape[1:]:
        raise ValueError(
            f"bias of shape {bias.shape} does not fit a weight of shape {weight.shape}: "
            f"it must have shape {weight.shape[1:]}"
        )
    # All axes but the last as one: a 2-D product and its gradient are faster than a batch of them.
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    product = (rows @ weight).reshape(*x.shape[:-1], *weight.shape[1:])
    return product if bias is None else product + bias


@through_float32
def bilinear(
    first: Float[Array, "..."],
    second: Float[Array, "..."],
    weight: Float[Array, "out in1 in2"],
    bias: Float[Array, "..."] | None = None,
) -> Float[Array, "... out"]:
    """Numbers made from a pair of vectors, linear in each of the two.

    Equation
        y[o] = x₁ᵀ A[o] x₂ + b[o]
    Args
        first: x₁, (..., in1)
        second: x₂, (..., in2), with the same leading axes
        weight: A, (out, in1, in2), a matrix for each output
        bias: (out,); None for no bias
    Returns
        (..., out)
    Raises
        ValueError: if the shapes do not fit; the message names them
    Chapter
        mlp/multilayer_perceptron
    """
    require_axes("weight", weight, "out, first in, second in")
    for name, x in (("first", first), ("second", second)):
        require_axes(name, x, "..., in")
    outputs, *inputs = weight.shape
    sizes = [first.shape[-1], second.shape[-1]]
    if sizes != inputs or first.shape[:-1] != second.shape[:-1]:
        raise ValueError(
            f"first of shape {first.shape} and second of shape {second.shape} do not fit a weight "
            f"of shape {weight.shape}: they must be (..., {inputs[0]}) and (..., {inputs[1]})"
        )
    product = jnp.einsum("...i,oij,...j->...o", first, weight, second)
    if bias is None:
        return product
    if bias.shape != (outputs,):
        raise ValueError(f"bias must have shape {(outputs,)}, got {bias.shape}")
    return product + bias


@through_float32
def least_squares(
    X: Float[Array, "batch features"], y: Float[Array, "..."], ridge: ScalarLike = 0.0
) -> tuple[Float[Array, "features ..."], Float[Array, "..."]]:
    """Weights and bias that minimize the squared error, with a penalty on the weights only.

    Columns are centered first, which solves for the bias exactly and leaves it unpenalized.
    Without a penalty, columns that depend on each other give the shortest of the many best
    weights, where the normal equations would divide by zero.

    Equation
        w, b = argmin ½ (1/n) Σᵢ (xᵢᵀw + b − yᵢ)² + ½ λ ‖w‖²
             = (X̃ᵀX̃ + nλI)⁻¹ X̃ᵀỹ,  ȳ − x̄ᵀw,  X̃ = X − x̄, ỹ = y − ȳ
    Args
        X: (batch, features)
        y: (batch,), or (batch, outputs) for several fits at once
        ridge: λ ≥ 0, as in `weight_decay` beside a mean loss with the ½
    Returns
        weights, (features,) or (features, outputs), and bias, () or (outputs,)
    Raises
        ValueError: if X and y differ in length, there is no example, or a known λ is negative
    Chapter
        linear_networks/weight_decay
    """
    require_axes("X", X, "batch, features")
    require_axes("y", y, "batch, ...")
    if X.shape[0] != y.shape[0]:
        raise ValueError(f"X has {X.shape[0]} examples but y has {y.shape[0]}")
    require_positive("the number of examples", len(X))
    require_nonnegative("ridge", ridge)
    batch, features = X.shape
    X_mean, y_mean = X.mean(axis=0), y.mean(axis=0)
    X, y = X - X_mean, y - y_mean
    if is_known(ridge) and np.asarray(ridge) == 0:
        weight = jnp.linalg.lstsq(X, y)[0]
    else:
        # Rows sqrt(nλ) I with target 0 are the penalty as data; forming XᵀX would square
        # the condition number.
        penalty = jnp.sqrt(batch * jnp.asarray(ridge, X.dtype)) * jnp.eye(features, dtype=X.dtype)
        zeros = jnp.zeros((features, *y.shape[1:]), y.dtype)
        weight = jnp.linalg.lstsq(jnp.concatenate([X, penalty]), jnp.concatenate([y, zeros]))[0]
    return weight, y_mean - X_mean @ weight
