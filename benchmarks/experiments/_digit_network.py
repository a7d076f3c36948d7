"""A network with 64 tanh units that learns 1,297 digits of 8×8 pixels; 500 more are held out."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from dl_lib.data import digits

__all__ = ["LEARNED", "scores", "shuffled_digits", "started"]

LEARNED = 1_297


@functools.cache
def shuffled_digits() -> tuple[Float[Array, "n 64"], Int[Array, " n"]]:
    """All digits, of which the first LEARNED are learned, and by whose mean the rest is moved."""
    images = digits()
    order = np.random.default_rng(0).permutation(len(images))
    X = np.asarray(images.X).reshape(-1, 64)[order]
    learned = X[:LEARNED]
    X = (X - learned.mean(axis=0)) / learned.std()
    return jnp.asarray(X), jnp.asarray(images.y[order])


def started(key: Array) -> PyTree:
    """A network before its first step."""
    pairs = zip(jax.random.split(key), ((64, 64), (64, 10)), strict=True)
    return [(jax.random.normal(key, sizes) / 8, jnp.zeros(sizes[1])) for key, sizes in pairs]


def scores(network: PyTree, X: Float[Array, "batch 64"]) -> Float[Array, "batch 10"]:
    """What it says of each digit."""
    (first, shift), (last, bias) = network
    return jnp.tanh(X @ first + shift) @ last + bias
