"""How alike two vectors are: angles, distances, and tables of both."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dl_lib.functional.numerics import in_float32, through_float32
from dl_lib.functional.vectors.indexing import require_index
from dl_lib.functional.vectors.norms import l2_norm, p_norm
from dl_lib.validation import require_axes, require_positive, require_same_shape

__all__ = [
    "cosine_similarity",
    "most_similar",
    "pairwise_distance",
    "squared_distances",
    "unit_vectors",
]


@through_float32
def unit_vectors(x: Float[Array, "..."], axis: int = -1, eps: float = 1e-8) -> Float[Array, "..."]:
    """Vectors of the same direction and length 1.

    Equation
        x / max(‖x‖₂, ε)
    Args
        x: any shape
        axis: the axis that holds the vectors
        eps: ε > 0; a vector shorter than that stays short, and the zero vector 0
    Returns
        same shape as `x`
    Raises
        ValueError: if ε is not positive
    Chapter
        losses/metric_learning
    """
    require_positive("eps", eps)
    return x / jnp.maximum(l2_norm(x, axis, keepdims=True), eps)


@through_float32
def cosine_similarity(
    first: Float[Array, "..."],
    second: Float[Array, "..."],
    axis: int = -1,
    eps: float = 1e-8,
) -> Float[Array, "..."]:
    """Cosine of the angle between two vectors.

    Equation
        cos(x, z) = x·z / (max(‖x‖₂, ε) max(‖z‖₂, ε))
    Args
        first: x, any shape
        second: z, same shape
        axis: the axis that holds the vectors
        eps: ε > 0; a vector shorter than that counts as short, and the zero vector gives 0
    Returns
        the shape without `axis`, in [−1, 1] up to rounding
    Raises
        ValueError: if the shapes differ
    Source
        PyTorch's cosine_similarity, which bounds each norm by itself and not their product.
    Chapter
        losses/metric_learning
    """
    require_same_shape("first", first, "second", second)
    # Dividing before multiplying: x/‖x‖ never leaves [−1, 1], while x·z may overflow.
    return jnp.sum(unit_vectors(first, axis, eps) * unit_vectors(second, axis, eps), axis=axis)


@through_float32
def pairwise_distance(
    first: Float[Array, "..."],
    second: Float[Array, "..."],
    p: float | int = 2,
    eps: float = 1e-6,
    keepdims: bool = False,
) -> Float[Array, "..."]:
    """Distance of each vector of one array to the vector in the same place of another.

    Equation
        d = ‖x − z + ε 1‖ₚ
    Args
        first: x, (..., features)
        second: z, same shape
        p: the norm, at least 1
        eps: ε, added to every component so that equal vectors have a gradient; equal vectors
            of n features are ε n^(1/p) apart. With 0 their distance is 0, and its gradient too
        keepdims: keep the last axis with size 1
    Returns
        (...), or (..., 1)
    Raises
        ValueError: if the shapes differ, or p < 1
    Source
        PyTorch's pairwise_distance.
    Chapter
        losses/metric_learning
    """
    require_same_shape("first", first, "second", second)
    return p_norm(first - second + eps, p, axis=-1, keepdims=keepdims)


@in_float32
def squared_distances(
    first: Float[Array, "... rows features"], second: Float[Array, "..."]
) -> Float[Array, "... rows columns"]:
    """Squared Euclidean distance of every vector of one set to every vector of another.

    Computed from differences: ‖x‖² + ‖z‖² − 2 x·z costs less memory, and loses the small distances.

    Equation
        Dᵢⱼ = ‖xᵢ − zⱼ‖₂²
    Args
        first: x, (..., rows, features)
        second: z, (..., columns, features)
    Returns
        (..., rows, columns), at least 0, in float32 where the vectors have 16 bits
    Raises
        ValueError: if the vectors differ in length
    Chapter
        losses/metric_learning
    """
    for name, points in (("first", first), ("second", second)):
        require_axes(name, points, "..., points, features")
    if first.shape[-1] != second.shape[-1]:
        raise ValueError(
            f"first has {first.shape[-1]} features but second has {second.shape[-1]}; "
            "they must be the same"
        )
    return jnp.sum((first[..., :, None, :] - second[..., None, :, :]) ** 2, axis=-1)


@through_float32
def most_similar(
    table: Float[Array, "rows features"],
    query: Float[Array, "..."],
    k: int,
    exclude: Int[Array, "..."] | None = None,
) -> tuple[Int[Array, " k"], Float[Array, " k"]]:
    """Rows of a table that point most nearly where a query does.

    Equation
        the k rows of largest cos(eᵢ, q), i not among the excluded
    Args
        table: e, (rows, features), one vector for each word
        query: q, (features,)
        k: how many, at most what is not excluded
        exclude: rows that do not count, such as the query's own, (...); None for none
    Returns
        numbers of the rows and their cosines, (k,) each, the largest first; of equal ones the
        lower number first
    Raises
        ValueError: if the features differ, a known row is out of range, or k is too large
    Chapter
        nlp/glove_subwords
    """
    rows, features = table.shape
    if query.shape != (features,):
        raise ValueError(f"query must have shape {(features,)}, got {query.shape}")
    left_out = jnp.zeros(0, int) if exclude is None else jnp.ravel(exclude)
    if not 1 <= k <= rows - left_out.size:
        raise ValueError(f"k must lie in 1..{rows - left_out.size}, got {k}")
    index = require_index("exclude", left_out, rows)
    cosines = jnp.sum(unit_vectors(table) * unit_vectors(query), axis=-1)
    values, numbers = jax.lax.top_k(cosines.at[index].set(-jnp.inf, mode="drop"), k)
    return numbers, values
