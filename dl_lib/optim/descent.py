"""Stochastic gradient descent, with and without momentum."""

from jaxtyping import Array, Inexact, ScalarLike

from dl_lib.optim._checks import require_decay
from dl_lib.optim._per_array import like_gradient, per_array
from dl_lib.optim.base import Optimizer, Schedule

__all__ = ["heavy_ball", "sgd"]

Entries = Inexact[Array, "..."]


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
    if isinstance(momentum, int | float) and momentum == 0:
        if nesterov:
            raise ValueError("nesterov needs momentum > 0, got 0")
        return per_array(learning_rate, lambda g, rate: (-rate * g,), {})

    def move(g: Entries, rate: ScalarLike, velocity: Entries) -> tuple:
        velocity = momentum * velocity + g
        return -rate * (g + momentum * velocity if nesterov else velocity), velocity

    return per_array(learning_rate, move, {"velocity": like_gradient})


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

    def move(g: Entries, rate: ScalarLike, velocity: Entries) -> tuple:
        velocity = momentum * velocity - rate * g
        return velocity, velocity

    return per_array(learning_rate, move, {"velocity": like_gradient})
