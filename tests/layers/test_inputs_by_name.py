"""One convention of inputs: x, then the context, and whatever else by name."""

import inspect

import jax
import numpy as np
import pytest

from dl_lib import layers as L  # noqa: N812
from dl_lib.core import Module, apply, materialize, summary
from tests.layers.every_layer import CASES, WITH_MORE

KEY = jax.random.key(0)
EVERY = {name: (*case, {})[:3] for name, case in {**CASES, **WITH_MORE}.items()}
# What is no layer: it holds what a layer goes on from.
NO_LAYERS = {"KeyValueCache"}


@pytest.mark.parametrize("name", sorted(set(L.__all__) - NO_LAYERS))
def test_a_layer_takes_x_then_the_context_and_more_by_name(name):
    layer = getattr(L, name)
    assert issubclass(layer, Module)
    _, x, context, *more = inspect.signature(layer.__call__).parameters.values()
    assert (x.name, x.default) == ("x", x.empty)
    assert (context.name, context.default) == ("ctx", None)
    assert all(p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD) for p in more)


@pytest.mark.parametrize("name", EVERY)
def test_apply_summary_and_materialize_call_every_layer(name):
    layer, x, more = EVERY[name]

    def train(layer, x, more):
        return apply(layer, x, key=KEY, training=True, **more)[0]

    def shapes(tree):
        return jax.tree.map(lambda leaf: leaf.shape, tree)

    expected = jax.eval_shape(lambda layer, x, more: layer(x, **more), layer, x, more)
    assert shapes(jax.eval_shape(train, layer, x, more)) == shapes(expected)
    rows = [line.split()[:2] for line in summary(layer, x, **more).splitlines()]
    assert ["(model)", name] in rows
    assert jax.tree.structure(materialize(layer, x, key=KEY, **more)) == jax.tree.structure(layer)


def test_what_is_given_by_position_is_not_taken_for_the_context():
    layer, x, more = WITH_MORE["Bilinear"]
    np.testing.assert_array_equal(apply(layer, x, **more)[0], layer(x, **more))
    with pytest.raises(TypeError, match="takes its context in place 2"):
        layer(x, more["other"])
