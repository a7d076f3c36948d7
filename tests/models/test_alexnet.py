import pytest

from dl_lib.core import parameter_count
from dl_lib.layers import Linear
from dl_lib.models import AlexNet
from tests.models.shapes import counts, outputs, shaped

CONVOLUTIONS = [11_712, 614_656, 885_120, 1_327_488, 884_992]
DENSE = [26_218_496, 16_781_312]


def test_as_the_table_for_224_pixels_has_it():
    small, gray, colored = shaped(AlexNet, 10, 1), shaped(AlexNet, 1000, 1), shaped(AlexNet)
    maps = [(96, 54, 54)] * 2 + [(96, 26, 26)] + [(256, 26, 26)] * 2 + [(256, 12, 12)]
    maps += [(384, 12, 12)] * 4 + [(256, 12, 12)] * 2 + [(256, 5, 5), (6400,)]
    assert outputs(small, 1, 224, 224) == maps + [(4096,)] * 6 + [(10,)]
    assert counts(small) == [*CONVOLUTIONS, *DENSE, 4096 * 10 + 10]
    assert parameter_count(small) == 46_764_746
    assert parameter_count(gray) == 50_820_776
    assert parameter_count(colored) == 50_844_008


def test_as_the_paper_has_it():
    original = shaped(AlexNet, size=227, stem=(11, 4, 0))
    shapes = outputs(original, 3, 227, 227)
    assert [shape[1] for shape in shapes[:13]] == [55, 55, *[27] * 3, *[13] * 7, 6]
    assert shapes[13] == (9216,)
    assert parameter_count(original) == 62_378_344
    assert parameter_count(shaped(AlexNet, size=227, stem=(11, 4, 0), groups=2)) == 60_965_224


def test_most_of_it_is_dense():
    model = shaped(AlexNet, 10, 1)
    first, second = [layer.weight.size for layer in model if isinstance(layer, Linear)][:2]
    assert first * 4 == 104_857_600
    assert (first + second, 4 * (first + second)) == (42_991_616, 171_966_464)
    assert round(sum(counts(model)[5:]) / parameter_count(model), 2) == 0.92


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"expected 5 widths, got 2: \(4, 8\)"):
        shaped(AlexNet, widths=(4, 8))
    with pytest.raises(ValueError, match="window"):
        shaped(AlexNet, size=48)
