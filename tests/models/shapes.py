"""Networks at full size by their shapes: nothing of them is allocated."""

from functools import cache
from unittest import mock

import jax
import jax.numpy as jnp

from dl_lib.core import parameter_count

__all__ = ["KEY", "counts", "floats", "made", "outputs", "shaped"]

KEY = jax.random.key(0)


@cache
def shaped(make, *args, **kwargs):
    """A model with shapes in place of arrays; without the draws these take half the time."""
    with mock.patch(
        "jax.random.uniform", lambda _, shape, dtype="f4", **bounds: jnp.zeros(shape, dtype)
    ):
        return jax.eval_shape(lambda: make(*args, key=KEY, **kwargs))


def made(make, *args, **kwargs):
    """A model as it begins, by one program."""
    return jax.jit(lambda: make(*args, key=KEY, **kwargs))()


def floats(*shape):
    return jax.ShapeDtypeStruct(shape, "float32")


def outputs(model, *image):
    """What each part of a sequence gives for one image: shapes without the batch."""

    def run(model, x):
        return [x := layer(x) for layer in model]

    return [y.shape[1:] for y in jax.eval_shape(run, model, floats(1, *image))]


def counts(model):
    """How many parameters each part of a sequence has, of those that have any."""
    return [count for layer in model if (count := parameter_count(layer))]
