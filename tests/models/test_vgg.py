import pytest

from dl_lib.core import parameter_count
from dl_lib.layers import Conv2d
from dl_lib.models import VGG, VGGBlock
from tests.models.shapes import counts, outputs, shaped

# Of RGB images and 1000 classes, of gray ones and 10.
COUNTS = {
    11: (132_863_336, 128_806_154),
    13: (133_047_848, 128_990_666),
    16: (138_357_544, 134_300_362),
    19: (143_667_240, 139_610_058),
}


@pytest.mark.parametrize("depth", COUNTS)
def test_numbers_of_parameters(depth):
    large, small = shaped(VGG, depth), shaped(VGG, depth, 10, 1)
    assert (parameter_count(large), parameter_count(small)) == COUNTS[depth]
    convolutions = sum(isinstance(part, Conv2d) for block in large[:5] for part in block)
    assert convolutions == depth - 3


def test_vgg_11_block_by_block():
    small = shaped(VGG, 11, 10, 1)
    maps = [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]
    dense = [(25_088,), *[(4096,)] * 6, (10,)]
    assert outputs(small, 1, 224, 224) == maps + dense
    assert counts(small)[:5] == [640, 73_856, 885_248, 3_539_968, 4_719_616]


def test_a_block():
    block = shaped(VGGBlock, 2, 3, 8, batch_norm=True)
    assert [shape[0] for shape in outputs(block, 3, 6, 10)] == [8] * 7
    assert outputs(block, 3, 6, 10)[-1] == (8, 3, 5)
    assert parameter_count(block) == (27 + 1) * 8 + (72 + 1) * 8 + 2 * 2 * 8


def test_a_small_one():
    model = shaped(VGG, (1, 2), 26, 1, 32, (4, 8), 16)
    assert outputs(model, 1, 32, 32)[:3] == [(4, 16, 16), (8, 8, 8), (512,)]


def test_what_is_refused():
    with pytest.raises(ValueError, match="VGG: expected one of 11, 13, 16, 19, got 12"):
        shaped(VGG, 12)
    with pytest.raises(ValueError, match=r"expected 2 widths, got 3: \(4, 8, 8\)"):
        shaped(VGG, (1, 1), widths=(4, 8, 8))
    with pytest.raises(ValueError, match="window"):
        shaped(VGG, 11, size=16)
