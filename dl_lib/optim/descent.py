"""Stochastic gradient descent, with and without momentum."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree, ScalarLike

from dl_lib.optim.averages import require_decay
from dl_lib.optim.base import Optimizer, Schedule, learning_rate_at

__all__ = ["heavy_ball", "sgd"]


class _SGDState(NamedTuple):
    step: Int[Array, ""]
    velocity: PyTree | None


def sgd(
    learning_rate: Schedule | ScalarLike, momentum: ScalarLike = 0.0, nesterov: bool = False
) -> Optimizer:
    """Stochastic gradient descent.

    Equation
        v ← μ v + g;  θ ← θ − η v,  and with Nesterov's look-ahead  θ ← θ − η (g + μ v)
    Args
        learning_rate: η, a number or a schedule
        momentum: μ in [0, 1); 0 is plain descent θ ← θ − η g, which keeps no velocity
        nesterov: look ahead along the velocity
    Returns
        optimizer
    Raises
        ValueError: if a known μ lies outside [0, 1), or `nesterov` is asked for without momentum
    Source
        Robbins & Monro 1951, Polyak 1964, Sutskever et al. 2013. As PyTorch: the velocity is
        a sum and no average, and η multiplies it when it is used, not when it is stored.
    Chapter
        optimization/momentum
    """
    require_decay(momentum=momentum)
    has_momentum = not (isinstance(momentum, int | float) and momentum == 0)
    if nesterov and not has_momentum:
        raise ValueError("nesterov needs momentum > 0, got 0")

    def init(params: PyTree) -> _SGDState:
        velocity = jax.tree.map(jnp.zeros_like, params) if has_momentum else None
        return _SGDState(jnp.zeros((), jnp.int32), velocity)

    def update(grads: PyTree, state: _SGDState, params: PyTree = None) -> tuple[PyTree, _SGDState]:
        del params
        rate = learning_rate_at(learning_rate, state.step)
        velocity, direction = state.velocity, grads
        if has_momentum:
            velocity = jax.tree.map(lambda v, g: momentum * v + g, velocity, grads)
            direction = velocity
            if nesterov:
                direction = jax.tree.map(lambda v, g: g + momentum * v, velocity, grads)
        updates = jax.tree.map(lambda d: (-rate * d).astype(d.dtype), direction)
        return updates, _SGDState(state.step + 1, velocity)

    return Optimizer(init, update)


def heavy_ball(learning_rate: Schedule | ScalarLike, momentum: ScalarLike = 0.9) -> Optimizer:
    """Momentum as first written: the velocity already holds the learning rates it was made with.

    With a constant learning rate this is `sgd` with momentum. With a schedule it is not: here a
    smaller rate leaves the velocity that was gathered before as it is.

    Equation
        v ← μ v − η g;  θ ← θ + v
    Args
        learning_rate: η, a number or a schedule
        momentum: μ in [0, 1)
    Returns
        optimizer
    Raises
        ValueError: if a known μ lies outside [0, 1)
    Source
        Polyak 1964, Rumelhart, Hinton & Williams 1986. Differs from PyTorch, see `sgd`.
    Chapter
        optimization/momentum
    """
    require_decay(momentum=momentum)

    def init(params: PyTree) -> _SGDState:
        return _SGDState(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params))

    def update(grads: PyTree, state: _SGDState, params: PyTree = None) -> tuple[PyTree, _SGDState]:
        del params
        rate = learning_rate_at(learning_rate, state.step)
        velocity = jax.tree.map(
            lambda v, g: (momentum * v - rate * g).astype(v.dtype), state.velocity, grads
        )
        return velocity, _SGDState(state.step + 1, velocity)

    return Optimizer(init, update)
