"""Layers on the edges of a triangle mesh."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from dl_lib.core import Context, Module, decays
from dl_lib.functional import mesh_convolution
from dl_lib.initializers import Initializer, he_uniform

__all__ = ["MeshConvolution"]


class MeshConvolution(Module):
    """Convolution over the edges of a mesh, by the definition of MeshCNN.

    Equation
        y_e = b + Σ K · (x_e, |x_a − x_c|, x_a + x_c, |x_b − x_d|, x_b + x_d)
    Args
        in_channels: features of each edge
        out_channels: of each edge
        key: random key for the kernels
        bias: whether there is a b; it starts at zero
        initializer: how K, (out, in, 5), is drawn, `init(key, shape)`
    Returns
        a layer: `layer(x, neighbors=..., valid=...)` maps (batch, in, edges) to (batch, out,
        edges), with or without batch; the mesh comes from `edge_neighbors`
    Raises
        ValueError: if the shapes do not fit, or a known index is out of range
    Source
        Hanocka et al. 2019, section 4.1.
    Chapter
        geometry/meshes
    """

    weight: Float[Array, "out in 5"] = decays()
    bias: Float[Array, "out"] | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        key: Key[Array, ""],
        bias: bool = True,
        initializer: Initializer = he_uniform(),
    ):
        self.weight = initializer(key, (out_channels, in_channels, 5))
        self.bias = jnp.zeros(out_channels) if bias else None

    def __call__(
        self,
        x: Float[Array, "... in edges"],
        ctx: Context | None = None,
        *,
        neighbors: Int[Array, "..."],
        valid: Bool[Array, "..."] | None = None,
    ):
        return mesh_convolution(x, neighbors, self.weight, self.bias, valid)
