import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial.distance
import sklearn.neighbors

from dl_lib.functional.vectors.similarity import (
    cosine_similarity,
    most_similar,
    pairwise_distance,
    squared_distances,
    unit_vectors,
)
from tests import put
from tests.checks import (
    agree,
    check_gradient,
    check_jit,
    check_stored,
    check_vmap,
    load_oracle,
)
from tests.compiled import compiled

STORED = load_oracle("metric_learning_losses")
X = put.array([[3.0, 4.0, 0.0], [1.0, -2.0, 2.0]])
Z = put.array([[4.0, 3.0, 1.0], [0.5, 1.0, -1.0]])


@pytest.mark.parametrize("case", [case for case in STORED if case.startswith("cosine_similarity/")])
def test_cosine_similarity_equals_torch(case):
    check_stored("similarities", cosine_similarity, STORED[case])


@pytest.mark.parametrize("shape", [2, 3])
def test_unit_vectors_and_squared_distances_equal_torch(shape):
    check_stored("similarities", unit_vectors, STORED[f"unit_vectors/{shape}"])
    check_stored("similarities", squared_distances, STORED[f"squared_distances/{shape}"])


def test_cosine_similarity_of_a_short_vector():
    case = STORED["cosine_similarity_tiny"]
    x, z = put.array(case["input0"]), put.array(case["input1"])
    agree("similarities, float32", cosine_similarity(x, z), case["output"])
    np.testing.assert_allclose(cosine_similarity(x, z), 0.3 * 0.8, rtol=1e-6)
    # The bound is constant, so the value is linear in x there: slope z / (ε ‖z‖).
    slope = jax.jit(jax.grad(lambda x: cosine_similarity(x, z).sum()))(x)
    np.testing.assert_allclose(slope, [[0.8e8, 0.6e8]], rtol=1e-6)


@pytest.mark.parametrize("case", [case for case in STORED if case.startswith("pairwise")])
def test_pairwise_distance_equals_torch(case):
    p = float(case.split("/")[1])
    check_stored("similarities", lambda x, z: pairwise_distance(x, z, p), STORED[case])


def test_squared_distances_equal_scipy():
    for first, second in ((X, Z), (Z, jnp.concatenate([X, Z]))):
        expected = scipy.spatial.distance.cdist(first, second, "sqeuclidean")
        agree("similarities, float32", squared_distances(first, second), expected, 1e-6)
    stacked = squared_distances(jnp.stack([X, Z]), jnp.stack([Z, X]))
    np.testing.assert_allclose(stacked[0], squared_distances(X, Z))
    close = put.array([[1e4, 0.0]]), put.array([[1e4 + 1, 0.0]])
    np.testing.assert_allclose(squared_distances(*close), 1)


def test_by_hand():
    np.testing.assert_allclose(cosine_similarity(X[0, :2], Z[0, :2]), 24 / 25, rtol=1e-6)
    # Each length has its bound: with one bound for their product it would be 0.3.
    short = put.array([1e-9, 0.0]), put.array([3.0, 4.0])
    np.testing.assert_allclose(cosine_similarity(*short), 0.06, rtol=1e-5)
    np.testing.assert_allclose(unit_vectors(X[0]), [0.6, 0.8, 0], rtol=1e-6)
    # Equal vectors of n features are ε √n apart.
    np.testing.assert_allclose(pairwise_distance(put.ones(4), put.ones(4)), 2e-6, rtol=0.1)
    assert pairwise_distance(X, X, eps=0.0, keepdims=True).shape == (2, 1)
    np.testing.assert_allclose(squared_distances(X[:1], Z[:1]), [[3]], rtol=1e-6)


def test_scale_and_direction():
    for scale in (1e-3, 7.0, 1e25):
        np.testing.assert_allclose(cosine_similarity(scale * X, X), 1, rtol=1e-6)
        np.testing.assert_allclose(cosine_similarity(-scale * X, X), -1, rtol=1e-6)
    zero = jnp.zeros_like(X)
    assert np.isfinite(jax.jit(jax.grad(lambda x: cosine_similarity(x, X).sum()))(zero)).all()
    np.testing.assert_array_equal(cosine_similarity(zero, X), 0)
    at = jax.jit(jax.grad(lambda x: pairwise_distance(x, X, eps=0.0).sum()))(X)
    np.testing.assert_array_equal(at, 0)


def test_most_similar_equals_scikit_learn():
    for rows in (5, 7):
        table = put.array(np.random.default_rng(rows).normal(size=(rows, 3)), jnp.float32)
        search = sklearn.neighbors.NearestNeighbors(metric="cosine").fit(table)
        distance, expected = search.kneighbors(table[2:3], 4)
        numbers, cosines = compiled(most_similar)(table, table[2], 4)
        np.testing.assert_array_equal(numbers, expected[0])
        agree("similarities, float32", cosines, 1 - distance[0], 1e-5, 1e-6)
        numbers, _ = compiled(most_similar)(table, 9 * table[2], 3, put.array([2]))
        np.testing.assert_array_equal(numbers, expected[0, 1:])
    check_jit(lambda t, q, e: most_similar(t, q, 2, e), table, table[0], put.array([0]))
    check_vmap(lambda t, q, e: most_similar(t, q, 2, e), table, table[0], put.array([0]))


def test_compiled_and_differenced():
    for function in (cosine_similarity, pairwise_distance, squared_distances):
        check_jit(function, X, Z, atol=1e-6)
        check_vmap(function, X, Z)
        check_gradient(function, X, Z)
    check_jit(unit_vectors, X)
    check_vmap(unit_vectors, X)
    check_gradient(unit_vectors, X)


def test_wrong_inputs():
    for function in (cosine_similarity, pairwise_distance):
        with pytest.raises(ValueError, match=r"first has shape \(2, 3\) but second has .*\(3,\)"):
            function(X, Z[0])
    with pytest.raises(ValueError, match=r"p must be at least 1 for a norm, got 0\.5"):
        pairwise_distance(X, Z, 0.5)
    with pytest.raises(ValueError, match="first has 3 features but second has 2"):
        squared_distances(X, Z[:, :2])
    with pytest.raises(ValueError, match=r"eps must be positive, got 0"):
        unit_vectors(X, eps=0.0)
    with pytest.raises(ValueError, match=r"query must have shape \(3,\), got \(2,\)"):
        most_similar(X, Z[0, :2], 1)
    with pytest.raises(ValueError, match=r"k must lie in 1\.\.1, got 2"):
        most_similar(X, Z[0], 2, put.array([0]))
    with pytest.raises(ValueError, match=r"exclude must lie in 0\.\.1, found 5"):
        most_similar(X, Z[0], 1, put.array([5]))
