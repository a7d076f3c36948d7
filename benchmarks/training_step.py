"""What `fit` costs, against training loops written by hand.

`fit` is timed whole: it copies the model, draws the order of the examples, trains and keeps the
record. The loops by hand do only what has to be done: a jitted step with donated parameters.
Compilation is not timed, since all runs share it.
"""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from timing import alternate, write

from dl_lib.core import Module
from dl_lib.losses import cross_entropy
from dl_lib.optim import adam
from dl_lib.training import fit

KEY = jax.random.key(0)


class MLP(Module):
    """Two hidden layers of rectified linear units."""

    weights: list[jax.Array]

    def __init__(self, sizes, *, key):
        keys = jax.random.split(key, len(sizes) - 1)
        shapes = list(itertools.pairwise(sizes))
        self.weights = [
            jax.random.normal(k, shape) * (2 / shape[0]) ** 0.5
            for k, shape in zip(keys, shapes, strict=True)
        ]

    def __call__(self, x, ctx=None):
        for weight in self.weights[:-1]:
            x = jax.nn.relu(x @ weight)
        return x @ self.weights[-1]


class ConvNet(Module):
    """Two convolutions with strides, and a linear layer."""

    first: jax.Array
    second: jax.Array
    last: jax.Array

    def __init__(self, *, key):
        keys = jax.random.split(key, 3)
        self.first = 0.3 * jax.random.normal(keys[0], (8, 1, 3, 3))
        self.second = 0.1 * jax.random.normal(keys[1], (16, 8, 3, 3))
        self.last = 0.1 * jax.random.normal(keys[2], (16 * 7 * 7, 10))

    def __call__(self, x, ctx=None):
        for kernel in (self.first, self.second):
            x = jax.nn.relu(jax.lax.conv(x, kernel, (2, 2), "SAME"))
        return x.reshape(len(x), -1) @ self.last


def by_hand(model, data, optimizer, batch_size, epochs):
    """A training loop with a jitted step, as one would write it without `fit`."""

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(model, state, x, y):
        loss, grads = jax.value_and_grad(lambda m: cross_entropy(m(x), y))(model)
        updates, state = optimizer.update(grads, state, model)
        return jax.tree.map(jnp.add, model, updates), state, loss

    x, y = map(np.asarray, data)

    def run():
        current, order = jax.tree.map(jnp.copy, model), np.random.default_rng(0)
        state = optimizer.init(current)
        for _ in range(epochs):
            for rows in np.array_split(order.permutation(len(x)), len(x) // batch_size):
                current, state, loss = step(current, state, x[rows], y[rows])
        return current, loss

    return run


def by_fit(model, data, optimizer, batch_size, epochs, loop):
    """The same number of steps with `fit`."""

    def run():
        return fit(
            model,
            cross_entropy,
            data,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=batch_size,
            key=KEY,
            loop=loop,
        )[0]

    return run


def main():
    """Compare a small and a larger dense network, and a small convolutional one."""
    flat = jax.random.normal(KEY, (4096, 784)), jnp.arange(4096) % 10
    small = flat[0][:, :16], flat[1]
    images = flat[0][:1024].reshape(-1, 1, 28, 28), flat[1][:1024]
    cases = {
        "MLP 16-16-16-10, batch 32": (MLP((16, 16, 16, 10), key=KEY), small, 32),
        "MLP 784-256-256-10, batch 64": (MLP((784, 256, 256, 10), key=KEY), flat, 64),
        "two convolutions, batch 32": (ConvNet(key=KEY), images, 32),
    }
    tables = {}
    for case, (model, data, batch_size) in cases.items():
        optimizer = adam(1e-3)  # one object, so that the runs share the compiled step
        tables[case] = alternate(
            {
                "jitted step in a loop by hand": by_hand(model, data, optimizer, batch_size, 2),
                'fit, loop="auto"': by_fit(model, data, optimizer, batch_size, 2, "auto"),
                'fit, loop="scan"': by_fit(model, data, optimizer, batch_size, 2, "scan"),
                'fit, loop="loop"': by_fit(model, data, optimizer, batch_size, 2, "loop"),
            },
            rounds=9,
            seconds=0.3,
        )
    write("training_step", tables)


if __name__ == "__main__":
    main()
