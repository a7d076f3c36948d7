import jax
import jax.numpy as jnp
import pytest

from dl_lib.core import Module
from dl_lib.functional.parameters import resolve_mask, weights_only


class Dense(Module):
    weight: jax.Array
    bias: jax.Array

    def __init__(self):
        self.weight, self.bias = jnp.ones((2, 1)), jnp.ones((1, 1))

    def __call__(self, x, ctx=None):
        return x


class Net(Module):
    layers: tuple
    scale: jax.Array

    def __init__(self):
        self.layers, self.scale = (Dense(), Dense()), jnp.ones(2)


def test_the_name_decides_and_not_the_shape():
    mask = weights_only(Net())
    assert mask.layers[1].weight is True
    assert mask.layers[1].bias is False
    assert mask.scale is False
    named = {"w": jnp.zeros(()), "b": jnp.zeros((3, 3)), "heads": [jnp.ones(2), None]}
    assert weights_only(named) == {"w": True, "b": False, "heads": [True, None]}
    assert weights_only(jnp.ones(2)) is True


def test_a_leaf_without_a_name():
    with pytest.raises(ValueError, match=r"the leaf at \[0\] has no name"):
        weights_only((jnp.ones(2), jnp.ones(1)))


def test_masks_may_be_given_in_three_ways():
    params = {"w": jnp.ones(2), "b": jnp.ones(1)}
    assert resolve_mask(None, params) == {"w": True, "b": True}
    assert resolve_mask(weights_only, params) == {"w": True, "b": False}
    assert resolve_mask({"w": False, "b": True}, params) == {"w": False, "b": True}
    # A model full of bools is callable and still a mask.
    mask = weights_only(Dense())
    assert resolve_mask(mask, Dense()) is mask
