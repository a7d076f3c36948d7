import pytest

from dl_lib.layers import Conv2d, Linear
from dl_lib.models import VGG, AlexNet, GoogLeNet, LeNet, NiN, RegNet, ResNet, multiply_adds
from tests.models.shapes import floats, shaped

MILLIONS = {NiN: 966, AlexNet: 1010, GoogLeNet: 1583}


@pytest.mark.parametrize("family", MILLIONS)
def test_of_an_image_of_224_pixels(family):
    count = multiply_adds(shaped(family), floats(1, 3, 224, 224))
    assert round(count / 1e6) == MILLIONS[family]


def test_of_vgg_resnet_and_regnet():
    image = floats(1, 3, 224, 224)
    assert round(multiply_adds(shaped(VGG, 11), image) / 1e6) == 7_609
    assert round(multiply_adds(shaped(VGG, 16), image) / 1e6) == 15_470
    # Table 1 of the paper on ResNet has 1.8 billions.
    assert round(multiply_adds(shaped(ResNet, 18), image) / 1e8) == 18
    # The names of RegNets say theirs.
    for name, millions in {"X-200MF": 200, "Y-400MF": 400}.items():
        assert 0.95 < multiply_adds(shaped(RegNet, name), image) / 1e6 / millions < 1.05


def test_by_hand():
    assert multiply_adds(shaped(Linear, 3, 5), floats(2, 3)) == 30
    assert multiply_adds(shaped(Conv2d, 4, 6, (3, 2), groups=2), floats(1, 4, 5, 5)) == 12 * 6 * 12
    convolutions = 25 * 6 * 784 + 6 * 25 * 16 * 100
    dense = 400 * 120 + 120 * 84 + 84 * 10
    assert multiply_adds(shaped(LeNet), floats(1, 1, 28, 28)) == convolutions + dense
