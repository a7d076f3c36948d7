"""A multilayer perceptron on images of 28 by 28 pixels, as in the first chapters."""

from functools import partial

import numpy as np

from benchmarks.side import Row, random

IMAGES, BATCH, RATE = 60_000, 256, 0.1
SIZES = 784, 256, 10


def data():
    """As many images as MNIST has."""
    return random(IMAGES, SIZES[0]), np.random.default_rng(0).integers(0, 10, IMAGES)


def ours():
    """`fit`."""
    from benchmarks.ours import by_fit, keys
    from dl_lib.functional import relu
    from dl_lib.layers import Linear, Sequential
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    key = keys(2)
    model = Sequential(Linear(*SIZES[:2], key=next(key)), relu, Linear(*SIZES[1:], key=next(key)))
    return by_fit(model, cross_entropy, data(), sgd(RATE), BATCH)


def pytorch(weights):
    """A loop over slices, or over a DataLoader."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop, in_order

    net = nn.Sequential(nn.Linear(*SIZES[:2]), nn.ReLU(), nn.Linear(*SIZES[1:]))
    make = partial(optim.SGD, lr=RATE)
    ties = in_order(net, weights)
    loss = nn.functional.cross_entropy
    return by_loop(net, ties, weights, loss, data(), BATCH, make, ("DataLoader",))


def flax(weights):
    """Flax NNX, a loop over a compiled step."""
    import optax
    from flax import nnx

    from benchmarks.peers_in_jax import by_loop

    first, second = (nnx.Linear(*SIZES[i : i + 2], rngs=nnx.Rngs(0)) for i in range(2))
    net = nnx.Sequential(first, nnx.relu, second)
    for layer, place in ((first, 0), (second, 2)):
        layer.kernel.set_value(weights[f"layers.{place}.weight"])
        layer.bias.set_value(weights[f"layers.{place}.bias"])
    steps = nnx.Optimizer(net, optax.sgd(RATE), wrt=nnx.Param)

    def loss_of(net, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(net(x), y).mean()

    @nnx.jit
    def train(net, steps, x, y):
        value, gradient = nnx.value_and_grad(loss_of)(net, x, y)
        steps.update(net, gradient)
        return value

    def answer(x, y):
        value, gradient = nnx.value_and_grad(loss_of)(net, x, y)
        found = {"value": value}
        for place in (0, 2):
            layer = gradient["layers"][place]
            found |= {
                f"layers.{place}.weight": layer["kernel"],
                f"layers.{place}.bias": layer["bias"],
            }
        return found

    return by_loop(partial(train, net, steps), answer, data(), BATCH)


def equinox(weights):
    """Equinox, a loop over a compiled step."""
    import equinox as eqx
    import jax
    import optax

    from benchmarks.peers_in_jax import by_loop

    net = eqx.nn.MLP(SIZES[0], SIZES[2], SIZES[1], 1, key=jax.random.key(0))
    for place, layer in ((0, 0), (2, 1)):
        parts = weights[f"layers.{place}.weight"].T, weights[f"layers.{place}.bias"]
        net = eqx.tree_at(lambda n, i=layer: (n.layers[i].weight, n.layers[i].bias), net, parts)
    optimizer = optax.sgd(RATE)
    held = [net, optimizer.init(eqx.filter(net, eqx.is_array))]

    def loss_of(net, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(net)(x), y).mean()

    @eqx.filter_jit(donate="all-except-first")
    def step(batch, net, state):
        value, gradient = eqx.filter_value_and_grad(loss_of)(net, *batch)
        updates, state = optimizer.update(gradient, state)
        return eqx.apply_updates(net, updates), state, value

    def train(*batch):
        *held[:], value = step(batch, *held)
        return value

    def answer(x, y):
        value, gradient = eqx.filter_value_and_grad(loss_of)(net, x, y)
        found = {"value": value}
        for place, layer in ((0, 0), (2, 1)):
            found[f"layers.{place}.weight"] = gradient.layers[layer].weight.T
            found[f"layers.{place}.bias"] = gradient.layers[layer].bias
        return found

    return by_loop(train, answer, data(), BATCH)


ROWS = {
    "mlp-epoch": Row(
        "An epoch of a 784-256-10 perceptron on 60,000 images in batches of 256.",
        0.8,
        ours,
        {"PyTorch": pytorch, "Flax NNX": flax, "Equinox": equinox},
    )
}
