"""Inputs by position and by name, methods by name: one convention for all that call a model."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import Lazy, Module, apply, materialize, summary
from tests import put
from tests.core.examples import Affine, Drop

KEY = jax.random.key(0)
X, Y = put.ones((4, 3)), put.full((4, 3), 2.0)


class Coder(Module):
    """Two inputs before the context, one behind it, and a second method."""

    layer: Module
    drop: Drop

    def encode(self, x, ctx=None, *, scale=1.0):
        return self.drop(self.layer(x, ctx) * scale, ctx)

    def __call__(self, image, text, ctx=None, *, scale=1.0):
        return self.encode(image, ctx, scale=scale) + text[:, :2]


MODEL = Coder(Affine(3, 2, key=KEY), Drop(0.5))


@pytest.mark.parametrize(
    ("args", "inputs"),
    [((X, Y), {"scale": 3.0}), ((X,), {"text": Y, "scale": 3.0}), ((), {"image": X, "text": Y})],
)
def test_inputs_by_position_and_by_name(args, inputs):
    expected = MODEL(X, Y, scale=inputs.get("scale", 1.0))
    np.testing.assert_array_equal(apply(MODEL, *args, **inputs)[0], expected)
    trained, _ = apply(MODEL, *args, **inputs, key=KEY, training=True)
    assert (trained != expected).any()  # the context has arrived


def test_another_method():
    np.testing.assert_array_equal(apply(MODEL, X, method="encode")[0], MODEL.layer(X))
    trained, _ = apply(MODEL, X, method="encode", key=KEY, training=True)
    assert (trained != MODEL.layer(X)).any()
    with pytest.raises(AttributeError, match="decode"):
        apply(MODEL, X, method="decode")


def test_a_model_without_context_is_called_without():
    class Plain(Module):
        layer: Affine

        def __call__(self, x):
            return self.layer(x)

    plain = Plain(Affine(3, 2, key=KEY))
    np.testing.assert_array_equal(apply(plain, X, training=True)[0], plain(X))
    assert apply(jnp.sum, X)[0] == apply(lambda *, x: x.sum(), x=X)[0] == 12
    assert apply(abs, -1)[0] == 1


def test_a_model_that_hands_everything_on_gets_its_context():
    class Around(Module):
        model: Coder

        def __call__(self, *args, **inputs):
            return self.model(*args, **inputs)

    trained, _ = apply(Around(MODEL), X, text=Y, key=KEY, training=True)
    np.testing.assert_array_equal(trained, apply(MODEL, X, Y, key=KEY, training=True)[0])


def test_summary_and_materialize_take_the_same_inputs():
    lazy = MODEL.replace(layer=Lazy(lambda size, key: Affine(size, 2, key=key)))
    for args, inputs in [((X, Y), {}), ((X,), {"text": Y}), ((X,), {"method": "encode"})]:
        assert materialize(lazy, *args, key=KEY, **inputs).layer.weight.shape == (3, 2)
        table = summary(MODEL, *args, **inputs)
        assert re.search(r"layer +Affine  \(4, 2\) +8\n", table)
