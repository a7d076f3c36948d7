import jax
import numpy as np
import pytest

from dl_lib.core import named
from dl_lib.functional import conv2d, pixel_shuffle
from dl_lib.layers import PixelShuffle, SubpixelConv2d, Upsample
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle
from tests.compiled import value_and_pull

STORED = load_oracle("resampling")
KEY = jax.random.key(0)
LAYERS = {
    "interpolate/nearest_up": Upsample((7, 8)),
    "interpolate/bilinear_up": Upsample(scale=2, method="bilinear"),
    "interpolate/bicubic_corners": Upsample((7, 1), method="bicubic", align_corners=True),
    "pixel_shuffle": PixelShuffle(2),
}


@pytest.mark.parametrize("case", LAYERS)
def test_layers_give_the_outputs_and_gradients_of_torch(case):
    stored = STORED[case]
    inputs, cotangent = np.float32(stored["input0"]), np.float32(stored["cotangent"])
    y, (gradient,) = value_and_pull(LAYERS[case], inputs, cotangent=cotangent)
    agree("layers, float32", (y, gradient), (stored["output"], stored["gradient0"]), 1e-4, 1e-5)


def test_subpixel_convolution_is_a_convolution_and_a_shuffle():
    layer = SubpixelConv2d(2, 3, 3, 2, key=KEY)
    x = put.normal((1, 2, 4, 3))
    weights = named(layer)
    assert weights["conv.weight"].shape == (12, 2, 3, 3)
    expected = pixel_shuffle(conv2d(x, weights["conv.weight"], padding=1), 2)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)
    assert layer(x).shape == (1, 3, 8, 6)
    check_jit(lambda layer, x: layer(x), layer, x)
    small = SubpixelConv2d(1, 1, 1, 2, key=KEY, bias=False)
    assert named(small).keys() == {"conv.weight"}
    kernel = put.counted(4, 1, 1, 1, start=1)

    def function(x, w):
        return small.replace(conv=small.conv.replace(weight=w))(x)

    assert function(put.ones((1, 1, 1, 1)), kernel)[0, 0].tolist() == [[1, 2], [3, 4]]
    check_gradient(function, put.ones((1, 1, 1, 2)), kernel)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="give either a size or a scale"):
        Upsample()(put.ones((1, 1, 2, 2)))
    with pytest.raises(ValueError, match=r"must be a multiple of 2² = 4"):
        PixelShuffle(2)(put.ones((1, 2, 2, 2)))
    with pytest.raises(ValueError, match="3 channels where 2 are expected"):
        SubpixelConv2d(2, 3, 3, 2, key=KEY)(put.ones((1, 3, 4, 4)))
