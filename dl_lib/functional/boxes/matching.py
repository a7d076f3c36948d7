"""Which anchor answers for which object."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dl_lib.validation import require_axes

__all__ = ["BACKGROUND", "IGNORED", "assign_objects", "match_anchors"]

BACKGROUND = -1
IGNORED = -2


def match_anchors(
    iou: Float[Array, "anchors objects"],
    high: float | int = 0.5,
    low: float | int | None = None,
    keep_best: bool = True,
    valid: Bool[Array, "objects"] | None = None,
) -> Int[Array, "anchors"]:
    """Give each anchor the object it overlaps most, if it overlaps it enough.

    Equation
        mᵢ = argmaxⱼ IoUᵢⱼ  if maxⱼ IoUᵢⱼ ≥ high,  −1 if it is below low,  −2 in between
    Args
        iou: from `pairwise_box_iou(anchors, objects)`
        high: from where on an anchor answers for an object
        low: below it an anchor is background; None for the same as `high`
        keep_best: the anchors that overlap an object most keep their own best object however
            little that is, so that objects which no anchor fits are learned too
        valid: which objects are there, for lists filled up to one length; None for all
    Returns
        the object's index; −1 for background, −2 for anchors that no loss should count
    Raises
        ValueError: if low is above high
    Source
        Ren et al. 2015. As torchvision's Matcher.
    Chapter
        vision/boxes_and_anchors
    """
    require_axes("iou", iou, "anchors, objects")
    low = high if low is None else low
    if not low <= high:
        raise ValueError(f"low must not be above high, got {low} and {high}")
    if iou.shape[1] == 0:
        return jnp.full(iou.shape[0], BACKGROUND)
    if valid is not None:
        iou = jnp.where(valid, iou, -1)
    best, overlap = jnp.argmax(iou, axis=1), jnp.max(iou, axis=1)
    match = jnp.where(overlap >= high, best, IGNORED)
    match = jnp.where(overlap < low, BACKGROUND, match)
    if keep_best:
        is_best = (iou == jnp.max(iou, axis=0, initial=-1)) & (iou >= 0)
        match = jnp.where(jnp.any(is_best, axis=1) & (overlap >= 0), best, match)
    return match


def assign_objects(
    iou: Float[Array, "anchors objects"],
    threshold: float | int = 0.5,
    valid: Bool[Array, "objects"] | None = None,
) -> Int[Array, "anchors"]:
    """Give each object an anchor of its own, then the other anchors what they overlap enough.

    Equation
        repeat: the largest IoUᵢⱼ left makes mᵢ = j; row i and column j are crossed out
        then for the rows left: mᵢ = argmaxⱼ IoUᵢⱼ if that is at least the threshold, else −1
    Args
        iou: from `pairwise_box_iou(anchors, objects)`
        threshold: from where on an anchor left over answers for an object
        valid: which objects are there, for lists filled up to one length; None for all
    Returns
        the object's index; −1 for background
    Raises
        ValueError: if there are more objects than anchors
    Source
        Liu et al. 2016, SSD, section 2.2.
    Chapter
        vision/boxes_and_anchors
    """
    require_axes("iou", iou, "anchors, objects")
    anchors, objects = iou.shape
    if objects > anchors:
        raise ValueError(f"{objects} objects cannot have an anchor each, there are {anchors}")
    if objects == 0:
        return jnp.full(anchors, BACKGROUND)
    if valid is not None:
        iou = jnp.where(valid, iou, -1)
    match = match_anchors(iou, threshold, keep_best=False)

    def claim(carry, _):
        left, match = carry
        anchor, thing = jnp.unravel_index(jnp.argmax(left), left.shape)
        # Objects that are not there come last, with −1, and claim nothing.
        match = match.at[anchor].set(jnp.where(left[anchor, thing] >= 0, thing, match[anchor]))
        left = left.at[anchor].set(-2).at[:, thing].set(-2)
        return (left, match), None

    return jax.lax.scan(claim, (iou, match), None, objects)[0][1]
