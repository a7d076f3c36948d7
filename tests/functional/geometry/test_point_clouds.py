import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.functional import append_maximum, max_over_points
from tests import put
from tests.checks import agree, check_gradient, check_jit, load_oracle

STORED = load_oracle("geometry")
RNG = np.random.default_rng(0)
X = put.array(RNG.normal(size=(2, 5, 3)), jnp.float32)
MASK = put.array([[True, False, True, True, False], [False, False, False, True, False]])
CLOUDS = arrays(np.float32, (4, 2), elements=st.floats(-5, 5, width=32))


def test_maximum_behind_the_dense_layers_of_torch():
    # The network is written out here; tests/layers/test_point_clouds.py has it as a layer.
    for case in ("all", "some"):
        stored = STORED[f"pointnet/{case}"]
        h = stored["input0"].astype(float)
        for i in (2, 4):
            h = np.maximum(h @ stored[f"input{i}"] + stored[f"input{i + 1}"], 0)
        y = max_over_points(jnp.asarray(h), jnp.asarray(stored["input1"] == 1))
        agree("point clouds, float32", y, stored["output"], 1e-5, 1e-6)


def test_by_hand():
    cloud = put.array([[1.0, 9], [5, 2], [7, 7]])
    assert max_over_points(cloud).tolist() == [7, 9]
    mask = put.array([True, True, False])
    assert max_over_points(cloud, mask).tolist() == [5, 9]
    told = append_maximum(cloud, mask)
    assert told.tolist() == [[1, 9, 5, 9], [5, 2, 5, 9], [7, 7, 5, 9]]


@settings(max_examples=15, deadline=None)
@given(CLOUDS, st.permutations(range(4)))
def test_the_order_of_the_points_does_not_matter(cloud, order):
    x, order = jnp.asarray(cloud), jnp.asarray(order)
    np.testing.assert_array_equal(max_over_points(x[order]), max_over_points(x))
    np.testing.assert_array_equal(append_maximum(x[order]), append_maximum(x)[order])
    slope = jax.grad(lambda x: max_over_points(x).sum())  # values may be equal, and often are
    np.testing.assert_array_equal(slope(x[order]), slope(x)[order])


def test_points_that_do_not_exist_do_not_matter():
    for nothing in (0.0, 1e6, jnp.nan, jnp.inf):
        filled = jnp.where(MASK[..., None], X, nothing)
        np.testing.assert_array_equal(max_over_points(filled, MASK), max_over_points(X, MASK))
        slope = jax.jit(jax.grad(lambda x: max_over_points(x, MASK).sum()))(filled)
        assert np.isfinite(slope).all() and not slope[~MASK].any()
    np.testing.assert_array_equal(max_over_points(X, MASK)[1], X[1, 3])
    empty = put.zeros((2, 5), bool)
    np.testing.assert_array_equal(max_over_points(X, empty), 0)
    assert not jax.jit(jax.grad(lambda x: max_over_points(x, empty).sum()))(X).any()


@pytest.mark.parametrize("function", [max_over_points, append_maximum])
def test_compiled_differenced_and_each_cloud_for_itself(function):
    check_jit(function, X)
    check_jit(function, X, MASK)
    check_gradient(lambda x: function(x, MASK), X)
    np.testing.assert_array_equal(jax.vmap(function)(X, MASK), function(X, MASK))


def test_wrong_inputs():
    for function in (max_over_points, append_maximum):
        with pytest.raises(ValueError, match=r"mask must have shape \(2, 5\), got \(5,\)"):
            function(X, MASK[0])
