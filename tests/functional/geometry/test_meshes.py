import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dl_lib.functional import edge_neighbors, mesh_convolution
from tests import put
from tests.checks import agree, check_gradient, check_jit, check_stored, load_oracle

STORED, SURFACES = load_oracle("geometry"), load_oracle("meshes")
RNG = np.random.default_rng(0)
PAIR = put.array([[0, 1, 2], [2, 1, 3]])
TETRAHEDRON = put.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]])
FEATURES = arrays(np.float32, (1, 2, 6), elements=st.floats(-5, 5, width=32))
OTHER_FIRST = [2, 3, 0, 1]


@pytest.mark.parametrize("case", ["mesh/boundary", "mesh/closed"])
def test_value_and_gradient_equal_torch(case):
    def convolve(x, w, b, neighbors, valid):
        return mesh_convolution(x, neighbors, w, b, valid == 1)

    check_stored("meshes", convolve, STORED[case], rtol32=1e-5, atol32=1e-5)


def test_neighbors_of_two_triangles_by_hand():
    edges, neighbors, valid = edge_neighbors(PAIR)
    assert edges.tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]
    np.testing.assert_array_equal(neighbors, STORED["mesh/boundary"]["input3"])
    np.testing.assert_array_equal(valid, STORED["mesh/boundary"]["input4"])


def test_neighbors_in_a_closed_mesh():
    edges, neighbors, valid = (np.asarray(part) for part in edge_neighbors(TETRAHEDRON))
    assert len(edges) == 6 and valid.all()  # Euler: 4 − 6 + 4 = 2
    for edge, (a, b, c, d) in zip(edges, neighbors, strict=True):
        first, second = set(edge) | set(edges[a]), set(edge) | set(edges[c])
        assert first == set(edge) | set(edges[b]) and second == set(edge) | set(edges[d])
        assert first != second
        # a and c are opposite: they share no corner, and neither do b and d.
        assert not set(edges[a]) & set(edges[c]) and not set(edges[b]) & set(edges[d])


@pytest.mark.parametrize("name", SURFACES)
def test_neighbors_equal_those_of_trimesh(name):
    stored = SURFACES[name]
    edges, neighbors, valid = edge_neighbors(put.array(stored["faces"]))
    order = np.lexsort(stored["edges"].T[::-1])
    agree("meshes, neighbors", edges, stored["edges"][order], rtol=0)
    # As sets, since which triangle comes first is not told by trimesh.
    corners = np.where(valid[..., None], np.asarray(edges)[neighbors], -1)
    for ours, theirs in zip(corners.tolist(), stored["around"][order].tolist(), strict=True):
        agree("meshes, neighbors", np.asarray(sorted(ours)), np.asarray(sorted(theirs)), rtol=0)


def test_by_hand():
    x = put.array([[1.0, 2, 4, 8, 16]])
    _, neighbors, valid = edge_neighbors(PAIR)
    weight = put.array([[[1.0, 10, 100, 1000, 10000]]])
    y = mesh_convolution(x, neighbors, weight, put.array([0.5]), valid)
    # The middle edge has a, b, c, d = 2, 1, 8, 16; the first one has 4, 2 and nothing behind it.
    assert y[0, 2] == 4 + 10 * 6 + 100 * 10 + 1000 * 15 + 10000 * 17 + 0.5
    assert y[0, 0] == 1 + 110 * 4 + 11000 * 2 + 0.5


@settings(max_examples=15, deadline=None)
@given(FEATURES)
def test_which_triangle_is_first_does_not_matter(x):
    _, neighbors, _ = edge_neighbors(TETRAHEDRON)
    weight = put.array(RNG.normal(size=(3, 2, 5)), jnp.float32)
    swapped = jnp.where(RNG.random((6, 1)) < 0.5, neighbors[:, OTHER_FIRST], neighbors)
    y = mesh_convolution(jnp.asarray(x), neighbors, weight)
    other = mesh_convolution(jnp.asarray(x), swapped, weight)
    np.testing.assert_array_equal(y, other)


def test_how_triangles_are_listed_does_not_matter():
    x = put.array(RNG.normal(size=(1, 2, 6)), jnp.float32)
    weight = put.array(RNG.normal(size=(3, 2, 5)), jnp.float32)
    edges, neighbors, _ = edge_neighbors(TETRAHEDRON)
    expected = mesh_convolution(x, neighbors, weight)
    for _ in range(5):
        turned = [np.roll(face, RNG.integers(3)) for face in TETRAHEDRON[RNG.permutation(4)]]
        same, neighbors, _ = edge_neighbors(put.array(np.stack(turned)))
        np.testing.assert_array_equal(same, edges)
        y = mesh_convolution(x, neighbors, weight)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_an_index_out_of_range_is_seen():
    x, weight = put.ones((1, 1, 2)), put.ones((1, 1, 5))
    wrong = put.array([[0, 1, 0, 1], [0, 1, 0, 2]])
    with pytest.raises(ValueError, match=r"index must lie in 0\.\.1, found 2"):
        mesh_convolution(x, wrong, weight)
    y = jax.jit(mesh_convolution)(x, wrong, weight)
    assert np.isnan(y[0, 0]).tolist() == [False, True]
    # What does not exist may be any number that is in range, and is not read.
    valid = wrong < 2
    hidden = mesh_convolution(x, jnp.minimum(wrong, 1), weight, valid=valid)
    assert hidden[0, 0].tolist() == [1 + 0 + 2 + 0 + 2, 1 + 0 + 2 + 1 + 1]


def test_compiled_differenced_and_each_mesh_for_itself():
    _, neighbors, valid = edge_neighbors(PAIR)
    x = put.array(RNG.normal(size=(2, 2, 5)), jnp.float32)
    weight, bias = put.array(RNG.normal(size=(2, 2, 5)), jnp.float32), put.ones(2)

    def function(x, w, b):
        return mesh_convolution(x, neighbors, w, b, valid)

    check_jit(function, x, weight, bias)
    check_gradient(function, x, weight, bias)
    one_by_one = jax.vmap(lambda x: function(x, weight, bias))(x)
    np.testing.assert_allclose(function(x, weight, bias), one_by_one, rtol=1e-5, atol=1e-6)


def test_wrong_inputs():
    _, neighbors, valid = edge_neighbors(PAIR)
    x, weight = put.ones((1, 5)), put.ones((2, 1, 5))
    with pytest.raises(ValueError, match="two triangles go from corner 1 to corner 2"):
        edge_neighbors(put.array([[0, 1, 2], [1, 2, 3]]))
    with pytest.raises(ValueError, match=r"three different corners, got \[0, 1, 1\]"):
        edge_neighbors(put.array([[0, 1, 1]]))
    with pytest.raises(ValueError, match="must be a known array"):
        jax.jit(edge_neighbors)(PAIR)
    with pytest.raises(ValueError, match=r"weight must be \(out, 1, 5\) .* got \(2, 1, 4\)"):
        mesh_convolution(x, neighbors, weight[..., :4])
    with pytest.raises(ValueError, match=r"neighbors must have shape \(5, 4\), got \(4, 4\)"):
        mesh_convolution(x, neighbors[1:], weight)
    with pytest.raises(ValueError, match=r"valid must have shape \(5, 4\), got \(5, 2\)"):
        mesh_convolution(x, neighbors, weight, valid=valid[:, :2])
    with pytest.raises(ValueError, match=r"bias must have shape \(2,\), got \(1,\)"):
        mesh_convolution(x, neighbors, weight, put.ones(1))
