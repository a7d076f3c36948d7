"""Value and gradient with respect to the parameters that are trained."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from dl_lib.core import (
    Module,
    apply,
    combine,
    named,
    partition,
    value_and_grad,
)
from tests import put
from tests.core.examples import Affine, Net

KEY = jax.random.key(0)
X = put.counted(4, 3)


def test_the_gradient_is_that_of_jax_where_there_is_a_parameter():
    def loss_of(net, x, scale=1.0):
        return scale * (net(x) ** 2).mean()

    net = Net(key=KEY)
    loss, gradient = jax.jit(value_and_grad(loss_of))(net, X, scale=2.0)
    np.testing.assert_allclose(loss, loss_of(net, X, 2.0), rtol=1e-6)
    every = named(jax.grad(loss_of)(net, X, 2.0))
    assert set(every) - set(named(gradient)) == {"layers.1.running_mean"}
    for name, slope in named(gradient).items():
        np.testing.assert_allclose(slope, every[name], rtol=1e-5)
    assert jax.tree.structure(gradient) == jax.tree.structure(partition(net)[0])


def test_what_is_not_trained_has_no_gradient():
    net = Net(key=KEY)
    _, gradient = value_and_grad(lambda net: net(X).sum(), lambda name: name == "layers.2.bias")(
        net
    )
    assert list(named(gradient)) == ["layers.2.bias"]
    with pytest.raises(ValueError, match="nothing to train"):
        value_and_grad(lambda net: net(X).sum(), lambda name: False)(net)


def test_a_step_with_optax_that_keeps_the_statistics():
    def loss_of(net, x, key):
        prediction, net = apply(net, x, key=key, training=True)
        return (prediction**2).mean(), net

    net, optimizer = Net(key=KEY), optax.adam(0.1)
    state = optimizer.init(partition(net)[0])
    (loss, net), gradient = value_and_grad(loss_of, has_aux=True)(net, X, KEY)
    parameters, rest = partition(net)
    updates, state = optimizer.update(gradient, state, parameters)
    new = combine(optax.apply_updates(parameters, updates), rest)
    assert new.layers[1].running_mean.any() and loss > 0
    for name, array in named(new).items():  # the first step of Adam is that of its signs
        assert (abs(array - named(net)[name]) <= 0.1001).all()


def test_a_parameter_without_a_gradient_is_named():
    class Counts(Module):
        layer: Affine
        steps: jax.Array

    model = Counts(Affine(3, 2, key=KEY), put.zeros((), jnp.int32))
    with pytest.raises(TypeError, match=r"steps is int32, which has no gradient; .*buffer\(\)"):
        value_and_grad(lambda model: model.layer(X).sum())(model)


def test_a_complex_parameter_goes_downhill_against_its_gradient():
    z, target = {"z": jnp.asarray(1 + 1j)}, 1 + 2j
    _, gradient = value_and_grad(lambda z: abs(z["z"] - target) ** 2)(z)
    np.testing.assert_allclose(gradient["z"], 2 * (z["z"] - target))
