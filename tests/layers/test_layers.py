import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import apply, from_torch, named
from dl_lib.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Function,
    Linear,
    Residual,
    Sequential,
)
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle
from tests.compiled import compiled

KEY = jax.random.key(0)
STORED = load_oracle("layers")
MAKE = {
    "linear": lambda: Linear(3, 4, key=KEY),
    "conv2d/plain": lambda: Conv2d(2, 3, 3, key=KEY),
    "conv2d/strided": lambda: Conv2d(2, 3, 3, stride=2, padding=1, key=KEY),
    "conv2d/same": lambda: Conv2d(2, 3, 3, padding="same", key=KEY),
    "batch_norm_inference/dense": lambda: BatchNorm(3),
    "batch_norm_inference/image": lambda: BatchNorm(3),
}


@pytest.mark.parametrize("case", MAKE)
def test_layers_loaded_from_torch_give_its_outputs(case):
    layer = from_torch(MAKE[case](), STORED[f"{case}/before"])
    for name, x in STORED[case].items():
        if name.startswith("x"):
            y = STORED[case]["y" + name[1:]]
            agree("layers, float32", compiled(layer)(jnp.asarray(x)), y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", ["batch_norm/dense", "batch_norm/image"])
def test_batch_norm_trains_as_torch(case):
    layer = from_torch(BatchNorm(3), STORED[f"{case}/before"])
    for i in range(3):
        x, y = (put.array(STORED[case][f"{name}{i}"]) for name in "xy")
        output, layer = apply(layer, x, training=True)
        agree("layers, float32", output, y, rtol=1e-4, atol=1e-5)
    after = STORED[f"{case}/after"]
    for name, array in named(layer).items():
        agree("layers, float32", array, after[name], rtol=1e-5, atol=1e-6)


def test_linear_by_hand():
    layer = Linear(2, 1, key=KEY).replace(weight=put.array([[2.0], [3.0]]), bias=put.array([1.0]))
    assert layer(put.array([[10.0, 100.0]])).tolist() == [[321.0]]
    assert Linear(2, 1, key=KEY, bias=False).bias is None
    assert layer(put.ones(2)).tolist() == [6.0]


def test_conv2d_by_hand():
    layer = Conv2d(1, 1, 2, key=KEY).replace(weight=put.counted(1, 1, 2, 2))
    x = put.counted(1, 1, 3, 3)
    assert layer(x).tolist() == [[[[19.0, 25.0], [37.0, 43.0]]]]


@pytest.mark.parametrize("layer", [Linear(3, 2, key=KEY), BatchNorm(3)], ids=["linear", "norm"])
def test_jit_and_gradient(layer):
    x = put.normal((4, 3))
    check_jit(lambda layer, x: layer(x), layer, x)
    check_gradient(
        lambda x, *leaves: jax.tree.unflatten(jax.tree.structure(layer), leaves)(x),
        x,
        *jax.tree.leaves(layer),
    )


def test_gradient_through_batch_statistics():
    x = np.random.default_rng(0).normal(size=(4, 3))
    check_gradient(lambda x: apply(BatchNorm(3), x, training=True)[0], x)


def test_initialization_has_the_variance_of_he():
    layer = Linear(400, 300, key=KEY)
    np.testing.assert_allclose(layer.weight.std(), (2 / 400) ** 0.5, rtol=0.02)
    assert not layer.bias.any()
    other = Linear(4, 3, key=KEY, initializer=jax.nn.initializers.ones)
    assert (other.weight == 1).all()


def test_dropout_drops_while_training_only():
    x, layer = put.ones(10_000), Dropout(0.3)
    assert layer(x) is x
    assert apply(layer, x)[0] is x
    y, _ = apply(layer, x, key=KEY, training=True)
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.7)}
    assert 0.28 < (y == 0).mean() < 0.32
    again, _ = apply(layer, x, key=KEY, training=True)
    np.testing.assert_array_equal(y, again)


def test_sequential_calls_one_after_another():
    first, second = Linear(3, 4, key=KEY), Linear(4, 2, key=jax.random.key(1))
    net = Sequential(first, jax.nn.relu, second)
    x = put.normal((5, 3))
    np.testing.assert_array_equal(net(x), second(jax.nn.relu(first(x))))
    assert list(named(net)) == [
        "layers.0.weight",
        "layers.0.bias",
        "layers.2.weight",
        "layers.2.bias",
    ]
    assert repr(net.layers[1]) == "Function(function=relu)"


def test_a_sequence_is_indexed_sliced_counted_and_walked_through():
    first, second = Linear(3, 4, key=KEY), Linear(4, 2, key=jax.random.key(1))
    net = Sequential(first, jax.nn.relu, second)
    assert net[0] is first and net[-1] is second and len(net) == 3
    assert list(net) == list(net.layers)
    head = net[:2]
    assert isinstance(head, Sequential) and list(named(head)) == list(named(net))[:2]
    x = put.normal((5, 3))
    np.testing.assert_array_equal(net[2:](net[:2](x)), net(x))
    with pytest.raises(IndexError):
        net[3]


def test_a_layer_of_no_layers_is_still_there():
    empty = Sequential()
    assert empty(KEY) is KEY and not list(empty)
    assert Residual(Linear(3, 3, key=KEY), shortcut=empty).shortcut is empty


def test_sequential_passes_the_context_on():
    net = Sequential(BatchNorm(3), Dropout(0.5))
    x = put.normal((50, 3)) + 4
    y, new = apply(net, x, key=KEY, training=True)
    assert (y == 0).any()
    np.testing.assert_allclose(new.layers[0].running_mean, 0.1 * x.mean(0), rtol=1e-5)


def test_flatten_keeps_the_batch():
    x = put.arange(24).reshape(2, 3, 2, 2)
    assert Flatten()(x).tolist() == x.reshape(2, 12).tolist()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Linear(3, 2, key=KEY)(put.ones((4, 5))), ValueError, r"\(4, 5\).*\(3, 2\)"),
        (lambda: Conv2d(3, 2, 3, key=KEY)(put.ones((1, 4, 8, 8))), ValueError, r"\(1, 4, 8, 8\)"),
        (
            lambda: BatchNorm(3)(put.ones((2, 4))),
            ValueError,
            r"expected \(4,\) for x of shape \(2, 4\)",
        ),
        (
            lambda: apply(BatchNorm(3), put.ones((1, 3)), training=True),
            ValueError,
            r"two values a channel to train, got \(1, 3\)",
        ),
        (lambda: Dropout(1.0), ValueError, "0 <= rate < 1; got 1.0"),
        (lambda: apply(Dropout(0.5), put.ones(3), training=True), ValueError, "needs a random key"),
        (lambda: Function(3), TypeError, "a layer or a function is needed, got 3"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
