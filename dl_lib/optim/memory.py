"""Adadelta and Yogi: two other answers to what an adaptive method should remember."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree, ScalarLike

from dl_lib.optim.averages import debiasing, require_decay, running_average
from dl_lib.optim.base import Optimizer, Schedule, learning_rate_at
from dl_lib.validation import require_nonnegative

__all__ = ["adadelta", "yogi"]


class _AdadeltaState(NamedTuple):
    step: Int[Array, ""]
    squares: PyTree
    changes: PyTree


class _YogiState(NamedTuple):
    step: Int[Array, ""]
    mean: PyTree
    squares: PyTree


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
    require_nonnegative("eps", eps)

    def init(params: PyTree) -> _AdadeltaState:
        # Two separate trees: one array in both places could not be donated.
        squares, changes = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
        return _AdadeltaState(jnp.zeros((), jnp.int32), squares, changes)

    def update(
        grads: PyTree, state: _AdadeltaState, params: PyTree = None
    ) -> tuple[PyTree, _AdadeltaState]:
        del params
        rate = learning_rate_at(learning_rate, state.step)
        squares = running_average(decay, state.squares, jax.tree.map(jnp.square, grads))
        change = jax.tree.map(
            lambda g, s, d: jnp.sqrt(d + eps) / jnp.sqrt(s + eps) * g,
            grads,
            squares,
            state.changes,
        )
        changes = running_average(decay, state.changes, jax.tree.map(jnp.square, change))
        updates = jax.tree.map(lambda d: (-rate * d).astype(d.dtype), change)
        return updates, _AdadeltaState(state.step + 1, squares, changes)

    return Optimizer(init, update)


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
    require_decay(beta1=beta1, beta2=beta2)
    require_nonnegative("eps", eps)

    def init(params: PyTree) -> _YogiState:
        mean, squares = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
        return _YogiState(jnp.zeros((), jnp.int32), mean, squares)

    def update(
        grads: PyTree, state: _YogiState, params: PyTree = None
    ) -> tuple[PyTree, _YogiState]:
        del params
        rate = learning_rate_at(learning_rate, state.step)
        step = state.step + 1
        mean = running_average(beta1, state.mean, grads)
        squares = jax.tree.map(
            lambda s, g: s + (1 - beta2) * jnp.sign(g**2 - s) * g**2, state.squares, grads
        )
        mean_weight, squares_weight = debiasing(beta1, step), debiasing(beta2, step)

        def descend(m: Array, s: Array) -> Array:
            return (-rate * (m / mean_weight) / (jnp.sqrt(s / squares_weight) + eps)).astype(
                m.dtype
            )

        return jax.tree.map(descend, mean, squares), _YogiState(step, mean, squares)

    return Optimizer(init, update)
