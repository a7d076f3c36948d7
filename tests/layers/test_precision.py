"""Every layer in 16 bits: the type that comes in goes out, near what float32 gives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import combine, parameter_count, partition
from tests.layers.every_layer import CASES, WITH_MORE

EVERY = {name: (*case, {})[:3] for name, case in {**CASES, **WITH_MORE}.items()}
# Units in the last place, relative to the largest entry, that rounding may cost.
BAND = 12
# What these answer with is no number of their input: indices go in, or places come out.
FREE = {"BERTEmbedding", "Embedding", "RNNDecoder", "RelativeBias"}


def cast(tree, dtype):
    return jax.tree.map(
        lambda x: x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x, tree
    )


def in_type(layer, dtype):
    """The parameters in a type; buffers stay float32."""
    if not parameter_count(layer):
        return layer
    trained, rest = partition(layer)
    return combine(cast(trained, dtype), rest)


@pytest.mark.parametrize("name", EVERY)
def test_in_16_bits(name):
    layer, x, more = jax.tree.map(np.asarray, EVERY[name])  # which NumPy casts: no program
    halves = (jnp.float16, jnp.bfloat16)
    inputs = [(in_type(layer, half), *cast((x, more), half)) for half in halves]

    @jax.jit
    def every_type(inputs):
        wide = [cast(given, jnp.float32) for given in inputs]
        return [[layer(x, **more) for layer, x, more in given] for given in (inputs, wide)]

    given, expected = every_type(inputs)
    for half, ours, theirs in zip(halves, given, expected, strict=True):
        pairs = zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True)
        for a, b in pairs:
            assert a.dtype == half
            size = np.abs(np.asarray(b)).max()
            atol = BAND * float(jnp.finfo(half).eps) * max(size, 1)
            np.testing.assert_allclose(np.asarray(a, float), b, atol=atol)
