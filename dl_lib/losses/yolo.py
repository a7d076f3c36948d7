"""YOLO's loss: a grid of cells, each of which proposes a few boxes and one class."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import one_hot
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape

__all__ = ["yolo_loss"]


@in_float32
def yolo_loss(
    boxes: Float[Array, "... cells proposals 4"],
    confidence: Float[Array, "..."],
    classes: Float[Array, "..."],
    target_boxes: Float[Array, "..."],
    labels: Int[Array, "..."],
    responsible: Bool[Array, "..."],
    overlap: Float[Array, "..."],
    coordinates: float | int = 5.0,
    background: float | int = 0.5,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Squared errors of place, confidence and class, where a proposal is responsible for an object.

    Equation
        ℓ = λ_coord Σ_{obj} [(x̂ − x)² + (ŷ − y)² + (√ŵ − √w)² + (√ĥ − √h)²]
            + Σ_{obj} (Ĉ − IoU)² + λ_noobj Σ_{no obj} Ĉ² + Σ_{cells with an object} Σ_c (p̂_c − p_c)²
    Args
        boxes: (x̂, ŷ, √ŵ, √ĥ), the network predicts the roots, (..., cells, proposals, 4)
        confidence: Ĉ, (..., cells, proposals)
        classes: p̂, (..., cells, classes)
        target_boxes: (x, y, w, h) with w and h not negative, (..., cells, 4)
        labels: class of the object, (..., cells); anything from 0 where there is none
        responsible: obj, True for the proposal that overlaps the object most, in the cell
            that holds its center, (..., cells, proposals)
        overlap: IoU of proposal and object, (..., cells, proposals); a target, not to be
            differentiated
        coordinates: λ_coord
        background: λ_noobj
        reduction: "mean", "sum" or "none", over the images
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, or a known label is out of range
    Source
        Redmon et al. 2016, equation 3.
    Chapter
        vision/object_detection
    """
    require_same_shape("boxes without the coordinates", boxes[..., 0], "confidence", confidence)
    require_same_shape("confidence", confidence, "responsible", responsible)
    require_same_shape("confidence", confidence, "overlap", overlap)
    require_same_shape("boxes of a cell", boxes[..., 0, :], "target_boxes", target_boxes)
    require_same_shape("classes of a cell", classes[..., 0], "labels", labels)
    truth = one_hot(labels, classes.shape[-1])
    occupied = jnp.any(responsible, axis=-1)
    # Empty cells get a box of their own: whatever stands there, no NaN comes out of its root.
    safe = jnp.where(occupied[..., None], target_boxes, 1)
    target = jnp.concatenate([safe[..., :2], jnp.sqrt(safe[..., 2:])], axis=-1)[..., None, :]
    place = jnp.sum((boxes - target) ** 2, axis=-1)
    certainty = jnp.where(responsible, (confidence - overlap) ** 2, background * confidence**2)
    each = jnp.where(responsible, coordinates * place, 0) + certainty
    kind = jnp.where(occupied, jnp.sum((classes - truth) ** 2, axis=-1), 0)
    return reduce(jnp.sum(each, axis=(-2, -1)) + jnp.sum(kind, axis=-1), reduction)
