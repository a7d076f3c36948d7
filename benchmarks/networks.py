"""Whole networks of convolutions on a CPU: with the forms that `dl_lib` chooses there, and without.

One step of training each. A form that wins alone may win nothing in a network, where what it reads
and writes stands in caches and layouts that others chose: so a form is kept if a network gains.
"""

from functools import partial
from itertools import pairwise
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from timing import alternate, write

from dl_lib.functional import relu, sigmoid, tanh
from dl_lib.layers import (
    AvgPool,
    BatchNorm,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    Residual,
    Sequential,
)
from dl_lib.losses import cross_entropy, mse
from dl_lib.optim import adam, sgd
from dl_lib.training import Recipe, initial_state, train_step

__all__ = ["NETWORKS", "repeated"]

KEYS = iter(jax.random.split(jax.random.key(0), 100))


def lenet(batch):
    """The convolutional network of 1998, with a border around 28 by 28 pixels."""
    model = Sequential(
        *(Conv2d(1, 6, 5, padding=2, key=next(KEYS)), sigmoid, AvgPool(2)),
        *(Conv2d(6, 16, 5, key=next(KEYS)), sigmoid, AvgPool(2), Flatten()),
        *(Linear(400, 120, key=next(KEYS)), sigmoid, Linear(120, 84, key=next(KEYS)), sigmoid),
        Linear(84, 10, key=next(KEYS)),
    )
    return model, cross_entropy, *_images(batch, 1, 28), sgd(0.1)


def vgg(batch, size):
    """Pairs of 3 by 3 convolutions, each pair followed by a maximum over 2 by 2 pixels."""
    parts = []
    for inputs, outputs in pairwise((3, 32, 64, 128, 256)):
        for channels in (inputs, outputs):
            parts += [Conv2d(channels, outputs, 3, padding=1, key=next(KEYS)), relu]
        parts += [MaxPool(2)]
    flat = 256 * (size // 16) ** 2
    head = Linear(flat, 256, key=next(KEYS)), relu, Linear(256, 10, key=next(KEYS))
    return Sequential(*parts, Flatten(), *head), cross_entropy, *_images(batch, 3, size), sgd(0.01)


def resnet(batch, size):
    """ResNet-18."""
    parts = [_normalized(3, 64, 7, 2, 3), relu, MaxPool(3, 2, 1)]
    for inputs, outputs in pairwise((64, 64, 128, 256, 512)):
        stride = 1 if inputs == outputs else 2
        for first, step in ((inputs, stride), (outputs, 1)):
            shortcut = None if step == 1 else _normalized(first, outputs, 1, step, 0)
            branch = (
                *(_normalized(first, outputs, 3, step, 1), relu),
                _normalized(outputs, outputs, 3, 1, 1),
            )
            parts += [Residual(Sequential(*branch), shortcut), relu]
    model = Sequential(*parts, GlobalAvgPool(), Linear(512, 10, key=next(KEYS)))
    return model, cross_entropy, *_images(batch, 3, size), sgd(0.05, momentum=0.9)


def dcgan(batch):
    """The generator of a DCGAN for images of 64 by 64 pixels."""
    widths, parts = (100, 512, 256, 128, 64), []
    for inputs, outputs in pairwise(widths):
        geometry = (4, 1, 0) if inputs == 100 else (4, 2, 1)
        grow = ConvTranspose2d(inputs, outputs, *geometry, key=next(KEYS), bias=False)
        parts += [grow, BatchNorm(outputs), relu]
    last = ConvTranspose2d(64, 3, 4, 2, 1, key=next(KEYS), bias=False)
    noise, images = (_images(batch, *shape)[0] for shape in ((100, 1), (3, 64)))
    return Sequential(*parts, last, tanh), mse, noise, jnp.tanh(images), adam(2e-4)


NETWORKS = {
    "LeNet, batch 32": partial(lenet, 32),
    "LeNet, batch 256": partial(lenet, 256),
    "VGG-like, 32x32, batch 32": partial(vgg, 32, 32),
    "VGG-like, 64x64, batch 32": partial(vgg, 32, 64),
    "ResNet-18, 32x32, batch 32": partial(resnet, 32, 32),
    "ResNet-18, 64x64, batch 16": partial(resnet, 16, 64),
    "DCGAN generator, batch 32": partial(dcgan, 32),
}


def _normalized(inputs, outputs, kernel, stride, padding):
    geometry = inputs, outputs, kernel, stride, padding
    return Sequential(Conv2d(*geometry, key=next(KEYS), bias=False), BatchNorm(outputs))


def _images(batch, channels, size):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, channels, size, size), dtype="f4")
    return jnp.asarray(x), jnp.asarray(rng.integers(0, 10, batch))


def repeated(model, loss, x, y, optimizer):
    """A function of no arguments that trains one step further at each call, and its first loss."""
    recipe = Recipe(loss, optimizer)
    step = jax.jit(partial(train_step, recipe), donate_argnums=0)
    held = [initial_state(recipe, model)]

    def advance():
        held[0], value = step(held[0], (x, y))
        return value

    return advance, advance()


def main():
    """Compare a step of every network."""
    tables = {}
    for name, make in NETWORKS.items():
        parts = make()
        with mock.patch("jax.default_backend", return_value="tpu"):
            by_xla, expected = repeated(*parts)
        ours, loss = repeated(*parts)
        assert jnp.allclose(loss, expected, rtol=1e-4), (loss, expected)
        tables[name] = alternate({"jax.lax": by_xla, "dl_lib": ours}, rounds=5)
    write("networks", tables)


if __name__ == "__main__":
    main()
