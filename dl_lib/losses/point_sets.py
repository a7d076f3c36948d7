"""Losses of point clouds, of which most do not ask which point is which."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dl_lib.functional.numerics import in_float32, root
from dl_lib.functional.vectors.similarity import squared_distances
from dl_lib.losses.classification import cross_entropy
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_axes, require_positive, require_same_shape

__all__ = ["chamfer_distance", "hausdorff_distance", "matched_points_loss", "pointnet_loss"]


@in_float32
def chamfer_distance(
    first: Float[Array, "... points features"],
    second: Float[Array, "..."],
    squared: bool = True,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Mean distance from each point to the nearest one of the other set, both ways.

    Equation
        ℓ = (1/|A|) Σ_{a∈A} min_{b∈B} d(a, b)² + (1/|B|) Σ_{b∈B} min_{a∈A} d(a, b)²
    Args
        first: A, (..., points, features)
        second: B, of the same leading axes and features; it may have more or fewer points
        squared: False leaves the squares away
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the points differ in length, or a set is empty
    Source
        Fan et al. 2017, equation 1, with means for their sums.
    Chapter
        geometry/point_clouds
    """
    distances = _distances(first, second)
    there, back = jnp.min(distances, axis=-1), jnp.min(distances, axis=-2)
    if not squared:
        there, back = root(there), root(back)
    return reduce(jnp.mean(there, axis=-1) + jnp.mean(back, axis=-1), reduction)


@in_float32
def hausdorff_distance(
    first: Float[Array, "... points features"],
    second: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """How far the worst point of either set is from the other set.

    Equation
        ℓ = max(h(A, B), h(B, A)),  h(A, B) = max_{a∈A} min_{b∈B} ‖a − b‖₂
    Args
        first: A, (..., points, features)
        second: B, of the same leading axes and features; it may have more or fewer points
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"; only two points have a gradient
    Raises
        ValueError: if the points differ in length, or a set is empty
    Chapter
        geometry/point_clouds
    """
    distances = _distances(first, second)
    there = jnp.max(jnp.min(distances, axis=-1), axis=-1)
    back = jnp.max(jnp.min(distances, axis=-2), axis=-1)
    return reduce(root(jnp.maximum(there, back)), reduction)


@in_float32
def matched_points_loss(
    points: Float[Array, "... points dimensions"],
    target: Float[Array, "..."],
    features: Float[Array, "..."] | None = None,
    target_features: Float[Array, "..."] | None = None,
    weight: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Squared distance of points that are paired already, and of what was computed from them.

    Equation
        ℓ = Σᵢ ‖xᵢ − yᵢ‖₂² + λ Σᵢ ‖f(xᵢ) − f(yᵢ)‖₂²
    Args
        points: x, (..., points, dimensions)
        target: y, same shape, in the same order
        features: f(x), (..., points, features); None for the first sum only
        target_features: f(y), same shape as `features`
        weight: λ
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, or only one of the features is given
    Chapter
        geometry/point_clouds
    """
    require_same_shape("points", points, "target", target)
    losses = jnp.sum((points - target) ** 2, axis=(-2, -1))
    if (features is None) != (target_features is None):
        raise ValueError("features and target_features must be given together")
    if features is not None:
        require_same_shape("features", features, "target_features", target_features)
        losses = losses + weight * jnp.sum((features - target_features) ** 2, axis=(-2, -1))
    return reduce(losses, reduction)


@in_float32
def pointnet_loss(
    logits: Float[Array, "batch classes"],
    labels: Int[Array, "..."],
    transform: Float[Array, "batch k k"],
    weight: float | int = 0.001,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy, and a penalty that keeps the learned transform of the features a rotation.

    Equation
        ℓ = ce(o, y) + λ ‖I − A Aᵀ‖_F²
    Args
        logits: o, (batch, classes)
        labels: y, (batch,)
        transform: A, one for each cloud, (batch, k, k)
        weight: λ
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Qi et al. 2017, equation 2. PointNet++ drops the penalty with the transform.
    Chapter
        geometry/point_clouds
    """
    require_axes("transform", transform, "batch, features, features")
    product = jnp.einsum("bij,bkj->bik", transform, transform)
    penalty = jnp.sum((jnp.eye(transform.shape[-1]) - product) ** 2, axis=(-2, -1))
    return reduce(cross_entropy(logits, labels, "none") + weight * penalty, reduction)


def _distances(first: Float[Array, "..."], second: Float[Array, "..."]) -> Float[Array, "..."]:
    distances = squared_distances(first, second)
    for name, points in (("first", first), ("second", second)):
        require_positive(f"the number of points of {name}", points.shape[-2])
    return distances
