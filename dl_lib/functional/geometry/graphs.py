"""Functions on the nodes of a graph, which speak to their neighbors through its adjacency matrix.

Entry (i, j) of the matrix is the weight of what node i receives from node j, 0 for no edge.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.numerics import through_float32
from dl_lib.functional.vectors.linear_maps import linear
from dl_lib.validation import require_axes

__all__ = ["graph_convolution", "normalize_adjacency"]

METHODS = ("symmetric", "rows")


@through_float32
def normalize_adjacency(
    adjacency: Float[Array, "..."], method: str = "symmetric", self_loops: bool = True
) -> Float[Array, "..."]:
    """Scale the edges of a graph, so that nodes with many of them do not shout.

    Applied again and again, the raw matrix makes features grow with the number of neighbors; the
    eigenvalues of both scaled ones lie in [−1, 1] where the graph is undirected.

    Equation
        Ã = A + I,  D̃ = diag(Σⱼ Ãᵢⱼ)
        symmetric: D̃^−½ Ã D̃^−½;  rows: D̃⁻¹ Ã, a mean over the neighbors
    Args
        adjacency: A, (..., nodes, nodes), not negative
        method: "symmetric" or "rows"
        self_loops: whether a node hears itself; without, Ã = A
    Returns
        same shape as `adjacency`; a node without edges keeps its row of zeros, and gets no gradient
    Raises
        ValueError: if the matrix is not square, or the method is unknown
    Source
        Kipf & Welling 2017, equation 2.
    Chapter
        geometry/graphs
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    _require_square(adjacency)
    if self_loops:
        adjacency = adjacency + jnp.eye(adjacency.shape[-1], dtype=adjacency.dtype)
    degree = jnp.sum(adjacency, axis=-1)

    def scale(power):
        # Chosen twice: inside, since 0 to a negative power would be ∞ and its gradient NaN.
        return jnp.where(degree == 0, 0, jnp.where(degree == 0, 1, degree) ** power)

    if method == "rows":
        return scale(-1.0)[..., :, None] * adjacency
    return scale(-0.5)[..., :, None] * adjacency * scale(-0.5)[..., None, :]


def graph_convolution(
    x: Float[Array, "... nodes in"],
    adjacency: Float[Array, "..."],
    weight: Float[Array, "in_of_weight out"],
    bias: Float[Array, "..."] | None = None,
) -> Float[Array, "... nodes out"]:
    """Graph convolution: every node adds up what its neighbors say, in the same words.

    Equation
        Y = A X W + b
    Args
        x: X, (..., nodes, in)
        adjacency: A, (..., nodes, nodes); raw, or as `normalize_adjacency` gives it
        weight: W, (in, out)
        bias: (out,); None for no bias
    Returns
        (..., nodes, out)
    Raises
        ValueError: if the shapes do not fit
    Source
        Kipf & Welling 2017.
    Chapter
        geometry/graphs
    """
    _require_square(adjacency)
    require_axes("x", x, "..., nodes, features")
    if adjacency.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"x of shape {x.shape} has {x.shape[-2]} nodes, adjacency of shape {adjacency.shape} "
            f"has {adjacency.shape[-1]}"
        )
    # A (X W): there are mostly fewer features behind the weights than before them.
    y = adjacency @ linear(x, weight)
    if bias is None:
        return y
    if bias.shape != y.shape[-1:]:
        raise ValueError(f"bias must have shape {y.shape[-1:]}, got {bias.shape}")
    return y + bias


def _require_square(adjacency):
    if adjacency.ndim < 2 or adjacency.shape[-1] != adjacency.shape[-2]:
        raise ValueError(f"adjacency must be (..., nodes, nodes), got shape {adjacency.shape}")
