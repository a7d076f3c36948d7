"""One box for each object: non-maximum suppression with a fixed number of results."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dl_lib.functional.boxes.coordinates import require_boxes
from dl_lib.functional.boxes.overlap import pairwise_box_iou
from dl_lib.functional.numerics import in_float32, through_float32
from dl_lib.validation import require_positive, require_unit_interval

__all__ = ["class_wise_suppression", "non_maximum_suppression", "soft_suppression"]


def non_maximum_suppression(
    boxes: Float[Array, "n coordinates"],
    scores: Float[Array, "..."],
    threshold: float | int = 0.5,
    count: int | None = None,
    valid: Bool[Array, "..."] | None = None,
) -> tuple[Int[Array, "..."], Bool[Array, "..."]]:
    """Keep the boxes that overlap no better box that is kept itself.

    Equation
        keep i  ⟺  IoU(bᵢ, bⱼ) ≤ t  for all kept j that score higher
    Args
        boxes: corners, (n, 4)
        scores: (n,)
        threshold: t
        count: how many results there are room for; None for n
        valid: which boxes are there; None for all
    Returns
        indices of the kept boxes, best first, (count,), and which of them are results: the room
        left over holds index 0 and False
    Raises
        ValueError: if the shapes do not fit, or t lies outside [0, 1]
    Source
        Girshick et al. 2014. As torchvision.
    Chapter
        vision/boxes_and_anchors
    """
    require_unit_interval("threshold", threshold)
    overlapping = _overlaps(boxes, scores, valid) > threshold
    return _suppress(overlapping, scores, count, valid)


def class_wise_suppression(
    boxes: Float[Array, "n coordinates"],
    scores: Float[Array, "..."],
    classes: Int[Array, "..."],
    threshold: float | int = 0.5,
    count: int | None = None,
    valid: Bool[Array, "..."] | None = None,
) -> tuple[Int[Array, "..."], Bool[Array, "..."]]:
    """Non-maximum suppression in which only boxes of one class compete.

    Equation
        keep i  ⟺  IoU(bᵢ, bⱼ) ≤ t  for all kept j of i's class that score higher
    Args
        boxes: corners, (n, 4)
        scores: (n,)
        classes: (n,)
        threshold: t
        count: how many results there are room for; None for n
        valid: which boxes are there; None for all
    Returns
        indices of the kept boxes of all classes, best first, (count,), and which of them are
        results
    Raises
        ValueError: if the shapes do not fit, or t lies outside [0, 1]
    Source
        As torchvision's batched_nms.
    Chapter
        vision/boxes_and_anchors
    """
    if classes.shape != boxes.shape[:1]:
        raise ValueError(f"classes has shape {classes.shape} but boxes has shape {boxes.shape}")
    require_unit_interval("threshold", threshold)
    overlapping = _overlaps(boxes, scores, valid) > threshold
    return _suppress(overlapping & (classes[:, None] == classes), scores, count, valid)


@through_float32
def soft_suppression(
    boxes: Float[Array, "n coordinates"],
    scores: Float[Array, "..."],
    width: float | int = 0.5,
    valid: Bool[Array, "..."] | None = None,
) -> Float[Array, "..."]:
    """Lower the scores of boxes that overlap better ones instead of dropping them.

    Equation
        repeat: i the best box left; sⱼ ← sⱼ exp(−IoU(bᵢ, bⱼ)² / σ) for all j still left
    Args
        boxes: corners, (n, 4)
        scores: s, (n,), not negative
        width: σ > 0
        valid: which boxes are there; None for all
    Returns
        new scores, (n,); 0 for boxes that are not there
    Raises
        ValueError: if the shapes do not fit, or σ is not positive
    Source
        Bodla et al. 2017, Gaussian form.
    Chapter
        vision/boxes_and_anchors
    """
    require_positive("width", width)
    if scores.size == 0:
        return scores
    decay = jnp.exp(-(_overlaps(boxes, scores, valid) ** 2) / width)
    left = jnp.ones(scores.shape, bool) if valid is None else valid

    def step(carry, _):
        scores, left = carry
        best = jnp.argmax(jnp.where(left, scores, -jnp.inf))
        left = left.at[best].set(False)
        return (jnp.where(left, scores * decay[best], scores), left), None

    start = (jnp.where(left, scores, 0), left)
    return jax.lax.scan(step, start, None, scores.size)[0][0]


@in_float32
def _overlaps(boxes: Array, scores: Array, valid: Array | None) -> Float[Array, "n n"]:
    require_boxes(boxes=boxes)
    for name, array in (("scores", scores), ("valid", valid)):
        if array is not None and array.shape != boxes.shape[:1]:
            raise ValueError(f"{name} has shape {array.shape} but boxes has shape {boxes.shape}")
    return pairwise_box_iou(boxes, boxes)


def _suppress(
    overlapping: Bool[Array, "n n"], scores: Array, count: int | None, valid: Array | None
) -> tuple[Int[Array, "..."], Bool[Array, "..."]]:
    size = scores.size
    count = size if count is None else count
    if size == 0:
        return jnp.zeros(count, int), jnp.zeros(count, bool)
    there = jnp.ones(size, bool) if valid is None else valid
    order = jnp.argsort(jnp.where(there, -scores, jnp.inf), stable=True)
    overlapping, there = overlapping[order][:, order], there[order]

    def visit(kept: Bool[Array, "..."], i: Int[Array, ""]) -> tuple[Array, None]:
        # Those after i are not kept yet, so only the better ones can suppress it.
        return kept.at[i].set(there[i] & ~jnp.any(kept & overlapping[i])), None

    kept = jax.lax.scan(visit, jnp.zeros(size, bool), jnp.arange(size))[0]
    places = jnp.nonzero(kept, size=count, fill_value=size)[0]
    found = places < size
    return jnp.where(found, order[jnp.minimum(places, size - 1)], 0), found
