import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.core import named, parameter_count
from dl_lib.layers import PointNet, PointTransform
from dl_lib.losses import pointnet_loss
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle
from tests.compiled import compiled

STORED = load_oracle("geometry")
KEY = jax.random.key(0)
X = put.normal((2, 6, 3), 1)
MASK = jnp.asarray(STORED["pointnet/some"]["input1"] == 1)
NET = PointNet((3, 4, 5), key=KEY)
TURN = PointTransform(3, (4, 5), (4,), key=KEY)
CLOUDS = arrays(np.float32, (1, 6, 3), elements=st.floats(-5, 5, width=32))


def with_weights(layer, arrays):
    return jax.tree.unflatten(jax.tree.structure(layer), arrays)


def stirred(layer):
    """The same layer with weights that are nowhere 0."""
    leaves = jax.tree.leaves(layer)
    keys = jax.random.split(jax.random.key(2), len(leaves))
    return with_weights(
        layer, [0.5 * jax.random.normal(k, w.shape) for k, w in zip(keys, leaves, strict=True)]
    )


@pytest.mark.parametrize("masked", ["all", "some"])
@pytest.mark.parametrize("layer", [NET, TURN], ids=["pointnet", "point_transform"])
def test_value_and_gradient_equal_torch(layer, masked):
    name = {NET: "pointnet", TURN: "point_transform"}[layer]

    def function(x, mask, *arrays):
        return with_weights(layer, arrays)(x, mask=mask == 1)

    check_stored("layers", function, STORED[f"{name}/{masked}"], rtol32=2e-5, atol32=2e-5)


def test_by_hand():
    net = with_weights(PointNet((2, 1), key=KEY), [put.array([[1.0], [10]]), put.array([-5.0])])
    cloud = put.array([[[1.0, 2], [3, 0], [4, 1]]])  # 21, 3 and 14, less 5
    assert net(cloud).tolist() == [[16]]
    assert net(cloud, mask=put.array([[False, True, True]])).tolist() == [[9]]
    assert net(cloud, mask=put.array([[False, True, False]])).tolist() == [[0]]
    assert net.shared(cloud)[0, :, 0].tolist() == [16, 0, 9]


@settings(max_examples=15, deadline=None)
@given(CLOUDS, st.permutations(range(6)))
def test_the_order_of_the_points_does_not_matter(cloud, order):
    x, order = jnp.asarray(cloud), jnp.asarray(order)
    np.testing.assert_allclose(NET(x[:, order]), NET(x), rtol=1e-6, atol=1e-6)
    turn = stirred(TURN)
    np.testing.assert_allclose(turn(x[:, order]), turn(x), rtol=1e-5, atol=1e-4)


def test_points_that_do_not_exist_do_not_matter():
    for layer in (NET, stirred(TURN)):
        expected = compiled(layer)(X, mask=MASK)
        filled = jnp.where(MASK[..., None], X, 1e4)
        np.testing.assert_allclose(layer(filled, mask=MASK), expected, rtol=1e-6)
        few = compiled(layer)(X[:1, np.flatnonzero(MASK[0])])
        np.testing.assert_allclose(expected[:1], few, rtol=1e-5, atol=1e-6)
        assert np.abs(layer(X) - expected).max() > 1e-3


def test_the_transform_starts_at_the_identity_and_learns():
    A = TURN(X)
    np.testing.assert_array_equal(A, np.broadcast_to(put.eye(3), (2, 3, 3)))
    np.testing.assert_array_equal(X @ A, X)
    whole = jax.eval_shape(lambda: PointTransform(64, key=KEY))
    assert whole.output.weight.shape == (256, 64 * 64)
    assert parameter_count(NET) == 3 * 4 + 4 + 4 * 5 + 5
    assert parameter_count(TURN) == parameter_count(NET) + 5 * 4 + 4 + 4 * 9 + 9

    def loss(turn):
        logits = NET(X @ turn(X))
        return pointnet_loss(logits, put.array([0, 1]), turn(X))

    slopes = named(jax.jit(jax.grad(loss))(TURN))
    assert slopes["output.weight"].any() and slopes["output.bias"].any()


def test_compiled_and_differenced():
    for layer in (NET, stirred(TURN)):
        check_jit(lambda layer, x: layer(x, mask=MASK), layer, X, atol=1e-6)
        check_gradient(
            lambda x, *arrays, layer=layer: with_weights(layer, arrays)(x),
            X[:1, :4],
            *jax.tree.leaves(layer),
        )


def test_mistakes_are_named():
    for layer in (NET, TURN):
        with pytest.raises(ValueError, match=r"\(2, 6, 2\) does not fit a weight of shape \(3, 4"):
            layer(X[..., :2])
        with pytest.raises(ValueError, match=r"mask has shape \(6,\) but x.* has shape \(2, 6\)"):
            layer(X, mask=MASK[0])
