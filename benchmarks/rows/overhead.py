"""What modules and `fit` cost, against JAX with dictionaries and a loop written by hand."""

from functools import partial
from itertools import pairwise

import numpy as np

from benchmarks.side import Row, Side, random

SIZES, BATCH, RATE = (784, 64, 10), 64, 1e-3
FIT_SIZES, EXAMPLES = (784, 256, 256, 10), 4096


def data(examples=BATCH):
    """Images and classes."""
    return random(examples, SIZES[0]), np.arange(examples) % 10


def network(sizes):
    """Linear layers with a tanh behind each but the last."""
    from benchmarks.ours import keys
    from dl_lib.functional import tanh
    from dl_lib.layers import Linear, Sequential

    key, parts = keys(len(sizes)), []
    for shape in pairwise(sizes):
        parts += [Linear(*shape, key=next(key)), tanh]
    return Sequential(*parts[:-1])


def step_of_modules():
    """`train_step` of a module."""
    from benchmarks.ours import by_step
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    return by_step(network(SIZES), cross_entropy, data(), sgd(RATE))


def epoch_of_fit():
    """`fit`."""
    from benchmarks.ours import by_fit
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    return by_fit(network(FIT_SIZES), cross_entropy, data(EXAMPLES), sgd(RATE), BATCH)


def raw_loss(parameters, x, y):
    """The same network on a dictionary."""
    import jax
    import jax.numpy as jnp

    places = sorted({name.removesuffix(".weight").removesuffix(".bias") for name in parameters})
    for place in places:
        x = jnp.tanh(x) if place != places[0] else x
        x = x @ parameters[f"{place}.weight"] + parameters[f"{place}.bias"]
    chosen = jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1)
    return -jnp.mean(chosen)


def in_raw_jax(examples, weights):
    """A loop over a compiled step, whose parameters are donated."""
    import jax
    import jax.numpy as jnp

    weights = {name: jnp.asarray(array) for name, array in weights.items()}
    x, y = map(jnp.asarray, data(examples))
    slope = jax.value_and_grad(raw_loss)

    @partial(jax.jit, donate_argnums=0)
    def step(parameters, x, y):
        value, gradient = slope(parameters, x, y)
        return jax.tree.map(lambda p, g: p - RATE * g, parameters, gradient), value

    held = [jax.tree.map(jnp.copy, weights)]

    def train(x, y):
        held[0], value = step(held[0], x, y)
        return value

    def epoch():
        if examples == BATCH:
            return train(x, y).block_until_ready()
        order = np.random.default_rng(0).permutation(examples)
        losses = [train(x[rows], y[rows]) for rows in np.split(order, examples // BATCH)]
        return jax.block_until_ready(losses)

    def answer():
        value, gradient = slope(weights, x[:BATCH], y[:BATCH])
        found = {name: np.asarray(array) for name, array in gradient.items()}
        return {"value": np.asarray(value)} | found

    return Side({"": epoch}, answer)


ROWS = {
    "core-overhead": Row(
        "A step of a 784-64-10 perceptron of modules, on 64 images, against a dictionary's.",
        1.1,
        step_of_modules,
        {"JAX, dictionaries": partial(in_raw_jax, BATCH)},
    ),
    "fit-overhead": Row(
        "An epoch of 64 steps of a 784-256-256-10 perceptron by `fit`, against a loop by hand.",
        1.0,
        epoch_of_fit,
        {"JAX, a loop by hand": partial(in_raw_jax, EXAMPLES)},
    ),
}
