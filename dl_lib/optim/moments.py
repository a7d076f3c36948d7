"""Adam and its kin: a mean of the gradients, over the root of a mean of their squares."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Inexact, PyTree, ScalarLike

from dl_lib.functional.numerics import root, squared_magnitude, widened
from dl_lib.optim._checks import require_decay, require_nonnegatives
from dl_lib.optim._per_array import like_gradient, like_square, per_array
from dl_lib.optim.averages import debiasing, running_average
from dl_lib.optim.base import Optimizer, Schedule
from dl_lib.regularizers import Mask, resolve_mask, weights_only

__all__ = ["adam", "adamw", "yogi"]

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
    require_nonnegatives(weight_decay=weight_decay)

    def pull(params: PyTree) -> PyTree:
        if params is None:
            raise ValueError("adamw decays the parameters: call update(grads, state, params)")
        chosen = resolve_mask(mask, params)
        return jax.tree.map(lambda p, c: weight_decay * widened(p) if c else 0.0, params, chosen)

    return _adam(learning_rate, beta1, beta2, eps, pull=pull)


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
) -> Optimizer:
    """Adam with another rule for the squares, or with a pull on the parameters."""
    require_decay(beta1=beta1, beta2=beta2)
    require_nonnegatives(eps=eps)

    def average_squares(squares: Entries, new: Entries) -> Entries:
        return running_average(beta2, squares, new)

    def shared(rate: ScalarLike, step: Array) -> tuple:
        return rate, debiasing(beta1, step), debiasing(beta2, step)

    def move(g: Entries, common: tuple, mean: Entries, squares: Entries) -> tuple:
        rate, mean_weight, squares_weight = common
        mean = running_average(beta1, mean, g)
        squares = (squares_of or average_squares)(squares, squared_magnitude(g))
        mean_hat, squares_hat = mean / mean_weight, squares / squares_weight
        return -rate * mean_hat / (root(squares_hat) + eps), mean, squares

    memory = {"mean": like_gradient, "squares": like_square}
    return per_array(learning_rate, move, memory, pull, shared)
