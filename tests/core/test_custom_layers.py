"""Layers of one's own, written as a reader would: a subclass of `Module`, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import Module, apply, named, parameter_count
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle

STORED = load_oracle("layers")
KEY = jax.random.key(0)


class Centered(Module):
    """X − mean(X): a layer without parameters."""

    def __call__(self, x, ctx=None):
        return x - x.mean()


class Rectified(Module):
    """relu(X W + b): a layer with two."""

    weight: jax.Array
    bias: jax.Array

    def __init__(self, inputs, units, *, key):
        self.weight = jax.random.normal(key, (inputs, units))
        self.bias = jnp.zeros(units)

    def __call__(self, x, ctx=None):
        return jax.nn.relu(x @ self.weight + self.bias)


class Stack(Module):
    """One after the other."""

    layers: tuple[Module, ...]

    def __call__(self, x, ctx=None):
        for layer in self.layers:
            x = layer(x, ctx)
        return x


def test_a_layer_without_parameters_equals_torch():
    assert Centered()(put.array([1.0, 2, 3, 4, 5])).tolist() == [-2, -1, 0, 1, 2]
    check_stored("custom layers", Centered(), STORED["custom/centered"])
    assert parameter_count(Centered()) == 0 and not named(Centered())
    x = put.normal((4, 8))
    np.testing.assert_allclose(Centered()(x).mean(), 0, atol=1e-6)
    behind = Stack((Rectified(8, 128, key=KEY), Centered()))
    np.testing.assert_allclose(behind(x).mean(), 0, atol=1e-5)
    check_jit(Centered(), x)
    check_gradient(Centered(), x[:1])


def test_a_layer_with_parameters_equals_torch():
    layer = Rectified(5, 3, key=KEY)
    assert parameter_count(layer) == 5 * 3 + 3 == 18
    assert {name: array.shape for name, array in named(layer).items()} == {
        "weight": (5, 3),
        "bias": (3,),
    }

    def function(x, weight, bias):
        return layer.replace(weight=weight, bias=bias)(x)

    check_stored("custom layers", function, STORED["custom/rectified"])
    x = put.normal((2, 5))
    check_jit(lambda layer, x: layer(x), layer, x)
    check_gradient(function, x, layer.weight, layer.bias)


def test_the_gradient_reaches_the_parameters():
    case = STORED["custom/rectified"]
    net = Stack((Rectified(5, 3, key=KEY), Centered()))
    x = put.array(case["input0"])
    slopes = jax.grad(lambda net: (net(x)[:, 0] ** 2).sum())(net)
    for name, slope in named(slopes).items():
        assert slope.any(), f"nothing is learned in {name}"
    # By hand: where a unit is on, its weights have the slope of the input.
    layer = Rectified(5, 3, key=KEY)
    on = (x @ layer.weight + layer.bias > 0).astype(float)
    by_hand = x.T @ on, on.sum(0)
    slopes = jax.grad(lambda layer: layer(x).sum())(layer)
    agree("custom layers, float32", (slopes.weight, slopes.bias), by_hand, 1e-5, 1e-6)
    assert slopes.weight.any()


def test_layers_of_ones_own_take_part_in_training():
    net = Stack((Rectified(5, 3, key=KEY), Centered()))
    x = put.normal((16, 5), 1)
    target = jnp.sin(3 * x[:, :3])

    @jax.jit
    def step(net):
        def objective(net):
            prediction, _ = apply(net, x, training=True)
            return ((prediction - target) ** 2).mean()

        loss, slopes = jax.value_and_grad(objective)(net)
        return jax.tree.map(lambda p, g: p - 0.1 * g, net, slopes), loss

    losses = []
    for _ in range(50):
        net, loss = step(net)
        losses.append(float(loss))
    assert losses[-1] < 0.5 * losses[0]


def test_a_wrong_input_names_the_layer():
    net = Stack((Rectified(5, 3, key=KEY), Centered()))
    with pytest.raises(TypeError) as caught:
        net(put.ones((2, 4)))
    assert "in layer layers.0: Rectified" in "".join(caught.value.__notes__)
