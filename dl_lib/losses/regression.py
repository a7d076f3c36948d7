"""Losses for numbers: how much a miss costs, and what noise it presumes."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float, Num, ScalarLike

from dl_lib.functional.activations.sigmoid import softplus
from dl_lib.functional.numerics import absolute, in_float32
from dl_lib.functional.vectors.norms import p_norm
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_positive, require_same_shape

__all__ = [
    "gaussian_nll",
    "huber",
    "log_cosh",
    "mae",
    "mse",
    "rmse",
    "smooth_l1",
    "squared_error",
]


@in_float32
def squared_error(
    prediction: Float[Array, "..."], target: Num[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Half the squared error, so that the gradient is the error itself.

    Equation
        ℓ = ½ (ŷ − y)²
    Args
        prediction: ŷ, any shape
        target: y, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `prediction` for "none"
    Raises
        ValueError: if the shapes differ, so that (n, 1) against (n,) cannot broadcast to (n, n)
    Chapter
        linear_networks/linear_regression
    """
    require_same_shape("prediction", prediction, "target", target)
    return reduce(0.5 * (prediction - target) ** 2, reduction)


@in_float32
def mse(
    prediction: Float[Array, "..."], target: Num[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Squared error without the ½.

    Equation
        ℓ = (ŷ − y)²
    Args
        prediction: ŷ, any shape
        target: y, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `prediction` for "none"
    Raises
        ValueError: if the shapes differ
    Chapter
        losses/regression
    """
    require_same_shape("prediction", prediction, "target", target)
    return reduce((prediction - target) ** 2, reduction)


@in_float32
def mae(
    prediction: Float[Array, "..."], target: Num[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Absolute error, minimized by the median; its gradient at 0 is 0.

    Equation
        ℓ = |ŷ − y|
    Args
        prediction: ŷ, any shape
        target: y, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `prediction` for "none"
    Raises
        ValueError: if the shapes differ
    Chapter
        losses/regression
    """
    require_same_shape("prediction", prediction, "target", target)
    return reduce(absolute(prediction - target), reduction)


@in_float32
def huber(
    prediction: Float[Array, "..."],
    target: Num[Array, "..."],
    delta: ScalarLike = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Huber loss: squared near the target, absolute far from it.

    Equation
        ℓ = ½ r²  if |r| ≤ δ,  else δ (|r| − ½ δ),  r = ŷ − y
    Args
        prediction: ŷ, any shape
        target: y, same shape
        delta: δ > 0, where the parabola becomes a line
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `prediction` for "none"
    Raises
        ValueError: if the shapes differ, or a known δ is not positive
    Source
        Huber 1964.
    Chapter
        losses/regression
    """
    require_same_shape("prediction", prediction, "target", target)
    require_positive("delta", delta)
    distance = jnp.abs(prediction - target)
    # One formula for both pieces: with c = min(|r|, δ), ½c² + δ(|r| − c). No branch squares
    # a large number only to be thrown away.
    near = jnp.minimum(distance, delta)
    return reduce(0.5 * near**2 + delta * (distance - near), reduction)


@in_float32
def smooth_l1(
    prediction: Float[Array, "..."],
    target: Num[Array, "..."],
    beta: ScalarLike = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Huber loss divided by its δ, so that far from the target the slope is 1 for every β.

    Equation
        ℓ = r² / 2β  if |r| ≤ β,  else |r| − ½ β,  r = ŷ − y
    Args
        prediction: ŷ, any shape
        target: y, same shape
        beta: β > 0, where the parabola becomes a line
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `prediction` for "none"
    Raises
        ValueError: if the shapes differ, or a known β is not positive
    Source
        Girshick 2015, with β = 1.
    Chapter
        losses/regression
    """
    require_positive("beta", beta)
    return huber(prediction, target, beta, reduction) / beta


@in_float32
def log_cosh(
    prediction: Float[Array, "..."], target: Num[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Logarithm of the hyperbolic cosine, ½ r² near the target and |r| − log 2 far from it.

    Equation
        ℓ = log cosh r = ½ log(1 + sinh² r) = |r| + softplus(−2|r|) − log 2,  r = ŷ − y
    Args
        prediction: ŷ, any shape
        target: y, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `prediction` for "none"
    Raises
        ValueError: if the shapes differ
    Chapter
        losses/regression
    """
    require_same_shape("prediction", prediction, "target", target)
    error = prediction - target
    # Far away cosh overflows; near 0 the other form is a small difference of large numbers.
    near = jnp.abs(error) < 1
    squared_sinh = jnp.sinh(jnp.where(near, error, 0)) ** 2
    distance = absolute(jnp.where(near, 1, error))
    far = distance + softplus(-2 * distance) - math.log(2)
    return reduce(jnp.where(near, 0.5 * jnp.log1p(squared_sinh), far), reduction)


@in_float32
def rmse(
    prediction: Float[Array, "..."],
    target: Num[Array, "..."],
    axis: int | tuple[int, ...] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Root mean squared error, in the unit of the target; its gradient at 0 is 0.

    Equation
        ℓ = sqrt( (1/n) Σᵢ (ŷᵢ − yᵢ)² )
    Args
        prediction: ŷ, any shape
        target: y, same shape
        axis: the axis or axes of i, over which the square is averaged; None for all
        reduction: "mean", "sum" or "none", over the axes that are left
    Returns
        scalar, or the shape of `prediction` without `axis` for "none"
    Raises
        ValueError: if the shapes differ, or the mean is taken of nothing
    Chapter
        losses/regression
    """
    require_same_shape("prediction", prediction, "target", target)
    norm = p_norm(prediction - target, 2, axis)
    require_positive("the number of errors in a mean", prediction.size)
    return reduce(norm / math.sqrt(prediction.size // norm.size), reduction)


@in_float32
def gaussian_nll(
    prediction: Float[Array, "..."],
    target: Num[Array, "..."],
    variance: ScalarLike | Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Negative log-likelihood of the target under normal noise around the prediction.

    Equation
        ℓ = ½ log(2π s²) + (ŷ − y)² / 2s²
    Args
        prediction: ŷ, the mean, any shape
        target: y, same shape
        variance: s² > 0, one number or one for each prediction
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape as `prediction` for "none"
    Raises
        ValueError: if the shapes differ, or a known variance is not positive
    Source
        Nix & Weigend 1994. Differs from PyTorch: the constant ½ log 2π is there, and a
        variance of 0 is an error and not clamped.
    Chapter
        linear_networks/linear_regression
    """
    require_same_shape("prediction", prediction, "target", target)
    variance = jnp.asarray(variance)
    if variance.ndim:
        require_same_shape("prediction", prediction, "variance", variance)
    require_positive("variance", variance)
    constant = 0.5 * (math.log(2 * math.pi) + jnp.log(variance))
    return reduce(constant + (prediction - target) ** 2 / (2 * variance), reduction)
