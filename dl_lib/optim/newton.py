"""Descent that asks the second derivatives how far to go."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree, ScalarLike

from dl_lib.functional.numerics import widened
from dl_lib.optim._checks import require_nonnegatives, require_rate
from dl_lib.optim.base import (
    Optimizer,
    Schedule,
    chain,
    learning_rate_at,
    scale_by_schedule,
    stateless,
)

__all__ = ["diagonal_newton", "hessian_diagonal", "newton"]

Loss = Callable[[PyTree], Float[Array, ""]]


def newton(
    loss: Loss,
    learning_rate: Schedule | ScalarLike = 1.0,
    damping: ScalarLike = 0.0,
    absolute: bool = False,
) -> Optimizer:
    """Newton's method: jump to the minimum of the local quadratic.

    The Hessian of d numbers has d² entries and its solve costs d³: for small problems only.

    Equation
        θ ← θ − η (H + λ I)⁻¹ g,  H = ∇²ℒ(θ)
        or with |H| = V |Λ| Vᵀ in the place of H = V Λ Vᵀ
    Args
        loss: ℒ, a function of the parameters
        learning_rate: η, a number or a schedule; 1 is the pure method
        damping: λ ≥ 0, which shortens the steps along flat directions
        absolute: take |H|, so that the steps go down along directions that curve downwards too
    Returns
        optimizer; its update needs the parameters
    Raises
        ValueError: if a known λ is negative; from update, if the parameters are left out or complex
    Source
        Nocedal & Wright 2006, chapter 3; |H|: Dauphin et al. 2014.
    Chapter
        optimization/gradient_descent
    """
    require_nonnegatives(damping=damping)

    def direction(grads: PyTree, params: PyTree) -> PyTree:
        flat, restore = _flatten("newton", params)
        g = ravel_pytree(grads)[0]
        hessian = jax.hessian(lambda theta: loss(restore(theta)))(flat)
        if absolute:
            values, vectors = jnp.linalg.eigh(hessian)
            return restore(vectors @ ((vectors.T @ g) / (jnp.abs(values) + damping)))
        return restore(jnp.linalg.solve(hessian + damping * jnp.eye(flat.size, dtype=g.dtype), g))

    return _descend(direction, learning_rate)


def diagonal_newton(
    loss: Loss,
    learning_rate: Schedule | ScalarLike = 1.0,
    damping: ScalarLike = 0.0,
    absolute: bool = False,
) -> Optimizer:
    """Gradient descent preconditioned with the diagonal of the Hessian.

    Equation
        θᵢ ← θᵢ − η gᵢ / (hᵢ + λ),  h = diag ∇²ℒ(θ),  or with |hᵢ|
    Args
        loss: ℒ, a function of the parameters
        learning_rate: η, a number or a schedule
        damping: λ ≥ 0
        absolute: divide by |hᵢ| + λ
    Returns
        optimizer; its update needs the parameters
    Raises
        ValueError: if a known λ is negative; from update, if the parameters are left out or complex
    Source
        Becker & LeCun 1989.
    Chapter
        optimization/gradient_descent
    """
    require_nonnegatives(damping=damping)

    def direction(grads: PyTree, params: PyTree) -> PyTree:
        _flatten("diagonal_newton", params)
        size = jnp.abs if absolute else lambda h: h
        return jax.tree.map(
            lambda g, h: g / (size(h) + damping), grads, hessian_diagonal(loss, params)
        )

    return _descend(direction, learning_rate)


def hessian_diagonal(loss: Loss, params: PyTree) -> PyTree:
    """Second derivative of a function along each of its parameters.

    Equation
        hᵢ = ∂²ℒ / ∂θᵢ²,  the i-th entry of the derivative of ∇ℒ along eᵢ
    Args
        loss: ℒ, a function of the parameters
        params: any tree of arrays
    Returns
        tree of the structure of `params`
    Raises
        ValueError: if a parameter is complex
    Chapter
        optimization/gradient_descent
    """
    flat, restore = _flatten("hessian_diagonal", params)
    gradient = jax.grad(lambda theta: loss(restore(theta)))

    def entry(direction: Float[Array, "d"]) -> Float[Array, ""]:
        return direction @ jax.jvp(gradient, (flat,), (direction,))[1]

    # One direction after another: d Hessian-vector products, but never the whole Hessian.
    return restore(jax.lax.map(entry, jnp.eye(flat.size, dtype=flat.dtype)))


def _descend(direction: Callable, learning_rate: Schedule | ScalarLike) -> Optimizer:
    require_rate(learning_rate)
    return chain(
        stateless(direction), scale_by_schedule(lambda step: -learning_rate_at(learning_rate, step))
    )


def _flatten(name: str, params: PyTree) -> tuple[Float[Array, "d"], Callable]:
    if params is None:
        raise ValueError(f"{name} needs the parameters: call update(grads, state, params)")
    if any(map(jnp.iscomplexobj, jax.tree.leaves(params))):
        raise ValueError(
            f"{name} is for real parameters: a loss of complex ones has no Hessian in them; train "
            f"their real and imaginary parts"
        )
    return ravel_pytree(widened(params))
