from functools import partial

import jax
import numpy as np
import pytest

from dl_lib.core import modules, parameter_count
from dl_lib.functional import relu
from dl_lib.layers import BatchNorm, Conv2d, Linear, Residual
from dl_lib.models import BasicBlock, Bottleneck, PreActivationBlock, ResidualStage, ResNet, ResNeXt
from tests import put
from tests.compiled import compiled
from tests.models.shapes import counts, made, outputs, shaped

COUNTS = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}
IMAGE = put.normal((2, 4, 6, 6))


def kernels(model):
    return [part for _, part in modules(model) if isinstance(part, Conv2d)]


@pytest.mark.parametrize("depth", COUNTS)
def test_numbers_of_parameters_and_of_layers(depth):
    model = shaped(ResNet, depth)
    assert parameter_count(model) == COUNTS[depth]
    branches = [part.layer for _, part in modules(model) if isinstance(part, Residual)]
    # The stem, what is added, and the dense layer; the projections are not counted.
    assert 1 + sum(len(kernels(branch)) for branch in branches) + 1 == depth


def test_resnet_18_stage_by_stage():
    model = shaped(ResNet, 18, 10, 1)
    maps = [(64, 24, 24), (64, 24, 24), (128, 12, 12), (256, 6, 6), (512, 3, 3)]
    assert outputs(model, 1, 96, 96) == [*maps, (512,), (10,)]


def test_resnet_18_as_it_is_printed_with_biases():
    # Some print it with a bias in every convolution and no norm on the projections. Batch norm
    # takes the bias away again, so that the library has none; the numbers differ by just these.
    model = shaped(ResNet, 18, 10, 1)
    stages = [sum(layer.weight.shape[0] for layer in kernels(stage)) for stage in model[:5]]
    shortcuts = [part.shortcut for _, part in modules(model) if isinstance(part, Residual)]
    norms = [2 * s[1].weight.size for s in shortcuts if s is not None]
    assert norms == [256, 512, 1024]
    printed = [3_328, 148_224, 525_952, 2_100_480, 8_395_264]
    ours = [n + bias for n, bias in zip(counts(model)[:5], stages, strict=True)]
    assert [n - norm for n, norm in zip(ours, [0, 0, *norms], strict=True)] == printed
    assert parameter_count(model) + sum(stages) - sum(norms) == 11_178_378


def test_resnet_50_stage_by_stage():
    maps = [(64, 56, 56), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]
    assert outputs(shaped(ResNet, 50), 3, 224, 224) == [*maps, (2048,), (1000,)]
    # The second stage has a projection, too, though it keeps the size.
    assert shaped(ResNet, 50)[1][0][0].shortcut[0].stride == 1
    assert shaped(ResNet, 18)[1][0][0].shortcut is None


def test_numbers_of_resnext():
    assert parameter_count(shaped(ResNeXt)) == 25_028_904
    assert parameter_count(shaped(ResNeXt, 101, group_width=8)) == 88_791_336
    assert parameter_count(shaped(ResNeXt, 101, groups=64)) == 83_455_272


def test_weights_of_a_bottleneck():
    narrow, wide = shaped(Bottleneck, 256, 256), shaped(BasicBlock, 256, 256)
    assert sum(kernel.weight.size for kernel in kernels(narrow)) == 69_632
    assert [kernel.weight.size for kernel in kernels(wide)] == [589_824] * 2


def test_groups_of_a_bottleneck():
    # 9 b g weights of the convolution in between, where g is the width of a group.
    for width, weights in {16: 18_432, 4: 4_608}.items():
        block = shaped(Bottleneck, 128, 128, ratio=1, groups=128 // width)
        assert kernels(block)[1].weight.size == 9 * 128 * width == weights
    block = shaped(Bottleneck, 32, 32, ratio=1, groups=32 // 16)
    assert kernels(block)[1].groups == 2
    assert outputs(block, 32, 96, 96)[-1] == (32, 96, 96)
    with pytest.raises(ValueError, match="groups must divide 8 and 8 channels, got 3"):
        shaped(Bottleneck, 8, 8, ratio=1, groups=3)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck, PreActivationBlock])
def test_a_branch_of_zero_leaves_the_input_alone(block):
    y = compiled(lambda layer, x: layer(x))(made(block, 4, 4, zero_init=True), IMAGE)
    x = np.asarray(IMAGE)
    np.testing.assert_array_equal(y, x if block is PreActivationBlock else np.maximum(x, 0))


def test_sizes_of_the_blocks():
    for block in (BasicBlock, Bottleneck, PreActivationBlock):
        assert outputs(shaped(block, 3, 4), 3, 6, 6)[-1] == (4, 6, 6)
        assert outputs(shaped(block, 4, 8, 2), 4, 6, 6)[-1] == (8, 3, 3)


def test_a_stage_begins_with_the_change_of_size():
    stage = shaped(ResidualStage, BasicBlock, 3, 4, 8, 2)
    assert outputs(stage, 4, 6, 6) == [(8, 3, 3)] * 3
    shortcuts = [block[0].shortcut for block in stage]
    assert shortcuts[0] is not None and shortcuts[1:] == [None, None]


@pytest.mark.parametrize("out_channels", [4, 6])
def test_norm_and_relu_before_each_convolution(out_channels):
    block = shaped(PreActivationBlock, 4, out_channels)
    generator = np.random.default_rng(0)
    block = jax.tree.map(lambda a: generator.uniform(-1, 2, a.shape).astype("f4") ** 2, block)

    def by_equation(block, x):
        norms = [part for _, part in modules(block) if isinstance(part, BatchNorm)]
        first, second, *projection = kernels(block)
        z = relu(norms[0](x))
        y = second(relu(norms[1](first(z))))
        return y + (projection[0](z) if projection else x)

    outputs = compiled(lambda block, x: (block(x), by_equation(block, x)))(block, IMAGE)
    np.testing.assert_allclose(*outputs, rtol=1e-5)


def test_plain_networks_to_compare_with():
    for block in (BasicBlock, Bottleneck, PreActivationBlock):
        residual = shaped(block, 4, 4)
        plain = shaped(block, 4, 4, residual=False)
        assert parameter_count(plain) == parameter_count(residual)
        assert not any(isinstance(part, Residual) for _, part in modules(plain))
        assert outputs(shaped(block, 4, 8, 2, residual=False), 4, 6, 6)[-1] == (8, 3, 3)


def test_before_the_head_what_no_block_has_normalized():
    model = shaped(ResNet, (1, 1), 5, 1, (8, 8, 16), (3, 1, 1), block=PreActivationBlock)
    assert [type(part) for part in model[3:]][:1] == [BatchNorm] and len(model) == 7
    plain = shaped(
        ResNet, (1, 1), 5, 1, (8, 8, 16), (3, 1, 1), block=partial(BasicBlock, residual=False)
    )
    assert len(plain) == 5 and isinstance(plain[-1], Linear)
    assert outputs(plain, 1, 28, 28) == [(8, 28, 28), (8, 28, 28), (16, 14, 14), (16,), (5,)]


def test_what_is_refused():
    with pytest.raises(ValueError, match="ResNet: expected one of 18, 34, 50, 101, 152, got 19"):
        shaped(ResNet, 19)
    with pytest.raises(ValueError, match=r"expected 3 widths, got 2: \(8, 8\)"):
        shaped(ResNet, (1, 1), widths=(8, 8))
