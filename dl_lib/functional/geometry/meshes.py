"""Convolution on the edges of a triangle mesh, each of which borders on two triangles."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from dl_lib.functional.convolution._axes import add_bias
from dl_lib.functional.numerics import absolute, through_float32
from dl_lib.functional.vectors.indexing import take
from dl_lib.validation import is_known

__all__ = ["edge_neighbors", "mesh_convolution"]


def edge_neighbors(
    faces: Int[Array, "..."],
) -> tuple[Int[Array, "edges 2"], Int[Array, "edges 4"], Bool[Array, "edges 4"]]:
    """Edges of a mesh, and the four other sides of the two triangles at each of them.

    The numbers of edges depend on the values of `faces`, so this is done once and not under jit.

    Equation
        edge {u, v} of the triangles (u, v, w) and (v, u, z) has the neighbors
        a = {v, w}, b = {w, u}, c = {u, z}, d = {z, v}: counterclockwise in both triangles
    Args
        faces: triangles, (faces, 3), numbers of their corners, all counterclockwise seen from
            outside
    Returns
        edges as pairs of corners, (edges, 2), the smaller number first, in lexical order; numbers
        of the edges a, b, c, d, (edges, 4); and which of them exist, (edges, 4). At a boundary
        there is one triangle, and the numbers of the other's sides are 0 and do not exist
    Raises
        ValueError: if two triangles go along an edge in the same direction, as where three of them
            meet in one; if a triangle has less than three corners or a negative one; if faces are
            being traced
    Source
        Hanocka et al. 2019, section 4.1.
    Chapter
        geometry/meshes
    """
    if not is_known(faces) or faces.ndim != 2 or faces.shape[1] != 3:
        raise ValueError(f"faces must be a known array of shape (faces, 3), got {faces}")
    following = {}  # each directed side of a triangle, and the two that come after it
    for corners in np.asarray(faces).tolist():
        if len(set(corners)) < 3:
            raise ValueError(f"a triangle has three different corners, got {corners}")
        if min(corners) < 0:
            raise ValueError(f"corners are numbered from 0, got {corners}")
        for turn in range(3):
            u, v, w = corners[turn:] + corners[:turn]
            if (u, v) in following:
                raise ValueError(f"two triangles go from corner {u} to corner {v}")
            following[u, v] = [(v, w), (w, u)]
    edges = sorted({_undirected(side) for side in following})
    number = {edge: i for i, edge in enumerate(edges)}
    missing = [None, None]
    around = [following.get((u, v), missing) + following.get((v, u), missing) for u, v in edges]
    neighbors = [[0 if s is None else number[_undirected(s)] for s in sides] for sides in around]
    valid = [[s is not None for s in sides] for sides in around]
    pairs, fours = (len(edges), 2), (len(edges), 4)  # said, for a mesh without faces
    return (
        jnp.asarray(edges, int).reshape(pairs),
        jnp.asarray(neighbors, int).reshape(fours),
        jnp.asarray(valid, bool).reshape(fours),
    )


@through_float32
def mesh_convolution(
    x: Float[Array, "... in edges"],
    neighbors: Int[Array, "..."],
    weight: Float[Array, "..."],
    bias: Float[Array, "..."] | None = None,
    valid: Bool[Array, "..."] | None = None,
) -> Float[Array, "... out edges"]:
    """Convolution over the edges of a mesh, by the definition of MeshCNN.

    Which triangle of an edge is the first is arbitrary: (a, b, c, d) is also (c, d, a, b). The
    kernel sees sums and distances of opposite neighbors only, which are the same for both.

    Equation
        y[o, e] = b[o] + Σ_c K[o, c] · (x_e, |x_a − x_c|, x_a + x_c, |x_b − x_d|, x_b + x_d)[c]
    Args
        x: features of the edges, (batch, in, edges), or without batch
        neighbors: a, b, c, d of each edge, (edges, 4), as `edge_neighbors` gives them
        weight: K, (out, in, 5)
        bias: (out,); None for no bias
        valid: which neighbors exist, (edges, 4); the others count as 0. None for all
    Returns
        (batch, out, edges), or without batch; NaN where an index is out of range under jit
    Raises
        ValueError: if the shapes do not fit, or a known index is out of range
    Source
        Hanocka et al. 2019, section 4.1.
    Chapter
        geometry/meshes
    """
    inputs, edges = x.shape[-2:]
    if weight.ndim != 3 or weight.shape[1:] != (inputs, 5):
        raise ValueError(f"weight must be (out, {inputs}, 5) for x {x.shape}, got {weight.shape}")
    for name, array, shape in (
        ("neighbors", neighbors, (edges, 4)),
        ("valid", valid, (edges, 4)),
        ("bias", bias, weight.shape[:1]),
    ):
        if array is not None and array.shape != shape:
            raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    around = take(x, neighbors, axis=-1)  # (..., in, edges, 4)
    if valid is not None:
        around = jnp.where(valid, around, 0)
    a, b, c, d = jnp.moveaxis(around, -1, 0)
    same_for_both = jnp.stack([x, absolute(a - c), a + c, absolute(b - d), b + d], axis=-1)
    return add_bias(jnp.einsum("ock,...cek->...oe", weight, same_for_both), bias, 1)


def _undirected(side):
    return min(side), max(side)
