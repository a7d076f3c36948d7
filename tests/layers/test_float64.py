"""Every layer where float64 is enabled: all of its numbers have 64 bits, what comes out too."""

import runpy

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.layers import every_layer
from tests.layers.every_layer import CASES, WITH_MORE


@pytest.fixture(scope="module")
def made_in_float64():
    with jax.enable_x64(True):
        made = runpy.run_path(every_layer.__file__)
    return {**made["CASES"], **made["WITH_MORE"]}


def cast(tree, dtype):
    def leaf(x):
        return np.asarray(x).astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x

    return jax.tree.map(leaf, tree)


def types(tree):
    return {x.dtype for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.floating)}


@pytest.mark.parametrize("name", [*CASES, *WITH_MORE])
def test_one_type_for_all_numbers(name, made_in_float64):
    layer, *inputs = made_in_float64[name]
    assert types(layer) <= {np.dtype("f8")}
    x, more = (*cast(inputs, "f8"), {})[:2]
    with jax.enable_x64(True):
        y = jax.eval_shape(lambda layer, x, more: layer(x, **more), layer, x, more)
        assert types(y) == {np.dtype("f8")}


# A scan over blocks keeps the type of its input, and says so; a relative bias needs but its length.
OF_TWO_TYPES = [
    name
    for name, (layer, *inputs) in {**CASES, **WITH_MORE}.items()
    if name not in ("Stack", "RelativeBias") and types(layer) and types(inputs)
]


@pytest.mark.parametrize("name", OF_TWO_TYPES)
def test_the_wider_of_two_types_as_in_products(name, made_in_float64):
    layer, *inputs = made_in_float64[name]
    with jax.enable_x64(True):
        for of_layer, of_inputs in [("f8", "f4"), ("f4", "f8")]:
            x, more = (*cast(inputs, of_inputs), {})[:2]
            chosen = cast(layer, of_layer)
            y = jax.eval_shape(lambda layer, x, more: layer(x, **more), chosen, x, more)
            assert types(y) == {np.dtype("f8")}
