"""Our side of a row: the library as a reader uses it."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.count import count_flops
from benchmarks.side import Side
from dl_lib.core import named, value_and_grad
from dl_lib.training import Recipe, fit, initial_state, train_step

__all__ = ["KEY", "by_fit", "by_operation", "by_step", "keys", "waiting"]

KEY = jax.random.key(7)


def keys(count):
    """An iterator of random keys."""
    return iter(jax.random.split(jax.random.key(0), count))


def waiting(function, *arguments):
    """The work as a function of no arguments that waits for its arrays."""
    return lambda: jax.block_until_ready(function(*arguments))


def by_fit(model, loss, data, optimizer, batch_size, **options):
    """An epoch of training by `fit`."""
    data = jax.tree.map(jnp.asarray, data)
    steps = -(-len(jax.tree.leaves(data)[0]) // batch_size)
    options |= {"optimizer": optimizer, "batch_size": batch_size, "epochs": 1, "key": KEY}
    train = partial(fit, model, loss, data, progress=False, **options)
    side = _trained(model, Recipe(loss, optimizer), jax.tree.map(lambda a: a[:batch_size], data))
    side.work = {"fit": waiting(lambda: train()[0])}
    side.flops *= steps
    return side


def by_step(model, loss, batch, optimizer):
    """One `train_step`, compiled, whose state is donated to the next."""
    recipe, batch = Recipe(loss, optimizer), jax.tree.map(jnp.asarray, batch)
    step = jax.jit(partial(train_step, recipe), donate_argnums=0)
    side, held = _trained(model, recipe, batch), [initial_state(recipe, model)]

    def advance():
        held[0], value = step(held[0], batch)
        return value

    side.work = {"train_step": waiting(advance)}
    return side


def _trained(model, recipe, batch):
    """A side without work yet: the first loss and its gradients."""

    def objective(model):
        return recipe.objective(model, batch, KEY, True)

    slope = value_and_grad(objective, has_aux=True)

    def answer():
        (value, _), gradient = jax.jit(slope)(model)
        return {"value": np.asarray(value)} | _arrays(gradient)

    return Side({}, answer, _arrays(model), flops=_flops(slope, model))


def _flops(function, *arguments):
    counted = count_flops(function, *arguments)
    jax.clear_caches()
    return counted


def _arrays(tree):
    return {name: np.asarray(array) for name, array in named(tree).items() if array is not None}


def by_operation(function, arguments, cotangent, **known):
    """An operation forward, and backward in all its arguments."""
    arguments = [jnp.asarray(array) for array in arguments]
    cotangent = jnp.asarray(cotangent)

    def both(arguments, cotangent):
        y, pull = jax.vjp(function, *arguments)
        return y, pull(cotangent)

    compiled = jax.jit(both)

    def answer():
        y, gradients = compiled(arguments, cotangent)
        names = (f"gradient {place}" for place in range(len(gradients)))
        return {"value": np.asarray(y)} | dict(zip(names, map(np.asarray, gradients), strict=True))

    known = known or {"flops": _flops(both, arguments, cotangent)}
    return Side({"": waiting(compiled, arguments, cotangent)}, answer, **known)
