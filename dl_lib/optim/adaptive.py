"""Optimizers that give each parameter a step of its own, from its own gradients."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree, ScalarLike

from dl_lib.functional.parameters import Mask, resolve_mask, weights_only
from dl_lib.optim.averages import debiasing, require_decay, running_average
from dl_lib.optim.base import Optimizer, Schedule, learning_rate_at
from dl_lib.validation import require_nonnegative

__all__ = ["adagrad", "adam", "adamw", "rmsprop"]


class _SquaresState(NamedTuple):
    step: Int[Array, ""]
    squares: PyTree


class _AdamState(NamedTuple):
    step: Int[Array, ""]
    mean: PyTree
    squares: PyTree


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
    require_nonnegative("initial", initial)
    require_nonnegative("eps", eps)

    def init(params: PyTree) -> _SquaresState:
        squares = jax.tree.map(lambda p: jnp.full_like(p, initial), params)
        return _SquaresState(jnp.zeros((), jnp.int32), squares)

    def update(
        grads: PyTree, state: _SquaresState, params: PyTree = None
    ) -> tuple[PyTree, _SquaresState]:
        del params
        rate = learning_rate_at(learning_rate, state.step)
        squares = jax.tree.map(lambda s, g: s + g**2, state.squares, grads)
        updates = _scaled(rate, eps, grads, squares)
        return updates, _SquaresState(state.step + 1, squares)

    return Optimizer(init, update)


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
    require_nonnegative("eps", eps)

    def init(params: PyTree) -> _SquaresState:
        return _SquaresState(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params))

    def update(
        grads: PyTree, state: _SquaresState, params: PyTree = None
    ) -> tuple[PyTree, _SquaresState]:
        del params
        rate = learning_rate_at(learning_rate, state.step)
        squares = running_average(decay, state.squares, jax.tree.map(jnp.square, grads))
        updates = _scaled(rate, eps, grads, squares)
        return updates, _SquaresState(state.step + 1, squares)

    return Optimizer(init, update)


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

    require_nonnegative("weight_decay", weight_decay)

    def decay(updates: PyTree, params: PyTree, rate: ScalarLike) -> PyTree:
        if params is None:
            raise ValueError("adamw decays the parameters: call update(grads, state, params)")
        chosen = resolve_mask(mask, params)
        shrink = rate * weight_decay
        return jax.tree.map(
            lambda u, p, c: (u - shrink * p).astype(u.dtype) if c else u, updates, params, chosen
        )

    return _adam(learning_rate, beta1, beta2, eps, decay)


def _adam(learning_rate, beta1, beta2, eps, decay=None) -> Optimizer:
    require_decay(beta1=beta1, beta2=beta2)
    require_nonnegative("eps", eps)

    def init(params: PyTree) -> _AdamState:
        # Two separate trees: one array in both places could not be donated.
        mean, squares = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
        return _AdamState(jnp.zeros((), jnp.int32), mean, squares)

    def update(
        grads: PyTree, state: _AdamState, params: PyTree = None
    ) -> tuple[PyTree, _AdamState]:
        rate = learning_rate_at(learning_rate, state.step)
        step = state.step + 1
        mean = running_average(beta1, state.mean, grads)
        squares = running_average(beta2, state.squares, jax.tree.map(jnp.square, grads))
        mean_weight, squares_weight = debiasing(beta1, step), debiasing(beta2, step)

        def descend(m: Array, s: Array) -> Array:
            step_size = (m / mean_weight) / (jnp.sqrt(s / squares_weight) + eps)
            return (-rate * step_size).astype(m.dtype)

        updates = jax.tree.map(descend, mean, squares)
        if decay is not None:
            updates = decay(updates, params, rate)
        return updates, _AdamState(step, mean, squares)

    return Optimizer(init, update)


def _scaled(rate: ScalarLike, eps: ScalarLike, grads: PyTree, squares: PyTree) -> PyTree:
    def descend(g: Array, s: Array) -> Array:
        return (-rate * g / (jnp.sqrt(s) + eps)).astype(g.dtype)

    return jax.tree.map(descend, grads, squares)
