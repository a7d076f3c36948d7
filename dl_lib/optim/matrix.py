"""Methods that know a weight matrix from a list of numbers."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Inexact, Int, PyTree, ScalarLike

from dl_lib.functional.numerics import widened
from dl_lib.functional.vectors.matrix_functions import inverse_root, newton_schulz
from dl_lib.optim._checks import (
    require_alike,
    require_decay,
    require_gradients,
    require_nonnegatives,
    require_number,
    require_rate,
    require_whole,
)
from dl_lib.optim._per_array import decoupled_decay, like_gradient, per_array
from dl_lib.optim.averages import running_average
from dl_lib.optim.base import Optimizer, Schedule, learning_rate_at, next_step
from dl_lib.regularizers import Mask, weights_only
from dl_lib.validation import is_known

__all__ = ["muon", "shampoo"]


class _Factors(NamedTuple):
    step: Int[Array, ""]
    factors: list[list[Inexact[Array, "d d"]]]  # for each array, one for each of its axes
    roots: list[list[Inexact[Array, "d d"]]]  # those kept from step to step; none where none are


def muon(
    learning_rate: Schedule | ScalarLike = 0.02,
    momentum: ScalarLike = 0.95,
    nesterov: bool = True,
    steps: int = 5,
    weight_decay: ScalarLike = 0.0,
    mask: Mask = weights_only,
) -> Optimizer:
    """Muon: momentum whose singular values are all driven towards 1.

    For matrices alone. Biases, embeddings and the last layer get another method, by `per_group`.

    Equation
        m ← β m + (1 − β) g;  u = β m + (1 − β) g, or u = m without Nesterov
        W ← W − η (sqrt(max(1, out / in)) NS(u) + λ W),  NS as in `newton_schulz`
    Args
        learning_rate: η, a number or a schedule
        momentum: β
        nesterov: look one step ahead
        steps: of the polynomial
        weight_decay: λ
        mask: which arrays decay: a tree of bools, a function that makes one, None for all
    Returns
        optimizer; its update needs the parameters where they decay
    Raises
        ValueError: if a known β lies outside [0, 1), a known λ is negative, or the number of steps
            is not positive; from init, if an array is no matrix
    Source
        Jordan et al. 2024. As PyTorch's Muon in float32, where PyTorch has bfloat16, and its W is
        (out, in); `optax.contrib.muon` corrects m for its start at zero, which without Nesterov
        changes nothing.
    Chapter
        optimization/matrix_methods
    """
    require_decay(momentum=momentum)
    require_whole("steps", steps)
    pull = decoupled_decay("muon", weight_decay, mask) if _is_some(weight_decay) else None

    def start(p: Inexact[Array, "..."]) -> Inexact[Array, "in out"]:
        if p.ndim != 2:
            raise ValueError(
                f"muon is for matrices, got an array of shape {p.shape}: give what is none to "
                f"another optimizer, by per_group"
            )
        return like_gradient(p)

    def move(
        g: Inexact[Array, "in out"], rate: ScalarLike, mean: Inexact[Array, "in out"]
    ) -> tuple:
        mean = running_average(momentum, mean, g)
        ahead = running_average(momentum, mean, g) if nesterov else mean
        scale = max(1, g.shape[1] / g.shape[0]) ** 0.5
        return -rate * scale * newton_schulz(ahead, steps), mean

    return per_array(learning_rate, move, {"mean": start}, pull)


def shampoo(
    learning_rate: Schedule | ScalarLike = 0.1,
    decay: ScalarLike = 1.0,
    eps: ScalarLike = 1e-6,
    every: int = 1,
) -> Optimizer:
    """Shampoo: AdaGrad that turns as well, by one matrix for each axis of an array.

    A root of each of these matrices costs d³ for an axis of length d; `every` spreads that.

    Equation
        L ← ρ L + G Gᵀ;  R ← ρ R + Gᵀ G;  W ← W − η (L + ε I)^(−1/4) G (R + ε I)^(−1/4)
        of an array with k axes: one matrix for each, to the power −1/(2k)
    Args
        learning_rate: η, a number or a schedule
        decay: ρ in (0, 1]; 1 keeps the whole sum, as AdaGrad does
        eps: ε
        every: steps from one root to the next, whose factors are summed all the same
    Returns
        optimizer
    Raises
        ValueError: if a known ρ lies outside (0, 1], a known ε is negative, or `every` is not
            positive
    Source
        Gupta, Koren & Singer 2018, algorithms 1 and 2.
    Chapter
        optimization/matrix_methods
    """
    require_rate(learning_rate)
    require_number("decay", decay)
    if is_known(decay) and not 0 < decay <= 1:
        raise ValueError(f"decay must lie in (0, 1], got {decay}")
    require_nonnegatives(eps=eps)
    require_whole("every", every)

    def init(params: PyTree) -> _Factors:
        arrays = [widened(jnp.asarray(p)) for p in jax.tree.leaves(params)]
        factors = [[jnp.zeros((d, d), p.dtype) for d in _axes(p)] for p in arrays]
        return _Factors(jnp.zeros((), jnp.int32), factors, factors if every > 1 else [])

    def rooted(factors: list) -> list:
        return [[inverse_root(f, 2 * len(own), eps) for f in own] for own in factors]

    def update(
        grads: PyTree, state: _Factors, params: PyTree = None, **extra
    ) -> tuple[PyTree, _Factors]:
        del extra
        require_gradients(grads, params)
        leaves, structure = jax.tree.flatten(grads)
        wide = [widened(jnp.asarray(g)) for g in leaves]
        seen = [_squares(g.reshape(_axes(g))) for g in wide]
        require_alike("gradients' factors", seen, "factors", state.factors, dtypes=False)
        factors = jax.tree.map(lambda past, new: decay * past + new, state.factors, seen)
        if every > 1:
            due = state.step % every == 0
            roots = kept = jax.lax.cond(due, rooted, lambda _: state.roots, factors)
        else:
            roots, kept = rooted(factors), []
        rate = learning_rate_at(learning_rate, state.step)
        moved = [-rate * _turned(g, own) for g, own in zip(wide, roots, strict=True)]
        updates = [jnp.asarray(u, jnp.result_type(g)) for u, g in zip(moved, leaves, strict=True)]
        return structure.unflatten(updates), _Factors(next_step(state.step), factors, kept)

    return Optimizer(init, update)


def _axes(array):
    return array.shape or (1,)


def _squares(g):
    """For each axis, the products of its slices with each other."""
    rows = [jnp.moveaxis(g, axis, 0).reshape(g.shape[axis], -1) for axis in range(g.ndim)]
    return [each @ each.conj().mT for each in rows]


def _turned(g, roots):
    shape, g = g.shape, g.reshape(_axes(g))
    for axis, root in enumerate(roots):
        # The right-hand factor of a complex matrix is Gᵀ Ḡ, whose root acts as its transpose does.
        g = jnp.moveaxis(jnp.tensordot(root, g, axes=(1, axis)), 0, axis)
    return g.reshape(shape)


def _is_some(weight_decay):
    return not (isinstance(weight_decay, int | float) and weight_decay == 0)
