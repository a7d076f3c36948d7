"""Settings of a prior chosen by the evidence."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from dl_lib.core import Module, combine, partition
from dl_lib.gp.evidence import log_marginal_likelihood
from dl_lib.validation import whole_number

__all__ = ["maximize_evidence"]


def maximize_evidence(
    model: Module,
    x: Float[Array, "points features"],
    y: Float[Array, "points"],
    evidence: Callable[..., Float[Array, ""]] = log_marginal_likelihood,
    trained: Callable[[str], bool] = lambda name: True,
    steps: int = 200,
) -> tuple[Any, float]:
    """Climb to the settings under which the measurements are most probable.

    By L-BFGS, which needs no rate: there are a few settings, and the evidence has no noise. It
    finds the summit of the hill on which it begins.

    Equation
        θ̂ = argmax log p(y | x, θ)
    Args
        model: a `GaussianProcess`, or a `SparseGaussianProcess` for `collapsed_bound`
        x: (points, features)
        y: (points,)
        evidence: evidence(model, x, y) is what grows
        trained: whether the parameter of this name is chosen; the others stay as they are
        steps: of L-BFGS at most
    Returns
        the model with its new settings, and the evidence for it
    Raises
        ValueError: if x and y do not fit, or nothing is left to choose
        FloatingPointError: if the evidence is not a number at the settings that it begins with
    Source
        Rasmussen & Williams 2006, section 5.4.1; Byrd, Lu, Nocedal & Zhu 1995, by way of SciPy.
    Chapter
        gp/inference
    """
    from scipy.optimize import minimize

    chosen, rest = partition(model, trained)
    leaves, tree = jax.tree.flatten(chosen)

    def restored(flat):
        ends = np.cumsum([leaf.size for leaf in leaves])[:-1]
        parts = zip(np.split(flat, ends), leaves, strict=True)
        return jax.tree.unflatten(tree, [p.reshape(a.shape).astype(a.dtype) for p, a in parts])

    def loss(flat):
        value, slope = _value_and_slope(evidence, restored(flat), rest, x, y)
        slope = np.concatenate([np.ravel(s) for s in jax.tree.leaves(slope)]).astype(float)
        if np.isfinite(value) and np.isfinite(slope).all():
            return -float(value), -slope
        return np.inf, np.zeros_like(slope)  # the line search goes back

    start = np.concatenate([np.ravel(leaf) for leaf in leaves]).astype(float)
    if not np.isfinite(loss(start)[0]):
        raise FloatingPointError("the evidence is not a number where the search begins")
    options = {"maxiter": whole_number("steps", steps)}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    if found.nit >= steps:
        warnings.warn(f"{steps} steps were not enough: the evidence still grows", stacklevel=2)
    best = jax.tree.map(jax.numpy.asarray, restored(found.x))
    return combine(best, rest), -float(found.fun)


@partial(jax.jit, static_argnums=0)
def _value_and_slope(evidence, chosen, rest, x, y):
    return jax.value_and_grad(lambda some: evidence(combine(some, rest), x, y))(chosen)
