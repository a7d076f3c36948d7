"""What is done to gradients before the step: decay and clipping."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact, PyTree, ScalarLike

from dl_lib.functional.numerics import widened
from dl_lib.functional.vectors.norms import l2_norm
from dl_lib.optim._checks import require_nonnegatives, require_number
from dl_lib.optim.base import Optimizer, stateless
from dl_lib.regularizers import Mask, resolve_mask, weights_only
from dl_lib.validation import require_positive

__all__ = ["clip_by_global_norm", "clip_by_norm", "clip_by_value", "global_norm", "weight_decay"]


def weight_decay(rate: ScalarLike, mask: Mask = weights_only) -> Optimizer:
    """Add the gradient of the penalty ½λ‖w‖² to the gradients.

    Before `sgd` this is the shrinking factor (1 − ηλ). Before an adaptive method it is an L2
    penalty, which is not decoupled decay: that is `adamw`.

    Equation
        g ← g + λ w
    Args
        rate: λ
        mask: which arrays decay: a tree of bools, a function that makes one, None for all
    Returns
        optimizer; its update needs the parameters
    Raises
        ValueError: if a known λ is negative; from update, if the parameters are left out
    Source
        Krogh & Hertz 1991. As PyTorch's SGD(weight_decay=λ), but for the biases.
    Chapter
        linear_networks/weight_decay
    """

    require_nonnegatives(rate=rate)

    def decay(grads: PyTree, params: PyTree) -> PyTree:
        if params is None:
            raise ValueError("weight_decay needs the parameters: call update(grads, state, params)")
        chosen = resolve_mask(mask, params)
        return jax.tree.map(lambda g, p, c: g + rate * p if c else g, grads, params, chosen)

    return stateless(decay)


def clip_by_value(limit: ScalarLike) -> Optimizer:
    """Bound every entry of the gradient, which can change its direction.

    Equation
        gᵢ ← min(1, c / |gᵢ|) gᵢ
    Args
        limit: c > 0
    Returns
        optimizer
    Raises
        ValueError: if a known limit is not positive
    Chapter
        rnn/bptt
    """
    _require_limit(limit)

    def clip(g: Inexact[Array, "..."]) -> Inexact[Array, "..."]:
        if jnp.iscomplexobj(g):
            return limit / jnp.maximum(jnp.abs(g), limit) * g
        return jnp.clip(g, -limit, limit)

    return stateless(lambda grads, params: jax.tree.map(clip, grads))


def clip_by_global_norm(limit: ScalarLike) -> Optimizer:
    """Bound the length of the gradient of all parameters together, keeping its direction.

    Equation
        g ← min(1, c / ‖g‖) g
    Args
        limit: c > 0
    Returns
        optimizer; a gradient with NaN stays NaN, so that it is seen
    Raises
        ValueError: if a known limit is not positive
    Source
        Pascanu, Mikolov & Bengio 2013. As optax; PyTorch divides by ‖g‖ + 1e-6.
    Chapter
        rnn/bptt
    """
    _require_limit(limit)

    def clip(grads: PyTree, params: PyTree) -> PyTree:
        del params
        norm = global_norm(grads)
        # Dividing by max(‖g‖, c) is the minimum above, without the division by 0 at g = 0.
        factor = limit / jnp.maximum(norm, limit)
        return jax.tree.map(lambda g: factor * g, grads)

    return stateless(clip)


def clip_by_norm(limit: ScalarLike) -> Optimizer:
    """Bound the length of each array's gradient by itself, which can change the whole's direction.

    Equation
        gᵢ ← min(1, c / ‖gᵢ‖) gᵢ,  for each array i
    Args
        limit: c > 0
    Returns
        optimizer; a gradient with NaN stays NaN, so that it is seen
    Raises
        ValueError: if a known limit is not positive
    Source
        Pascanu, Mikolov & Bengio 2013, applied to every array. PyTorch divides by ‖gᵢ‖ + 1e-6.
    Chapter
        rnn/bptt
    """
    _require_limit(limit)

    def clip(g: Inexact[Array, "..."]) -> Inexact[Array, "..."]:
        return limit / jnp.maximum(global_norm(g), limit) * g

    return stateless(lambda grads, params: jax.tree.map(clip, grads))


def global_norm(tree: PyTree) -> Float[Array, ""]:
    """Length of all arrays of a tree, read as one vector.

    Squares of exploding gradients would overflow, so each array is measured in units of its largest
    entry. The gradient at zero is 0.

    Equation
        ‖g‖ = sqrt(Σᵢ ‖gᵢ‖²)
    Args
        tree: any tree of arrays; None leaves are skipped
    Returns
        scalar, in at least float32
    Chapter
        rnn/bptt
    """
    arrays = [widened(jnp.asarray(g)) for g in jax.tree.leaves(tree)]
    norms = [l2_norm(part) for g in arrays for part in _real_parts(g)]
    return l2_norm(jnp.stack(norms)) if norms else jnp.zeros(())


def _real_parts(g):
    return (g.real, g.imag) if jnp.iscomplexobj(g) else (g,)


def _require_limit(limit):
    require_number("limit", limit)
    require_positive("limit", limit)
