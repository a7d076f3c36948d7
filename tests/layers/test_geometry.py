"""Layers for graphs and meshes, which hold the weights of the functions of the same name."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dl_lib.core import named, parameter_count
from dl_lib.functional import edge_neighbors, normalize_adjacency
from dl_lib.layers import GraphConvolution, MeshConvolution
from tests import put
from tests.checks import check_gradient, check_jit, check_stored, load_oracle

STORED = load_oracle("geometry")
KEY = jax.random.key(0)
RING = jnp.roll(put.eye(4), 1, 1) + jnp.roll(put.eye(4), -1, 1)
_, NEIGHBORS, VALID = edge_neighbors(put.array([[0, 1, 2], [2, 1, 3]]))


def test_graph_convolution_equals_torch():
    layer = GraphConvolution(3, 5, key=KEY)

    def function(A, x, w, b):
        return layer.replace(weight=w, bias=b)(x, adjacency=normalize_adjacency(A))

    check_stored("layers", function, STORED["graph/symmetric/True"], rtol32=1e-5, atol32=1e-5)


def test_mesh_convolution_equals_torch():
    layer = MeshConvolution(3, 4, key=KEY)

    def function(x, w, b, neighbors, valid):
        return layer.replace(weight=w, bias=b)(x, neighbors=neighbors, valid=valid == 1)

    check_stored("layers", function, STORED["mesh/boundary"], rtol32=1e-5, atol32=1e-5)


def test_parameters():
    assert parameter_count(GraphConvolution(3, 5, key=KEY)) == 3 * 5 + 5
    assert parameter_count(MeshConvolution(3, 4, key=KEY)) == 4 * 3 * 5 + 4
    for layer in (
        GraphConvolution(40, 50, key=KEY, bias=False),
        MeshConvolution(8, 50, key=KEY, bias=False),
    ):
        assert named(layer).keys() == {"weight"}
        # Forty numbers are added up for each output of either: forty features, or eight and five.
        np.testing.assert_allclose(layer.weight.std(), (2 / 40) ** 0.5, rtol=0.05)


def test_two_layers_see_the_neighbors_of_the_neighbors():
    first, second = (GraphConvolution(1, 1, key=key) for key in jax.random.split(KEY))

    def net(x):
        return second(first(x, adjacency=RING), adjacency=RING)

    reach = jax.jit(jax.jacobian(net))(put.ones((4, 1)))[:, 0, :, 0]
    np.testing.assert_array_equal(reach != 0, RING @ RING != 0)


def test_compiled_and_differenced():
    graph, mesh = GraphConvolution(2, 3, key=KEY), MeshConvolution(2, 3, key=KEY)
    nodes, edges = put.normal((4, 2)), put.normal((2, 5))
    check_jit(lambda layer, x: layer(x, adjacency=RING), graph, nodes)
    check_jit(lambda layer, x: layer(x, neighbors=NEIGHBORS, valid=VALID), mesh, edges)
    check_gradient(
        lambda x, w, b: graph.replace(weight=w, bias=b)(x, adjacency=RING),
        nodes,
        graph.weight,
        graph.bias,
    )
    check_gradient(
        lambda x, w, b: mesh.replace(weight=w, bias=b)(x, neighbors=NEIGHBORS, valid=VALID),
        edges,
        mesh.weight,
        mesh.bias,
    )


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"has 3 nodes, adjacency of shape \(4, 4\) has 4"):
        GraphConvolution(2, 3, key=KEY)(put.ones((3, 2)), adjacency=RING)
    with pytest.raises(ValueError, match=r"weight must be \(out, 1, 5\)"):
        MeshConvolution(2, 3, key=KEY)(put.ones((1, 5)), neighbors=NEIGHBORS)
