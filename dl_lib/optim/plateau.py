"""A learning rate that falls when the loss does not."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree, ScalarLike

from dl_lib.optim._checks import require_nonnegatives, require_number, require_whole
from dl_lib.optim.base import Optimizer, stateless
from dl_lib.validation import is_known

__all__ = ["reduce_on_plateau"]


class _PlateauState(NamedTuple):
    factor: Float[Array, ""]
    best: Float[Array, ""]
    waited: Int[Array, ""]
    resting: Int[Array, ""]


def reduce_on_plateau(
    factor: ScalarLike = 0.1,
    patience: int = 10,
    threshold: ScalarLike = 1e-4,
    rest: int = 0,
    floor: ScalarLike = 0.0,
) -> Optimizer:
    """Shrink the updates whenever a value has not fallen for a while.

    It comes after an optimizer, `chain(adam(), reduce_on_plateau())`, and `fit` gives it the loss
    of every step; by hand that is `optimizer.update(grads, state, params, value=loss)`.

    Equation
        u ← f u,  f ← max(f_min, α f) after more than p values that are not below
        b − τ |b|, b the smallest value seen
    Args
        factor: α
        patience: p
        threshold: τ, how much less counts as less
        rest: values that are not counted after each reduction
        floor: f_min
    Returns
        optimizer; its update needs `value`, and its state has the `factor` reached so far
    Raises
        ValueError: if α is not between 0 and 1, or another number is negative; from update, if
            there is no value
    Source
        As PyTorch's ReduceLROnPlateau, but for values below 0: PyTorch compares with b (1 − τ)
        there, which takes a value that is a little worse for a better one.
    Chapter
        optimization/schedules
    """
    require_nonnegatives(factor=factor, threshold=threshold, floor=floor)
    require_whole("patience", patience, 0)
    require_whole("rest", rest, 0)
    if is_known(factor) and not 0 < factor < 1:
        raise ValueError(f"factor must lie between 0 and 1, got {factor}")

    def init(params: PyTree) -> _PlateauState:
        del params
        none = jnp.zeros((), jnp.int32)
        # Arrays of their own: one in two places could not be donated.
        return _PlateauState(jnp.ones(()), jnp.full((), jnp.inf), none, none + 0)

    def update(
        grads: PyTree,
        state: _PlateauState,
        params: PyTree = None,
        *,
        value: ScalarLike = None,
        **extra,
    ) -> tuple[PyTree, _PlateauState]:
        if value is None:
            raise ValueError("reduce_on_plateau needs a value: update(updates, state, value=loss)")
        require_number("value", value)
        # b (1 − τ sign b) is b − τ |b|, and ∞ where b is.
        better = value < state.best * (1 - threshold * jnp.sign(state.best))
        best = jnp.where(better, value, state.best)
        resting = state.resting > 0
        waited = jnp.where(better | resting, 0, state.waited + 1)
        reduce = waited > patience
        scale = jnp.where(reduce, jnp.maximum(floor, factor * state.factor), state.factor)
        state = _PlateauState(
            scale.astype(state.factor.dtype),
            best.astype(state.best.dtype),
            jnp.where(reduce, 0, waited),
            jnp.where(reduce, rest, jnp.maximum(state.resting - 1, 0)),
        )
        shrink = stateless(lambda grads, params: jax.tree.map(lambda g: scale * g, grads))
        return shrink.update(grads, (), params, **extra)[0], state

    return Optimizer(init, update)
