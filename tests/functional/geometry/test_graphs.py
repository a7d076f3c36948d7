import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse.csgraph

from dl_lib.functional import graph_convolution, normalize_adjacency
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

STORED = load_oracle("geometry")
RNG = np.random.default_rng(0)
STAR = put.array([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])
# A path of three nodes, an edge with a weight, and node 5 alone.
GRAPH = np.zeros((6, 6), np.float32)
for _i, _j, _weight in ((0, 1, 1), (1, 2, 1), (3, 4, 2.5)):
    GRAPH[_i, _j] = GRAPH[_j, _i] = _weight


@pytest.mark.parametrize("case", [case for case in STORED if case.startswith("graph/")])
def test_value_and_gradient_equal_torch(case):
    method, *loops = case.split("/")[1:]

    def convolve(A, x, w, b):
        if method != "raw":
            A = normalize_adjacency(A, method, loops == ["True"])
        return graph_convolution(x, A, w, b)

    check_stored("graphs", convolve, STORED[case], rtol32=1e-5, atol32=1e-5)


def test_symmetric_scaling_equals_the_laplacian_of_scipy():
    laplacian = scipy.sparse.csgraph.laplacian(GRAPH, normed=True)
    scaled = normalize_adjacency(jnp.asarray(GRAPH), self_loops=False)
    connected = np.diag([1, 1, 1, 1, 1, 0])  # scipy leaves a node alone out of the identity
    agree("graphs, float32", scaled, connected - laplacian, 1e-6, 1e-7)


def test_with_self_loops_equals_powers_of_matrices_by_scipy():
    loops = GRAPH + np.eye(6)
    root = scipy.linalg.fractional_matrix_power(np.diag(loops.sum(1)), -0.5)
    symmetric = normalize_adjacency(jnp.asarray(GRAPH))
    agree("graphs, float32", symmetric, root @ loops @ root, 1e-6, 1e-7)
    rows = normalize_adjacency(jnp.asarray(GRAPH), "rows")
    agree("graphs, float32", rows, root @ root @ loops, 1e-6, 1e-7)
    np.testing.assert_allclose(rows.sum(1), 1, rtol=1e-6)


def test_by_hand():
    x, w = put.array([[1.0, 0], [0, 1], [2, 2]]), put.array([[1.0], [10]])
    assert graph_convolution(x, STAR, w, put.array([0.5])).tolist() == [[32.5], [1.5], [1.5]]
    third, sixth = 1 / 3, 6**-0.5
    expected = [[third, sixth, sixth], [sixth, 0.5, 0], [sixth, 0, 0.5]]
    np.testing.assert_allclose(normalize_adjacency(STAR), expected, rtol=1e-6)
    means = normalize_adjacency(STAR, "rows", self_loops=False)
    np.testing.assert_allclose(means, [[0, 0.5, 0.5], [1, 0, 0], [1, 0, 0]])


def test_scaling_keeps_the_features_small():
    # Raw, the star doubles what it carries every second time; scaled, nothing grows.
    raw = np.linalg.eigvalsh(STAR)
    np.testing.assert_allclose(raw, [-(2**0.5), 0, 2**0.5], atol=1e-6)
    scaled = np.linalg.eigvalsh(normalize_adjacency(STAR))
    np.testing.assert_allclose(scaled, [-1 / 6, 0.5, 1], atol=1e-6)


@pytest.mark.parametrize("method", ["symmetric", "rows"])
def test_a_node_alone_gives_no_nan(method):
    def function(A, x):
        return graph_convolution(x, normalize_adjacency(A, method, False), put.ones((2, 1)))

    x = put.array(RNG.normal(size=(6, 2)), jnp.float32)
    y, pull = jax.vjp(function, jnp.asarray(GRAPH), x)
    A_gradient, x_gradient = pull(jnp.ones_like(y))
    assert np.isfinite(y).all() and np.isfinite(x_gradient).all()
    assert np.isfinite(A_gradient).all() and A_gradient.any()
    assert not y[5].any() and not A_gradient[5].any()
    assert not compiled(normalize_adjacency)(put.zeros((3, 3)), method, False).any()


def test_numbering_the_nodes_anew_numbers_the_outputs_anew():
    x = put.array(RNG.normal(size=(6, 2)), jnp.float32)
    w = put.array(RNG.normal(size=(2, 4)), jnp.float32)
    for method in ("symmetric", "rows"):
        expected = graph_convolution(x, normalize_adjacency(jnp.asarray(GRAPH), method), w)
        for order in (RNG.permutation(6) for _ in range(5)):
            moved = normalize_adjacency(jnp.asarray(GRAPH[np.ix_(order, order)]), method)
            y = graph_convolution(x[order], moved, w)
            np.testing.assert_allclose(y, expected[order], rtol=1e-5, atol=1e-6)


def test_compiled_differenced_and_each_graph_for_itself():
    A = put.array(np.abs(RNG.normal(size=(2, 3, 3))), jnp.float32)
    x, w, b = (put.array(RNG.normal(size=s), jnp.float32) for s in ((2, 3, 2), (2, 2), (2,)))

    def function(A, x, w, b):
        return graph_convolution(x, normalize_adjacency(A), w, b)

    check_jit(function, A, x, w, b)
    check_gradient(function, A, x, w, b)
    check_vmap(normalize_adjacency, A)
    check_gradient(lambda A: normalize_adjacency(A, "rows", False), A[0])
    one_by_one = jax.vmap(function, (0, 0, None, None))(A, x, w, b)
    np.testing.assert_allclose(function(A, x, w, b), one_by_one, rtol=1e-5, atol=1e-6)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="method must be one of symmetric, rows, got 'columns'"):
        normalize_adjacency(STAR, "columns")
    with pytest.raises(ValueError, match=r"must be \(..., nodes, nodes\), got shape \(2, 3\)"):
        normalize_adjacency(put.ones((2, 3)))
    with pytest.raises(ValueError, match=r"x of shape \(4, 1\) has 4 nodes, .* has 3"):
        graph_convolution(put.ones((4, 1)), STAR, put.ones((1, 1)))
    with pytest.raises(ValueError, match=r"\(3, 2\) does not fit a weight of shape \(1, 1\)"):
        graph_convolution(put.ones((3, 2)), STAR, put.ones((1, 1)))
    with pytest.raises(ValueError, match=r"bias must have shape \(1,\), got \(3,\)"):
        graph_convolution(put.ones((3, 1)), STAR, put.ones((1, 1)), put.ones(3))
