"""Layers on the nodes of a graph."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, decays
from dl_lib.functional import graph_convolution
from dl_lib.initializers import Initializer, he_uniform

__all__ = ["GraphConvolution"]


class GraphConvolution(Module):
    """One dense layer for all nodes of a graph, and a sum over the neighbors of each.

    Equation
        Y = A X W + b
    Args
        in_features: of each node
        out_features: of each node
        key: random key for the weights
        bias: whether there is a b; it starts at zero
        initializer: how W is drawn, `init(key, shape)`
    Returns
        a layer: `layer(x, adjacency=A)` maps (..., nodes, in) to (..., nodes, out). The matrix is
        (..., nodes, nodes), mostly from `normalize_adjacency`, computed once for all layers
    Raises
        ValueError: if the shapes do not fit
    Source
        Kipf & Welling 2017.
    Chapter
        geometry/graphs
    """

    weight: Float[Array, "in out"] = decays()
    bias: Float[Array, "out"] | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        initializer: Initializer = he_uniform(),
    ):
        self.weight = initializer(key, (in_features, out_features))
        self.bias = jnp.zeros(out_features) if bias else None

    def __call__(
        self,
        x: Float[Array, "... nodes in"],
        ctx: Context | None = None,
        *,
        adjacency: Float[Array, "..."],
    ):
        return graph_convolution(x, adjacency, self.weight, self.bias)
