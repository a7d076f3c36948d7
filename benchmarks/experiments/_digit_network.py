"""Digits of 8×8 pixels, the first LEARNED of which are learned, and networks that learn them."""

import functools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from dl_lib.data import digits
from dl_lib.optim import Optimizer

__all__ = [
    "LEARNED",
    "descended",
    "epochs",
    "fitted",
    "he_layers",
    "pictures",
    "scores",
    "shuffled_digits",
    "started",
]

LEARNED = 1_297


@functools.cache
def pictures() -> tuple[Float[np.ndarray, "n 64"], Int[np.ndarray, " n"]]:
    """All digits in an order of their own, pixels from −1 to 1, and which they are."""
    images = digits()
    order = np.random.default_rng(0).permutation(len(images))
    X = np.asarray(images.X).reshape(-1, 64)[order]
    return 2 * X / X.max() - 1, np.asarray(images.y)[order]


@functools.cache
def shuffled_digits() -> tuple[Float[Array, "n 64"], Int[Array, " n"]]:
    """The same, by the mean and the deviation of those that are learned."""
    X, y = pictures()
    X = (X + 1) / 2
    learned = X[:LEARNED]
    return jnp.asarray((X - learned.mean(axis=0)) / learned.std()), jnp.asarray(y)


def epochs(rng: np.random.Generator, steps: int, batch: int) -> Int[np.ndarray, "steps batch"]:
    """Which of the learned digits are read at each step: a pile shuffled anew when it ends."""
    piles = [rng.permutation(LEARNED) for _ in range(-(-steps * batch // LEARNED))]
    return np.concatenate(piles)[: steps * batch].reshape(steps, batch)


def descended(loss: Callable, network: PyTree, rates: Array, *batches: Array) -> PyTree:
    """A network after plain descent, a rate and a piece of each of `batches` a step."""

    def step(network, now):
        rate, *batch = now
        slope = jax.grad(loss)(network, *batch)
        return jax.tree.map(lambda w, g: w - rate * g, network, slope), None

    return jax.lax.scan(step, network, (rates, *batches))[0]


def fitted(loss: Callable, network: PyTree, rule: Optimizer, keys: Array) -> PyTree:
    """A network after a step of an optimizer for each key; `loss(network, key)` draws its batch."""

    def step(carry, key):
        network, state = carry
        updates, state = rule.update(jax.grad(loss)(network, key), state, network)
        return (jax.tree.map(jnp.add, network, updates), state), None

    return jax.lax.scan(step, (network, rule.init(network)), keys)[0][0]


def he_layers(key: Array, sizes: Sequence[tuple[int, int]], gain: float = 2.0) -> PyTree:
    """Weights whose variance is `gain` over the number of inputs, and shifts of zero."""
    keys = jax.random.split(key, len(sizes))
    return [
        (jnp.sqrt(gain / size[0]) * jax.random.normal(key, size), jnp.zeros(size[1]))
        for key, size in zip(keys, sizes, strict=True)
    ]


def started(key: Array) -> PyTree:
    """A network with 64 tanh units before its first step."""
    pairs = zip(jax.random.split(key), ((64, 64), (64, 10)), strict=True)
    return [(jax.random.normal(key, sizes) / 8, jnp.zeros(sizes[1])) for key, sizes in pairs]


def scores(network: PyTree, X: Float[Array, "batch 64"]) -> Float[Array, "batch 10"]:
    """What it says of each digit."""
    (first, shift), (last, bias) = network
    return jnp.tanh(X @ first + shift) @ last + bias
