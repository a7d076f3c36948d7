import jax
import pytest

from dl_lib.core import apply, modules, parameter_count
from dl_lib.layers import Conv2d, Sequential
from dl_lib.models import AuxiliaryClassifier, GoogLeNet, Inception
from tests import put
from tests.models.shapes import counts, floats, outputs, shaped


def test_stage_by_stage():
    head = [(1024,), (1024,)]
    maps = [(64, 24, 24), (192, 12, 12), (480, 6, 6), (832, 3, 3), (1024, 3, 3)]
    assert outputs(shaped(GoogLeNet, 10, 1), 1, 96, 96) == [*maps, *head, (10,)]
    maps = [(64, 56, 56), (192, 28, 28), (480, 14, 14), (832, 7, 7), (1024, 7, 7)]
    assert outputs(shaped(GoogLeNet), 3, 224, 224) == [*maps, *head, (1000,)]


def test_numbers_of_parameters():
    model = shaped(GoogLeNet, 10, 1)
    assert counts(model)[:5] == [3_200, 114_944, 552_432, 2_809_168, 2_487_536]
    assert parameter_count(model) == 5_977_530
    assert parameter_count(shaped(GoogLeNet)) == 6_998_552


def test_its_nine_blocks_and_22_layers():
    model = shaped(GoogLeNet, 10, 1)
    blocks = [part for stage in model[2:5] for part in stage if isinstance(part, Inception)]
    widths = [[branch[-1][0].bias.size for branch in _branches(block)] for block in blocks]
    assert list(map(sum, widths)) == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    assert widths[0] == [64, 128, 32, 32]
    stem = [part for stage in model[:2] for _, part in modules(stage) if isinstance(part, Conv2d)]
    assert len(stem) + 2 * len(blocks) + 1 == 22  # layers with weights, one after another


def _branches(block):
    return [(block.branch1,), block.branch2, block.branch3, block.branch4]


def test_what_the_1_by_1_convolutions_save():
    block = shaped(Inception, 192, 64, (96, 128), (16, 32), 32)
    assert parameter_count(block) == 163_696
    weights = [part.weight.size for _, part in modules(block) if isinstance(part, Conv2d)]
    without = 192 * 64 + 9 * 192 * 128 + 25 * 192 * 32  # of the first three branches
    assert (sum(weights[:5]), without) == (157_184, 387_072)
    y = jax.eval_shape(Inception.__call__, block, floats(1, 192, 12, 12))
    assert y.shape == (1, 256, 12, 12)


def test_heads_halfway_change_nothing_of_what_is_said_at_the_end():
    # The wiring alone, with a sum in the place of each layer.
    model = shaped(GoogLeNet, 3, 1, 16, (3, 1, 1), True, True)
    stages = [Sequential(*(lambda x, n=n: 2 * x + n for n in range(len(s)))) for s in model[:5]]
    heads = [Sequential(lambda x, n=n: x + n) for n in (1000, 2000)]
    model = model.replace(layers=(*stages, *heads[:1]), auxiliary=tuple(heads))
    x = put.ones((1, 1, 1, 1))
    before, stage = model[:3](x), model[3]
    expected = model(x), stage[:1](before) + 1000, stage[:4](before) + 2000
    assert model.with_auxiliary(x) == expected
    assert model.replace(auxiliary=()).with_auxiliary(x) == expected[:1]


def test_all_of_it_trains():
    model = shaped(GoogLeNet, 3, 1, 16, (3, 1, 1), True, True)

    def run(model, x):
        key = jax.random.key(0)
        return apply(model, x, key=key, training=True, method="with_auxiliary")

    logits, after = jax.eval_shape(run, model, floats(2, 1, 32, 32))
    assert len(logits) == 3
    assert jax.tree.structure(after) == jax.tree.structure(model)


def test_a_head():
    head = shaped(AuxiliaryClassifier, 512, 10)
    assert outputs(head, 512, 14, 14)[0] == (512, 4, 4)
    assert counts(head) == [512 * 128 + 128, 2048 * 1024 + 1024, 10_250]


def test_what_is_refused():
    with pytest.raises(ValueError, match="shrink must be 1, 2, 4, 8 or 16, got 3"):
        shaped(GoogLeNet, shrink=3)
