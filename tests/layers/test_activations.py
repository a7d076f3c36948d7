import jax
import numpy as np
import pytest

from dl_lib.core import apply, from_torch, named
from dl_lib.functional import prelu, swish
from dl_lib.layers import PReLU, RReLU, Sequential, Swish
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle

STORED = load_oracle("activations")
KEY = jax.random.key(0)


@pytest.mark.parametrize("case", ["prelu/shared", "prelu/channels"])
def test_prelu_loaded_from_torch_gives_its_outputs_and_gradients(case):
    stored = STORED[case]
    layer = from_torch(PReLU(stored["input1"].size), {"weight": stored["input1"]})
    x = put.array(stored["input0"])
    y, pull = jax.vjp(lambda layer, x: layer(x), layer, x)
    gradient, x_gradient = pull(put.array(stored["cotangent"]))
    actual = y, gradient.weight, x_gradient
    oracle = stored["output"], stored["gradient1"], stored["gradient0"]
    agree("layers, float32", actual, oracle, rtol=1e-5, atol=1e-6)


def test_prelu_by_hand():
    assert PReLU()(put.array([-4.0, 4.0])).tolist() == [-1, 4]
    assert named(PReLU(3))["weight"].tolist() == [0.25] * 3
    x = put.array([[-1.0, -2.0, 3.0]])
    check_jit(lambda layer, x: layer(x), PReLU(3), x)
    check_gradient(lambda x, weight: PReLU(3).replace(weight=weight)(x), x, put.ones(3))
    np.testing.assert_array_equal(PReLU(3)(x), prelu(x, put.full(3, 0.25)))


def test_swish_learns_its_sharpness():
    layer, x = Swish(2.0), put.array([-1.0, 0.5, 3.0])
    np.testing.assert_array_equal(layer(x), swish(x, 2.0))
    gradient = jax.jit(jax.grad(lambda layer: layer(x).sum()))(layer).beta
    s = 1 / (1 + np.exp(-2 * x))
    np.testing.assert_allclose(gradient, np.sum(x**2 * s * (1 - s)), rtol=1e-5)
    check_jit(lambda layer, x: layer(x), layer, x)


def test_rrelu_is_random_while_training_only():
    x, layer = -put.ones(5), RReLU()
    assert (layer(x) == -np.float32(11 / 48)).all()
    assert (apply(layer, x)[0] == layer(x)).all()
    y, _ = apply(layer, x, key=KEY, training=True)
    assert len(np.unique(y)) == 5
    net = Sequential(layer, RReLU())
    twice, _ = apply(net, x, key=KEY, training=True)
    assert len(np.unique(twice)) == 5
    check_jit(lambda x: apply(layer, x, key=KEY, training=True)[0], x)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="needs a random key"):
        apply(RReLU(), put.ones(2), training=True)
    with pytest.raises(ValueError, match=r"lower must not exceed upper, got 1\.0 and 0\.5"):
        RReLU(1.0, 0.5)
    with pytest.raises(ValueError, match=r"slope has shape \(3,\)"):
        PReLU(3)(put.ones((2, 4)))
