import itertools

import jax
import numpy as np
import pytest

from dl_lib.core import apply, modules, named, parameter_count
from dl_lib.layers import BatchNorm, Conv2d, Remat
from dl_lib.models import DenseBlock, DenseNet, Transition
from tests import put
from tests.models.shapes import made, outputs, shaped


def small(*shape):
    return shaped(DenseNet, (4, 4, 4, 4), *shape, bottleneck=None)


def biases(model):
    return sum(part.weight.shape[0] for _, part in modules(model) if isinstance(part, Conv2d))


def test_the_small_one_stage_by_stage():
    maps = [(64, 24, 24), (192, 24, 24), (96, 12, 12), (224, 12, 12), (112, 6, 6), (240, 6, 6)]
    maps += [(120, 3, 3), (248, 3, 3)]
    assert outputs(small(10, 1), 1, 96, 96) == [*maps, *[(248, 3, 3)] * 2, (248,), (10,)]
    # Printed with a bias in every convolution, which the next norm takes away in most of them.
    assert parameter_count(small(10, 1)) + biases(small(10, 1)) == 758_226
    assert parameter_count(small()) + biases(small()) == 1_011_008


def test_densenet_121():
    assert parameter_count(shaped(DenseNet)) == 7_978_856
    convolutions = sum(isinstance(part, Conv2d) for _, part in modules(shaped(DenseNet)))
    assert convolutions + 1 == 121


def test_a_block_by_hand():
    block = made(DenseBlock, 2, 3, 10)
    x = put.normal((1, 3, 4, 4))
    y = np.asarray(jax.jit(block)(x))
    assert y.shape == (1, 23, 4, 4)
    np.testing.assert_array_equal(y[:, :3], x)
    # Of the second layer: 13 channels, its relu, and the nine entries around a pixel.
    given = np.maximum(y[:, :13] / np.sqrt(1 + 1e-5), 0)
    kernel = np.asarray(named(block)["layers.1.layers.2.weight"])
    pixel = np.einsum("ocuv,cuv->o", kernel, given[0, :, 0:3, 1:4])
    np.testing.assert_allclose(y[0, 13:, 1, 2], pixel, rtol=1e-5, atol=1e-6)


def test_channels_of_every_layer():
    block = shaped(DenseBlock, 4, 6, 5)
    norms = [part.weight.size for _, part in modules(block) if isinstance(part, BatchNorm)]
    assert norms == [6 + 5 * i for i in range(4)]
    # Each layer is connected to each before it, and the input to the first.
    assert sum(range(1, 5)) == len(list(itertools.combinations(range(5), 2))) == 4 * 5 // 2


def test_norm_comes_first():
    layer = shaped(DenseBlock, 1, 6, 5).layers[0]
    assert [type(part).__name__ for part in layer] == ["BatchNorm", "Function", "Conv2d"]
    layer = shaped(DenseBlock, 1, 6, 5, 4).layers[0]
    assert [type(part).__name__ for part in layer] == ["BatchNorm", "Function", "Conv2d"] * 2
    assert layer[2].weight.shape == (20, 6, 1, 1) and layer[5].weight.shape == (5, 20, 3, 3)


def test_a_transition():
    assert outputs(shaped(Transition, 23, 10), 23, 8, 8)[-1] == (10, 4, 4)


def test_computing_again_changes_nothing_but_the_memory():
    kept, again = made(DenseBlock, 2, 3, 4), made(DenseBlock, 2, 3, 4, remat=True)
    assert all(isinstance(layer, Remat) for layer in again.layers)
    x = put.normal((2, 3, 4, 4))

    def train(block, x):
        def loss(block):
            y, after = apply(block, x, training=True)
            return (y**2).mean(), after

        return jax.grad(loss, has_aux=True)(block)

    both = [jax.tree.leaves(jax.jit(train)(block, x)) for block in (kept, again)]
    for a, b in zip(*both, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_what_is_kept_for_the_way_back_is_linear_in_the_layers():
    def kept(layers, bottleneck):
        """Channels of what the gradient of a block keeps."""
        block = shaped(DenseBlock, layers, 3, 4, bottleneck, remat=True)
        x = jax.ShapeDtypeStruct((2, 3, 4, 4), "float32")

        def pull(block, x):
            return jax.vjp(lambda *both: apply(*both, training=True), block, x, has_aux=True)[1]

        arrays = jax.tree.leaves(jax.eval_shape(pull, block, x))
        return sum(a.shape[1] for a in arrays if a.ndim == 4 and a.shape[0] == 2)

    for layers, bottleneck in ((2, None), (6, None), (6, 2)):
        assert kept(layers, bottleneck) == 3 + 4 * (layers - 1)


def test_what_is_refused():
    with pytest.raises(ValueError, match="DenseNet: expected one of 121, 169, 201, 161, got 100"):
        shaped(DenseNet, 100)
    with pytest.raises(ValueError, match="window"):
        outputs(shaped(DenseNet, (1, 1)), 3, 4, 4)
