"""What a module costs per step, against raw JAX with the parameters in a dictionary.

The networks are small, so that what is timed is not arithmetic but the way of the arrays into and
out of a compiled step. Both sides do the same arithmetic with donated parameters.
The goal: at most 1.1 times the raw step for the small network that a chapter would train. The other
two are smaller than any of the book, to see what remains: about two microseconds a module.
"""

import time
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
from timing import alternate, write

from dl_lib.core import Module, apply

KEY = jax.random.key(0)


class Dense(Module):
    """tanh(xW + b)."""

    weight: jax.Array
    bias: jax.Array

    def __init__(self, inputs, outputs, *, key):
        self.weight = jax.random.normal(key, (inputs, outputs)) / inputs**0.5
        self.bias = jnp.zeros(outputs)

    def __call__(self, x, ctx=None):
        return jnp.tanh(x @ self.weight + self.bias)


class Stack(Module):
    """One dense layer after the other."""

    layers: list[Dense]

    def __init__(self, sizes, *, key):
        self.layers = [Dense(a, b, key=key) for a, b in pairwise(sizes)]

    def __call__(self, x, ctx=None):
        for layer in self.layers:
            x = layer(x, ctx)
        return x


def raw(params, x):
    """The same network on a list of dictionaries."""
    for layer in params:
        x = jnp.tanh(x @ layer["weight"] + layer["bias"])
    return x


def loss_of(prediction, y):
    """Half the squared error."""
    return 0.5 * jnp.mean((prediction - y) ** 2)


def descend(params, grads):
    """One step of gradient descent."""
    return jax.tree.map(lambda p, g: p - 1e-3 * g, params, grads)


@partial(jax.jit, donate_argnums=0)
def raw_step(params, x, y):
    """A step as one writes it without modules."""
    loss, grads = jax.value_and_grad(lambda p: loss_of(raw(p, x), y))(params)
    return descend(params, grads), loss


@partial(jax.jit, donate_argnums=0)
def module_step(model, x, y):
    """The same with a module."""
    loss, grads = jax.value_and_grad(lambda m: loss_of(m(x), y))(model)
    return descend(model, grads), loss


@partial(jax.jit, donate_argnums=0)
def context_step(model, x, y):
    """The same through a context, as in training with dropout or batch statistics."""

    def objective(model):
        prediction, model = apply(model, x, key=KEY, training=True)
        return loss_of(prediction, y), model

    (loss, model), grads = jax.value_and_grad(objective, has_aux=True)(model)
    return descend(model, grads), loss


def repeated(step, state, x, y):
    """A function of no arguments that goes one step further at each call."""
    held = [state]

    def advance():
        held[0], loss = step(held[0], x, y)
        return loss

    return advance


def main():
    """Compare three networks, the last so deep that an overhead of each layer adds up."""
    tables = {}
    cases = {
        "2 dense layers, 784-64-10, batch 64": ((784, 64, 10), 64),
        "2 dense layers, 16-32-10, batch 32": ((16, 32, 10), 32),
        "16 dense layers of 4, batch 8": ((4,) * 17, 8),
    }
    for case, (sizes, batch) in cases.items():
        x, y = jax.random.normal(KEY, (batch, sizes[0])), jnp.ones((batch, sizes[-1]))
        model = Stack(sizes, key=KEY)
        params = [
            {"weight": jnp.copy(layer.weight), "bias": jnp.copy(layer.bias)}
            for layer in model.layers
        ]
        candidates = {
            "raw JAX, dictionaries": repeated(raw_step, params, x, y),
            "module": repeated(module_step, jax.tree.map(jnp.copy, model), x, y),
            "module, apply": repeated(context_step, jax.tree.map(jnp.copy, model), x, y),
        }
        # Work of one core: its own time is less disturbed by other processes than the clock's.
        tables[case] = alternate(candidates, rounds=201, seconds=0.01, clock=time.process_time)
    write("core_overhead", tables)


if __name__ == "__main__":
    main()
