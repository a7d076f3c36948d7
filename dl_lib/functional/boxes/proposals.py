"""From what a region proposal network puts out to a fixed number of boxes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dl_lib.functional.boxes.coding import decode_boxes
from dl_lib.functional.boxes.coordinates import clip_boxes
from dl_lib.functional.boxes.suppression import non_maximum_suppression
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes, require_positive

__all__ = ["propose_regions"]


@through_float32
def propose_regions(
    logits: Float[Array, "..."],
    offsets: Float[Array, "..."],
    anchors: Float[Array, "..."],
    image_size: tuple[int, int],
    before: int = 1000,
    after: int = 100,
    threshold: float | int = 0.7,
    smallest: float | int = 1e-3,
) -> tuple[Float[Array, "..."], Float[Array, "..."], Bool[Array, "..."]]:
    """The boxes in one image that most look like an object of any kind.

    Equation
        the `before` best anchors → decode → clip → drop the tiny → suppress → the `after` best
    Args
        logits: of the probability that an anchor holds an object, (anchors,)
        offsets: from the anchors to the boxes, (anchors, 4)
        anchors: corners, (anchors, 4)
        image_size: (height, width)
        before: how many anchors go into the suppression
        after: how many proposals there is room for
        threshold: of the suppression
        smallest: shortest side of a proposal, in pixels
    Returns
        corners, (after, 4); logits, (after,), best first; and which of them are proposals: the
        others hold zeros
    Raises
        ValueError: if the shapes do not fit, or a number of boxes is not positive
    Source
        Ren et al. 2015, section 3.3. As torchvision for one level of features.
    Chapter
        vision/object_detection
    """
    require_positive("before", before)
    require_positive("after", after)
    require_axes("logits", logits, "anchors")
    if not logits.shape[0] == offsets.shape[0] == anchors.shape[0]:
        raise ValueError(
            f"there must be as many logits, offsets and anchors, got the shapes {logits.shape}, "
            f"{offsets.shape} and {anchors.shape}"
        )
    if logits.size == 0:
        return jnp.zeros((after, 4)), jnp.zeros(after), jnp.zeros(after, bool)
    best, index = jax.lax.top_k(logits, min(before, logits.size))
    boxes = clip_boxes(decode_boxes(offsets[index], anchors[index]), *image_size)
    sides = boxes[:, 2:] - boxes[:, :2]
    kept, found = non_maximum_suppression(
        boxes, best, threshold, after, valid=jnp.all(sides >= smallest, axis=-1)
    )
    return (
        jnp.where(found[:, None], boxes[kept], 0),
        jnp.where(found, best[kept], 0),
        found,
    )
