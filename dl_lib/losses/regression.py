"""Losses for numbers: how much a miss costs, and what noise it presumes."""

import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num, ScalarLike

from dl_lib.functional.numerics import absolute
from dl_lib.functional.validation import is_known, require_same_shape
from dl_lib.losses.reduction import reduce

__all__ = ["gaussian_nll", "huber", "mae", "mse", "squared_error"]


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
    if is_known(delta) and not delta > 0:
        raise ValueError(f"delta must be positive, got {delta}")
    distance = jnp.abs(prediction - target)
    # One formula for both pieces: with c = min(|r|, δ), ½c² + δ(|r| − c). No branch squares
    # a large number only to be thrown away.
    near = jnp.minimum(distance, delta)
    return reduce(0.5 * near**2 + delta * (distance - near), reduction)


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
    if is_known(variance) and not np.all(np.asarray(variance) > 0):
        raise ValueError(f"variance must be positive, found {np.min(variance)}")
    constant = 0.5 * (math.log(2 * math.pi) + jnp.log(variance))
    return reduce(constant + (prediction - target) ** 2 / (2 * variance), reduction)
