import jax
import numpy as np
import pytest

from dl_lib.core import parameter_count
from dl_lib.functional import relu, sigmoid
from dl_lib.layers import AvgPool, MaxPool
from dl_lib.models import LeNet
from tests import put
from tests.models.shapes import KEY, counts, outputs, shaped

DENSE = [(120,), (120,), (84,), (84,), (10,)]


def test_as_the_table_of_lenet_5_has_it():
    maps = [(6, 28, 28)] * 2 + [(6, 14, 14)] + [(16, 10, 10)] * 2 + [(16, 5, 5), (400,)]
    assert outputs(shaped(LeNet), 1, 28, 28) == maps + DENSE
    assert counts(shaped(LeNet)) == [156, 2_416, 48_120, 10_164, 850]
    assert parameter_count(shaped(LeNet)) == 61_706
    assert parameter_count(shaped(LeNet, size=32, padding=0)) == 61_706


def test_without_padding():
    model = shaped(LeNet, padding=0)
    maps = [(6, 24, 24)] * 2 + [(6, 12, 12)] + [(16, 8, 8)] * 2 + [(16, 4, 4), (256,)]
    assert outputs(model, 1, 28, 28) == maps + DENSE
    assert counts(model) == [156, 2_416, 30_840, 10_164, 850]
    assert parameter_count(model) == 44_426


@pytest.mark.parametrize(("activation", "pool"), [(sigmoid, AvgPool), (relu, MaxPool)])
def test_equals_its_layers_one_after_another(activation, pool):
    # Worked with NumPy alone on the smallest image that leaves anything.
    model = jax.jit(
        lambda key: LeNet(3, size=16, padding=0, activation=activation, pool=pool, key=key)
    )(KEY)
    x = np.random.default_rng(0).normal(size=(2, 1, 16, 16)).astype("f4")
    squash = {sigmoid: lambda z: 1 / (1 + np.exp(-z)), relu: lambda z: np.maximum(z, 0)}[activation]
    shrink = {AvgPool: np.mean, MaxPool: np.max}[pool]
    y = x
    for conv in (model[0], model[3]):
        windows = np.lib.stride_tricks.sliding_window_view(y, (5, 5), (2, 3))
        y = np.einsum("ncijuv,ocuv->noij", windows, conv.weight)
        y = squash(y + np.asarray(conv.bias)[:, None, None])
        n, c, height, width = y.shape
        y = shrink(y.reshape(n, c, height // 2, 2, width // 2, 2), (3, 5))
    y = y.reshape(2, -1)
    for i in (7, 9, 11):
        y = (squash(y) if i > 7 else y) @ np.asarray(model[i].weight) + np.asarray(model[i].bias)
    np.testing.assert_allclose(jax.jit(model)(put.array(x)), y, rtol=2e-5, atol=2e-5)


def test_an_image_of_which_nothing_is_left():
    with pytest.raises(ValueError, match="larger than an axis of 2 padded to 2"):
        shaped(LeNet, size=8, padding=0)
