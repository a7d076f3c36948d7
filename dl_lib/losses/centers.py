"""Center loss: each class draws its own examples together."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dl_lib.functional.numerics import in_float32, through_float32
from dl_lib.functional.vectors.indexing import require_index, take
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape, require_unit_interval

__all__ = ["center_loss", "update_centers"]


@in_float32
def center_loss(
    features: Float[Array, "batch features"],
    labels: Int[Array, "..."],
    centers: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Half the squared distance of each example to the center of its class.

    It is added to a cross-entropy, which keeps the centers apart.

    Equation
        ℓᵢ = ½ ‖xᵢ − c_{yᵢ}‖₂²
    Args
        features: x, (batch, features)
        labels: y, (batch,)
        centers: c, one for each class, moved by `update_centers` and not by the optimizer
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none". Under jit a label out of range gives NaN
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Wen et al. 2016, equation 2.
    Chapter
        losses/metric_learning
    """
    own = take(centers, labels)
    require_same_shape("features", features, "centers of the labels", own)
    return reduce(0.5 * jnp.sum((features - own) ** 2, axis=-1), reduction)


@through_float32
def update_centers(
    centers: Float[Array, "classes features"],
    features: Float[Array, "..."],
    labels: Int[Array, "..."],
    rate: float = 0.5,
) -> Float[Array, "classes features"]:
    """Move each center towards the examples of its class in the batch.

    Equation
        cⱼ ← cⱼ − α Σᵢ 1(yᵢ = j) (cⱼ − xᵢ) / (1 + Σᵢ 1(yᵢ = j))
    Args
        centers: c, (classes, features)
        features: x, (batch, features)
        labels: y, (batch,)
        rate: α in [0, 1]
    Returns
        same shape as `centers`; a class that is not in the batch stays. Under jit a label out
        of range moves nothing
    Raises
        ValueError: if the shapes do not fit, a known label is out of range, or α is outside
            [0, 1]
    Source
        Wen et al. 2016, equation 4.
    Chapter
        losses/metric_learning
    """
    require_unit_interval("rate", rate)
    index = require_index("labels", labels, len(centers))
    require_same_shape("features", features, "centers of the labels", take(centers, labels))
    sums = jnp.zeros_like(centers).at[index].add(features, mode="drop")
    counts = jnp.zeros(len(centers), int).at[index].add(1, mode="drop")[:, None]
    return centers - rate * (counts * centers - sums) / (1 + counts)
