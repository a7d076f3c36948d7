"""Models and data that the tests of training share."""

import jax
import jax.numpy as jnp
from jax import Array

from dl_lib.core import Module
from tests import put

KEY = jax.random.key(0)


def half_square(prediction, target):
    return 0.5 * jnp.mean((prediction - target) ** 2)


def line_data(examples=11):
    """Inputs (examples, 3) and noisy linear targets (examples, 2)."""
    x_key, noise_key = jax.random.split(jax.random.key(7))
    X = jax.random.normal(x_key, (examples, 3))
    weight = put.array([[1.0, -1.0], [2.0, 0.5], [0.0, 3.0]])
    return X, X @ weight + 0.1 * jax.random.normal(noise_key, (examples, 2))


class Scale(Module):
    """y = wx with one weight."""

    w: Array

    def __call__(self, x, ctx=None):
        return self.w * x


class Conv(Module):
    """One 3×3 convolution and a mean over the positions."""

    kernel: Array

    def __init__(self, *, key):
        self.kernel = jax.random.normal(key, (2, 1, 3, 3))

    def __call__(self, x, ctx=None):
        return jax.lax.conv(x, self.kernel, (1, 1), "SAME").mean((2, 3))
