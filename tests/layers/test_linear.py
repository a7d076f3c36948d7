import jax
import numpy as np
import pytest

from dl_lib.core import from_torch, named, parameter_count
from dl_lib.functional import bilinear
from dl_lib.layers import Bilinear, Linear
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle

STORED = load_oracle("layers")
KEY = jax.random.key(0)


def test_a_dense_layer_of_100_by_50():
    layer = Linear(100, 50, key=KEY)
    assert layer.weight.size == 100 * 50 == 5_000 and layer.bias.size == 50
    assert parameter_count(layer) == 5_050
    assert parameter_count(Linear(100, 50, key=KEY, bias=False)) == 5_000
    # PyTorch keeps (out, in), so its weights are turned while they are loaded.
    theirs = {"weight": np.arange(5_000.0, dtype=np.float32).reshape(50, 100), "bias": np.ones(50)}
    loaded = from_torch(layer, {name: w.astype(np.float32) for name, w in theirs.items()})
    np.testing.assert_array_equal(loaded.weight, theirs["weight"].T)
    x = put.zeros(100).at[3].set(1.0)
    np.testing.assert_array_equal(loaded(x), theirs["weight"][:, 3] + 1)


@pytest.mark.parametrize("shape", ["batch", "images", "one"])
@pytest.mark.parametrize("bias", [True, False])
def test_bilinear_equals_torch(shape, bias):
    layer = Bilinear(3, 2, 4, key=KEY, bias=bias)

    def function(first, second, *arrays):
        return layer.replace(**dict(zip(("weight", "bias"), arrays, strict=False)))(
            first, other=second
        )

    case = f"bilinear/{shape}" if bias else f"bilinear_without_bias/{shape}"
    check_stored("layers", function, STORED[case], rtol32=1e-5, atol32=1e-5)


def test_bilinear_loads_the_state_of_torch():
    # Its layout is that of PyTorch: nothing is turned.
    case = STORED["bilinear/batch"]
    state = {"weight": case["input2"], "bias": case["input3"]}
    layer = from_torch(Bilinear(3, 2, 4, key=KEY), state)
    first, second = put.array(case["input0"]), put.array(case["input1"])
    agree("layers, float32", layer(first, other=second), case["output"], 1e-4, 1e-5)
    assert {n: a.shape for n, a in named(layer).items()} == {"weight": (4, 3, 2), "bias": (4,)}
    assert parameter_count(layer) == 4 * 3 * 2 + 4
    assert Bilinear(3, 2, 4, key=KEY, bias=False).bias is None


def test_bilinear_by_hand_and_at_the_start():
    layer = Bilinear(2, 2, 1, key=KEY)
    layer = layer.replace(weight=put.array([[[0.0, 1], [-1, 0]]]), bias=put.ones(1))
    # A determinant, and one more.
    assert layer(put.array([1.0, 2]), other=put.array([3.0, 4])).tolist() == [-1]
    wide = Bilinear(20, 30, 50, key=KEY)
    np.testing.assert_allclose(wide.weight.std(), (2 / (20 * 30)) ** 0.5, rtol=0.02)
    assert not wide.bias.any()


def test_compiled_and_differenced():
    layer = Bilinear(3, 2, 4, key=KEY)
    first, second = put.normal((2, 3)), put.normal((2, 2), 1)
    check_jit(lambda layer, x, z: layer(x, other=z), layer, first, second)
    check_gradient(
        lambda x, z, w, b: layer.replace(weight=w, bias=b)(x, other=z),
        first,
        second,
        layer.weight,
        layer.bias,
    )
    np.testing.assert_array_equal(
        layer(first, other=second), bilinear(first, second, layer.weight, layer.bias)
    )


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"do not fit a weight of shape \(4, 3, 2\)"):
        Bilinear(3, 2, 4, key=KEY)(put.ones((5, 3)), other=put.ones((5, 3)))
