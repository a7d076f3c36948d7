"""Adam and its kin: a mean of the gradients, over the root of a mean of their squares."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Inexact, ScalarLike

from dl_lib.functional.numerics import root, squared_magnitude
from dl_lib.optim._checks import require_decay, require_nonnegatives
from dl_lib.optim._per_array import decoupled_decay, like_gradient, like_square, per_array
from dl_lib.optim.averages import debiasing, running_average
from dl_lib.optim.base import Optimizer, Schedule
from dl_lib.regularizers import Mask, weights_only

__all__ = ["adam", "adamw", "amsgrad", "yogi"]

Entries = Inexact[Array, "..."]


def adam(
    learning_rate: Schedule | ScalarLike = 0.001,
    beta1: ScalarLike = 0.9,
    beta2: ScalarLike = 0.999,
    eps: ScalarLike = 1e-8,
) -> Optimizer:
    """Adam: momentum and RMSProp, both corrected for their start at zero.

    Equation
        m ← β₁ m + (1 − β₁) g;  s ← β₂ s + (1 − β₂) g²
        θ ← θ − η m̂ / (sqrt(ŝ) + ε),  m̂ = m / (1 − β₁ᵗ),  ŝ = s / (1 − β₂ᵗ),  t = 1, 2, …
    Args
        learning_rate: η, a number or a schedule
        beta1: β₁, how long the mean remembers
        beta2: β₂, how long the squares remember
        eps: ε
    Returns
        optimizer
    Raises
        ValueError: if a known β lies outside [0, 1), or a known ε is negative
    Source
        Kingma & Ba 2015, Algorithm 1. As PyTorch and optax.
    Chapter
        optimization/adam
    """
    return _adam(learning_rate, beta1, beta2, eps)


def adamw(
    learning_rate: Schedule | ScalarLike = 0.001,
    weight_decay: ScalarLike = 0.01,
    beta1: ScalarLike = 0.9,
    beta2: ScalarLike = 0.999,
    eps: ScalarLike = 1e-8,
    mask: Mask = weights_only,
) -> Optimizer:
    """AdamW: Adam with weight decay that the division by sqrt(ŝ) does not touch.

    Equation
        θ ← θ − η (m̂ / (sqrt(ŝ) + ε) + λ θ),  m̂ and ŝ as in `adam`
    Args
        learning_rate: η, a number or a schedule
        weight_decay: λ
        beta1: β₁, how long the mean remembers
        beta2: β₂, how long the squares remember
        eps: ε
        mask: which arrays decay: a tree of bools, a function that makes one, None for all
    Returns
        optimizer; its update needs the parameters
    Raises
        ValueError: if a known β lies outside [0, 1), or a known ε or λ is negative; from update, if
            the parameters are left out
    Source
        Loshchilov & Hutter 2019. Differs from PyTorch and optax: biases do not decay unless
        asked to (`mask=None`).
    Chapter
        optimization/adam
    """
    pull = decoupled_decay("adamw", weight_decay, mask)
    return _adam(learning_rate, beta1, beta2, eps, pull=pull)


def amsgrad(
    learning_rate: Schedule | ScalarLike = 0.001,
    beta1: ScalarLike = 0.9,
    beta2: ScalarLike = 0.999,
    eps: ScalarLike = 1e-8,
) -> Optimizer:
    """AMSGrad: Adam that divides by the largest mean of squares there has been.

    Equation
        m ← β₁ m + (1 − β₁) g;  s ← β₂ s + (1 − β₂) g²;  s* ← max(s*, s)
        θ ← θ − η m̂ / (sqrt(ŝ*) + ε),  m̂ = m / (1 − β₁ᵗ),  ŝ* = s* / (1 − β₂ᵗ),  t = 1, 2, …
    Args
        learning_rate: η, a number or a schedule
        beta1: β₁, how long the mean remembers
        beta2: β₂, how long the squares remember
        eps: ε
    Returns
        optimizer
    Raises
        ValueError: if a known β lies outside [0, 1), or a known ε is negative
    Source
        Reddi, Kale & Kumar 2018, which corrects nothing. As PyTorch's Adam(amsgrad=True);
        `optax.amsgrad` takes the largest of the corrected ŝ.
    Chapter
        optimization/adam
    """
    return _adam(learning_rate, beta1, beta2, eps, largest=True)


def yogi(
    learning_rate: Schedule | ScalarLike = 0.01,
    beta1: ScalarLike = 0.9,
    beta2: ScalarLike = 0.999,
    eps: ScalarLike = 1e-3,
) -> Optimizer:
    """Yogi: Adam whose squares move by an amount that does not depend on their own size.

    Equation
        m ← β₁ m + (1 − β₁) g;  s ← s + (1 − β₂) g² sign(g² − s)
        θ ← θ − η m̂ / (sqrt(ŝ) + ε),  m̂ = m / (1 − β₁ᵗ),  ŝ = s / (1 − β₂ᵗ),  t = 1, 2, …
    Args
        learning_rate: η, a number or a schedule
        beta1: β₁, how long the mean remembers
        beta2: β₂, how fast the squares move
        eps: ε
    Returns
        optimizer
    Raises
        ValueError: if a known β lies outside [0, 1), or a known ε is negative
    Source
        Zaheer, Reddi, Sachan, Kale & Kumar 2018. Differs from `optax.yogi`, which starts m and s
        at 1e-6; `optax.scale_by_yogi(initial_accumulator_value=0)` is this one.
    Chapter
        optimization/adam
    """

    def squares_of(squares: Entries, new: Entries) -> Entries:
        return squares + (1 - beta2) * new * jnp.sign(new - squares)

    return _adam(learning_rate, beta1, beta2, eps, squares_of)


def _adam(
    learning_rate: Schedule | ScalarLike,
    beta1: ScalarLike,
    beta2: ScalarLike,
    eps: ScalarLike,
    squares_of: Callable | None = None,
    pull: Callable | None = None,
    largest: bool = False,
) -> Optimizer:
    """Adam with another rule for the squares, their largest, or a pull on the parameters."""
    require_decay(beta1=beta1, beta2=beta2)
    require_nonnegatives(eps=eps)

    def average_squares(squares: Entries, new: Entries) -> Entries:
        return running_average(beta2, squares, new)

    def shared(rate: ScalarLike, step: Array) -> tuple:
        return rate, debiasing(beta1, step), debiasing(beta2, step)

    def move(g: Entries, common: tuple, mean: Entries, squares: Entries, *most: Entries) -> tuple:
        rate, mean_weight, squares_weight = common
        mean = running_average(beta1, mean, g)
        squares = (squares_of or average_squares)(squares, squared_magnitude(g))
        most = [jnp.maximum(m, squares) for m in most]
        mean_hat, squares_hat = mean / mean_weight, (*most, squares)[0] / squares_weight
        return -rate * mean_hat / (root(squares_hat) + eps), mean, squares, *most

    memory = {"mean": like_gradient, "squares": like_square}
    memory |= {"most": like_square} if largest else {}
    return per_array(learning_rate, move, memory, pull, shared)
