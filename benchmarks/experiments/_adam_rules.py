"""Adam without some of its parts, and the other rules that are compared with it."""

import functools

import jax
import jax.numpy as jnp

from dl_lib import optim
from dl_lib.optim import Optimizer

__all__ = ["RULES", "parts_of_adam"]


def parts_of_adam(rate, over="entry", beta1=0.9, beta2=0.999, corrected=True, warm=0) -> Optimizer:
    """Return Adam without some of its parts; the squares are averaged over an entry or more."""

    def init(params):
        zeros = jax.tree.map(jnp.zeros_like, params)
        return jnp.zeros((), jnp.int32), zeros, zeros

    def update(grads, state, params=None):
        step, mean, squares = state
        mean = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, mean, grads)
        squares = jax.tree.map(lambda s, g: beta2 * s + (1 - beta2) * g * g, squares, grads)
        seen = mean, squares
        if corrected:
            seen = [
                jax.tree.map(lambda a, b=b: a / (1 - b ** (step + 1.0)), tree)
                for b, tree in ((beta1, mean), (beta2, squares))
            ]
        factor = rate(step) * (jnp.minimum(1, (step + 1) / warm) if warm else 1)
        roots = _roots(over, *seen)
        updates = jax.tree.map(lambda m, r: -factor * m / (r + 1e-8), seen[0], roots)
        return updates, (step + 1, mean, squares)

    return Optimizer(init, update)


def _roots(over, mean, squares):
    if over == "sign":
        return jax.tree.map(jnp.abs, mean)
    if over == "array":
        squares = jax.tree.map(lambda s: s.mean(), squares)
    if over == "all":
        arrays = jax.tree.leaves(squares)
        whole = sum(s.sum() for s in arrays) / sum(s.size for s in arrays)
        squares = jax.tree.map(lambda s: whole, squares)
    return jax.tree.map(jnp.sqrt, squares)


RULES = {
    "sgd": optim.sgd,
    "momentum": functools.partial(optim.sgd, momentum=0.9),
    "adagrad": optim.adagrad,
    "rmsprop": optim.rmsprop,
    "adadelta": optim.adadelta,
    "adam": optim.adam,
    "amsgrad": optim.amsgrad,
    "yogi": optim.yogi,
    "squares": functools.partial(parts_of_adam, beta1=0.0),
    "uncorrected": functools.partial(parts_of_adam, corrected=False),
    "uncorrected, warm": functools.partial(parts_of_adam, corrected=False, warm=40),
    "warm": functools.partial(parts_of_adam, warm=40),
    "sign": functools.partial(parts_of_adam, over="sign", beta1=0.0, corrected=False),
    "sign of mean": functools.partial(parts_of_adam, over="sign", corrected=False),
    "one per array": functools.partial(parts_of_adam, over="array"),
    "one in all": functools.partial(parts_of_adam, over="all"),
}
