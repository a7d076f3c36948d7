"""Parts of a model by name: replaced, and seen at work."""

import jax
import numpy as np
import pytest

from dl_lib.core import Module, apply, capture, edit, named, parameter_count
from tests import put
from tests.core.examples import Affine, Center, Drop, Net

KEY, OTHER = jax.random.split(jax.random.key(0))
X = put.counted(4, 3)


def test_a_head_is_replaced():
    net, head = Net(key=KEY), Affine(4, 7, key=OTHER)
    new = edit(net, {"layers.2": head})
    assert new.layers[2] is head and new(X).shape == (4, 7)
    assert new.layers[0] is net.layers[0] and net(X).shape == (4, 2)


def test_a_layer_is_wrapped():
    class LowRank(Module):
        inner: Affine
        down: jax.Array
        up: jax.Array

        def __call__(self, x, ctx=None):
            return self.inner(x, ctx) + x @ self.down @ self.up

    def adapt(layer):
        inputs, outputs = layer.weight.shape
        return LowRank(layer, put.ones((inputs, 1)), put.zeros((1, outputs)))

    net = Net(key=KEY)
    new = edit(net, {"layers.0": adapt, "layers.2": adapt})
    assert parameter_count(new) == parameter_count(net) + 3 + 4 + 4 + 2
    np.testing.assert_array_equal(new(X), net(X))


def test_every_part_that_matches_is_replaced_in_every_container():
    tree = {"a": (Net(key=KEY),), "b": [Affine(3, 2, key=OTHER), Drop(0.1)]}
    new = edit(tree, {"*.weight": lambda weight: 0 * weight, "*.rate": 0.25, "b.0.bias": None})
    for name, array in named(new).items():
        assert name.endswith("weight") == (not array.any() and array.ndim == 2)
    assert new["a"][0].drop.rate == new["b"][1].rate == 0.25
    assert new["b"][0].bias is None and isinstance(new["a"], tuple)


def test_a_name_that_there_is_not_is_an_error_that_names_those_near():
    net = Net(key=KEY)
    with pytest.raises(KeyError, match=r"no part is called 'layer.2'; near are \['layers.2'"):
        edit(net, {"layer.2": None})
    with pytest.raises(KeyError, match=r"'layers\.2\.bias'"):  # goes with its layer
        edit(net, {"layers.2": Drop(0.5), "layers.2.bias": None})
    with pytest.raises(KeyError, match=r"no part is called 'dorp'; near are \['drop'"):
        capture(net, X, names=["drop", "dorp"])


def test_what_a_field_cannot_hold_is_an_error():
    with pytest.raises(TypeError, match=r"holds 'zeros', which is no array"):
        edit(Net(key=KEY), {"layers.0.bias": "zeros"})


def test_captured_activations_are_those_on_the_way():
    net = Net(key=KEY)
    y, seen = jax.jit(capture)(net, X)
    assert set(seen) == {"layers.0", "layers.1", "layers.2", "drop"}
    np.testing.assert_allclose(seen["layers.0"], net.layers[0](X), rtol=1e-6)
    np.testing.assert_allclose(y, seen["drop"])
    _, some = capture(net, X, names="layers.[02]")
    assert list(some) == ["layers.0", "layers.2"]


def test_captured_activations_have_a_gradient():
    net = Net(key=KEY)
    slope = jax.grad(lambda x: capture(net, x, names="layers.0")[1]["layers.0"].sum())(X)
    np.testing.assert_allclose(slope, np.tile(net.layers[0].weight.sum(1), (4, 1)), rtol=1e-6)


def test_a_model_that_trains_captures_with_its_context():
    class Features(Module):
        net: Net

        def __call__(self, x, ctx=None):
            return capture(self.net, x, ctx=ctx, names=["layers.1", "drop"])

    (y, seen), new = apply(Features(Net(key=KEY)), X, key=KEY, training=True)
    np.testing.assert_allclose(seen["layers.1"].mean(0), 0, atol=1e-5)
    np.testing.assert_array_equal(seen["drop"], y)
    assert new.net.layers[1].running_mean.any()


def test_a_layer_that_is_called_twice_has_both_outputs():
    class Twice(Module):
        layer: Affine

        def encode(self, x):
            return self.layer(self.layer(x))

    model = Twice(Affine(3, 3, key=KEY))
    y, seen = capture(model, X, method="encode")
    assert len(seen["layer"]) == 2
    np.testing.assert_array_equal(seen["layer"][1], y)


def test_what_does_not_come_out_is_an_error():
    class Mapped(Module):
        layer: Affine
        unused: Center

        def __call__(self, x, ctx=None):
            return jax.vmap(self.layer)(x)

    model = Mapped(Affine(3, 3, key=KEY), Center(3))
    with pytest.raises(RuntimeError, match="layer is called inside of jit, grad, scan, vmap"):
        capture(model, X)
    with pytest.raises(RuntimeError, match=r"unused was not called; called were \[\]"):
        capture(model, X, names="unused")
