"""What every layer is put through, besides its own hand values and oracles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib import layers as L  # noqa: N812
from dl_lib.core import apply, parameter_count
from tests import put
from tests.checks import check_jit, check_vmap
from tests.layers.every_layer import CASES, WITH_MORE

KEY = jax.random.key(0)


def call(layer, x, more):
    return layer(x, **more)


@pytest.mark.parametrize("name", CASES)
def test_compiled_and_mapped(name):
    layer, x = CASES[name]
    check_jit(call, layer, x, {}, rtol=1e-5, atol=1e-6)
    check_vmap(call, x, {}, same=(layer,), atol=1e-5)
    # Outside training a context changes nothing.
    y, same = apply(layer, x)
    jax.tree.map(np.testing.assert_array_equal, y, layer(x))
    assert jax.tree.structure(same) == jax.tree.structure(layer)


@pytest.mark.parametrize("name", WITH_MORE)
def test_compiled_and_mapped_with_a_second_input(name):
    layer, x, more = WITH_MORE[name]
    check_jit(call, layer, x, more, rtol=1e-5, atol=1e-6)
    check_vmap(call, x, more, same=(layer,), atol=1e-5)


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"RelativeBias"}))  # which has no batch
def test_no_examples_go_in_and_none_come_out(name):
    layer, x = CASES[name]
    full, empty = (jax.eval_shape(layer, some) for some in (x, x[:0]))
    for y, none in zip(jax.tree.leaves(full), jax.tree.leaves(empty), strict=True):
        changed = [pair for pair in zip(y.shape, none.shape, strict=True) if pair[0] != pair[1]]
        assert changed == [(len(x), 0)]


def test_numbers_of_parameters_of_the_worked_examples():
    def count(make, *sizes, **settings):
        shapes = jax.eval_shape(lambda key: make(*sizes, key=key, **settings), KEY)
        return parameter_count(shapes)

    assert count(L.LSTM, 28, 32, layers=2) == 7_808 + 8_320 == 16_128
    assert count(L.Linear, 32, 28) == 924
    assert count(L.Linear, 7 * 7 * 512, 1000) == 25_089_000
    assert count(L.MultiHeadAttention, 512, 8, bias=False) == 1_048_576
    full = count(L.Conv2d, 64, 128, 3, bias=False)
    separable = count(L.DepthwiseSeparableConv2d, 64, 128, 3, bias=False)
    assert (full, separable) == (73_728, 8_768)
    np.testing.assert_allclose(separable / full, 1 / 128 + 1 / 9)
    norm = L.BatchNorm(64)
    assert norm.weight.size + norm.bias.size == 128
    assert (norm.weight == 1).all() and not norm.bias.any()


def test_shapes_of_the_worked_examples():
    def shape(layer, *size):
        return jax.eval_shape(layer, jax.ShapeDtypeStruct((1, *size), jnp.float32)).shape[1:]

    chain = [(3, 224, 224)]
    for channels in (64, 128, 256):
        conv = L.Conv2d(chain[-1][0], channels, 3, padding=1, key=KEY)
        chain.append(shape(L.Sequential(conv, L.MaxPool(2)), *chain[-1]))
    assert chain[1:] == [(64, 112, 112), (128, 56, 56), (256, 28, 28)]
    assert shape(L.Flatten(), 512, 7, 7) == (25_088,)
    patches = L.PatchEmbedding(3, 16, 8, key=KEY)
    assert patches.projection.weight.shape[0] == 3 * 256 == 768
    assert shape(L.Sequential(patches, L.ClassToken(8)), 3, 96, 96) == (37, 8)
    attention = L.MultiHeadAttention(8, 2, key=KEY)
    weights = jax.eval_shape(attention.weights, put.ones((3, 4, 8)), put.ones((3, 6, 8)))
    assert weights.shape == (3, 2, 4, 6)
