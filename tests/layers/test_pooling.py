import numpy as np
import pytest

from dl_lib import functional
from dl_lib.core import named
from dl_lib.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LPPool,
    MaxPool,
    Sequential,
)
from tests import put
from tests.checks import agree, check_jit, load_oracle
from tests.compiled import compiled, value_and_pull

STORED = load_oracle("pooling")
LAYERS = {
    "max/2d_ceil": MaxPool((3, 2), 2, ceil=True),
    "max/1d_dilated": MaxPool(3, 2, 1, 2),
    "avg/2d_ceil_inside": AvgPool(3, 2, 1, ceil=True, count_padding=False),
    "avg/3d": AvgPool((2, 3, 2), 2, (0, 1, 1)),
    "lp/3.5": LPPool((2, 3), 3.5, 2),
    "adaptive_avg/2d": AdaptiveAvgPool((3, 2)),
    "adaptive_max/3d": AdaptiveMaxPool(2),
}


@pytest.mark.parametrize("case", LAYERS)
def test_layers_give_the_outputs_and_gradients_of_torch(case):
    stored = STORED[case]
    inputs, cotangent = np.float32(stored["input0"]), np.float32(stored["cotangent"])
    y, (gradient,) = value_and_pull(LAYERS[case], inputs, cotangent=cotangent)
    oracle = stored["output"], stored["gradient0"]
    agree("layers, float32", (y, gradient), oracle, rtol=1e-5, atol=1e-6)
    assert named(LAYERS[case]) == {}


def test_global_layers_in_a_network():
    x = put.normal((2, 3, 4, 4))
    net = Sequential(MaxPool(2), GlobalAvgPool())
    expected = compiled(functional.global_avg_pool)(compiled(functional.max_pool)(x, 2))
    np.testing.assert_allclose(net(x), expected, rtol=1e-6)
    np.testing.assert_array_equal(GlobalMaxPool()(x), x.max((2, 3)))
    check_jit(net, x)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="spans 5 entries") as raised:
        MaxPool(5)(put.ones((1, 1, 4, 4)))
    assert "in layer MaxPool: MaxPool(window=5" in "".join(raised.value.__notes__)
    with pytest.raises(ValueError, match="p must be at least 1, got 0"):
        LPPool(2, 0)(put.ones((1, 1, 4)))
