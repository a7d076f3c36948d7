"""Optimizers that give each parameter a step of its own, from the squares of its gradients."""

import jax.numpy as jnp
from jaxtyping import Array, Inexact, ScalarLike

from dl_lib.functional.numerics import root, squared_magnitude
from dl_lib.optim._checks import require_decay, require_nonnegatives
from dl_lib.optim._per_array import like_square, per_array
from dl_lib.optim.averages import running_average
from dl_lib.optim.base import Optimizer, Schedule

__all__ = ["adadelta", "adagrad", "rmsprop"]

Entries = Inexact[Array, "..."]


def adagrad(
    learning_rate: Schedule | ScalarLike = 0.01, initial: ScalarLike = 0.0, eps: ScalarLike = 1e-10
) -> Optimizer:
    """AdaGrad: steps shrink with all the gradient a parameter has ever seen.

    Equation
        s ← s + g²;  θ ← θ − η g / (sqrt(s) + ε)
    Args
        learning_rate: η, a number or a schedule
        initial: s before the first step
        eps: ε
    Returns
        optimizer
    Raises
        ValueError: if a known initial s or ε is negative
    Source
        Duchi, Hazan & Singer 2011. As PyTorch; optax starts s at 0.1 and has ε in the root.
    Chapter
        optimization/adaptive_methods
    """
    require_nonnegatives(initial=initial, eps=eps)

    def move(g: Entries, rate: ScalarLike, squares: Entries) -> tuple:
        squares = squares + squared_magnitude(g)
        return -rate * g / (root(squares) + eps), squares

    def start(p: Entries) -> Entries:
        return jnp.full_like(like_square(p), initial)

    return per_array(learning_rate, move, {"squares": start})


def rmsprop(
    learning_rate: Schedule | ScalarLike = 0.01, decay: ScalarLike = 0.9, eps: ScalarLike = 1e-8
) -> Optimizer:
    """RMSProp: AdaGrad that forgets.

    Equation
        s ← γ s + (1 − γ) g²;  θ ← θ − η g / (sqrt(s) + ε)
    Args
        learning_rate: η, a number or a schedule
        decay: γ
        eps: ε
    Returns
        optimizer
    Raises
        ValueError: if a known γ lies outside [0, 1)
    Source
        Tieleman & Hinton 2012. As PyTorch, whose default γ is 0.99; optax has ε in the root
        by default.
    Chapter
        optimization/adaptive_methods
    """
    require_decay(decay=decay)
    require_nonnegatives(eps=eps)

    def move(g: Entries, rate: ScalarLike, squares: Entries) -> tuple:
        squares = running_average(decay, squares, squared_magnitude(g))
        return -rate * g / (root(squares) + eps), squares

    return per_array(learning_rate, move, {"squares": like_square})


def adadelta(
    learning_rate: Schedule | ScalarLike = 1.0, decay: ScalarLike = 0.9, eps: ScalarLike = 1e-5
) -> Optimizer:
    """Adadelta: the size of the past changes takes the place of a learning rate.

    Equation
        s ← ρ s + (1 − ρ) g²
        d = sqrt(Δ + ε) / sqrt(s + ε) g;  θ ← θ − η d
        Δ ← ρ Δ + (1 − ρ) d²
    Args
        learning_rate: η, a number or a schedule; 1 in the paper
        decay: ρ; half of the memory is gone after log ½ / log ρ steps, 6.6 for 0.9
        eps: ε, which also decides how small the first changes are
    Returns
        optimizer; the changes have the unit of the parameters, whatever the loss is measured in
    Raises
        ValueError: if a known ρ lies outside [0, 1)
    Source
        Zeiler 2012, Algorithm 1. As PyTorch and optax, whose default ε is 1e-6.
    Chapter
        optimization/adaptive_methods
    """
    require_decay(decay=decay)
    require_nonnegatives(eps=eps)

    def move(g: Entries, rate: ScalarLike, squares: Entries, changes: Entries) -> tuple:
        squares = running_average(decay, squares, squared_magnitude(g))
        change = jnp.sqrt(changes + eps) / jnp.sqrt(squares + eps) * g
        changes = running_average(decay, changes, squared_magnitude(change))
        return -rate * change, squares, changes

    return per_array(learning_rate, move, {"squares": like_square, "changes": like_square})
