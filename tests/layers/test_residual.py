import jax
import numpy as np
import pytest

from dl_lib.core import apply, parameter_count
from dl_lib.layers import Conv2d, Dropout, LayerScale, Linear, Residual, Sequential
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle

STORED = load_oracle("transformer")
KEY = jax.random.key(0)
X = put.normal((2, 3, 4), 1)


def test_identity_shortcut_equals_torch():
    conv = Conv2d(2, 2, 3, padding=1, bias=False, key=KEY)
    check_stored(
        "residual layers",
        lambda x, k: Residual(conv.replace(weight=k))(x),
        STORED["residual/identity"],
    )


def test_projected_shortcut_equals_torch():
    conv = Conv2d(2, 5, 3, stride=2, padding=1, bias=False, key=KEY)
    point = Conv2d(2, 5, 1, stride=2, bias=False, key=KEY)

    def function(x, k, s):
        return Residual(conv.replace(weight=k), point.replace(weight=s))(x)

    check_stored("residual layers", function, STORED["residual/projection"])


@pytest.mark.parametrize("case", ["one", "each"])
def test_layer_scale_equals_torch(case):
    layer = LayerScale(4 if case == "each" else None)

    def function(alpha, x):
        return layer.replace(weight=alpha)(x)

    check_stored("residual layers", function, STORED[f"layer_scale/{case}"])


def test_by_hand():
    double = Linear(2, 2, key=KEY).replace(weight=2 * put.eye(2))
    swap = Linear(2, 2, key=KEY).replace(weight=put.eye(2)[::-1])
    x = put.array([[1.0, 10]])
    assert Residual(double)(x).tolist() == [[3, 30]]
    assert Residual(double, swap)(x).tolist() == [[12, 21]]
    assert LayerScale(initial=0.5)(x).tolist() == [[0.5, 5]]
    each = LayerScale(2).replace(weight=put.array([3.0, -1]))
    assert each(x).tolist() == [[3, -10]]
    assert Residual(Sequential(double, each))(x).tolist() == [[7, -10]]


def test_first_values():
    np.testing.assert_array_equal(LayerScale(3).weight, np.full(3, 1e-5, np.float32))
    np.testing.assert_array_equal(LayerScale(initial=0.1).weight, np.float32(0.1))
    assert parameter_count(LayerScale()) == 1 and parameter_count(LayerScale(7)) == 7
    # A small scale leaves the input nearly as it is, and its gradient too.
    linear = Linear(4, 4, key=KEY)
    branch = Residual(Sequential(linear, LayerScale(4)))
    slopes = jax.jit(jax.jacobian(branch))(X[0, 0])
    np.testing.assert_allclose(slopes, put.eye(4) + 1e-5 * linear.weight.T, atol=1e-7)


def test_the_gradient_passes_where_the_branch_has_none():
    dead = [Linear(4, 4, key=KEY).replace(weight=put.zeros((4, 4))) for _ in range(20)]
    deep, plain = Sequential(*map(Residual, dead)), Sequential(*dead)
    np.testing.assert_array_equal(jax.jit(jax.grad(lambda x: deep(x).sum()))(X), 1)
    np.testing.assert_array_equal(jax.jit(jax.grad(lambda x: plain(x).sum()))(X), 0)


def test_the_context_travels_through_both_ways():
    layer, x = Residual(Dropout(0.5), Dropout(0.5)), put.ones((1000,))
    y, _ = apply(layer, x, key=KEY, training=True)
    assert set(np.unique(y)) == {0.0, 2.0, 4.0}  # the two are dropped apart
    np.testing.assert_array_equal(layer(x), 2)


def test_compiled_and_differenced():
    layer = Residual(Sequential(Linear(4, 3, key=KEY), LayerScale(3, 0.7)), Linear(4, 3, key=KEY))
    check_jit(lambda layer, x: layer(x), layer, X)
    leaves, tree = jax.tree.flatten(layer)
    check_gradient(lambda x, *weights: jax.tree.unflatten(tree, weights)(x), X, *leaves)
    np.testing.assert_allclose(jax.vmap(layer)(X), layer(X), atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Residual(Linear(4, 1, key=KEY))(X),
            r"the branch has shape \(2, 3, 1\) but the shortcut has shape \(2, 3, 4\)",
        ),
        (lambda: LayerScale(1)(X), r"last axis of x must be 1, got shape \(2, 3, 4\)"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
