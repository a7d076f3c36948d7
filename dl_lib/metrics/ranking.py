"""How well scores put what is sought before what is not."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Num

from dl_lib.functional.vectors.indexing import require_either
from dl_lib.validation import require_positive, require_same_shape

__all__ = ["average_precision"]


def average_precision(
    scores: Float[Array, " examples"],
    target: Num[Array, "..."] | Bool[Array, "..."],
    interpolated: bool = False,
) -> Float[Array, ""]:
    """Area under the precision-recall curve.

    Equation
        AP = Σₖ (Rₖ − Rₖ₋₁) Pₖ over the distinct scores, largest first;
        interpolated, Pₖ is replaced by max_{i ≥ k} Pᵢ
    Args
        scores: (examples,), larger for what is thought positive; equal scores count together
        target: 1 or True for a positive, 0 or False, (examples,)
        interpolated: take the best precision at that recall or beyond, as detection does
    Returns
        scalar from 0 to 1; NaN if nothing is positive
    Raises
        ValueError: if the shapes differ, there is no example, or a known target is neither 0 nor 1
    Source
        Everingham et al. 2015, section 4.2.1, for the interpolated form over all recalls.
    Chapter
        vision/object_detection
    """
    require_same_shape("scores", scores, "target", target)
    require_positive("the number of examples", target.size)
    require_either("target", target, (0, 1))
    order = jnp.argsort(-scores)
    falling, hits = -scores[order], target[order].astype(int)
    # Examples of one score enter together: each sees the precision at the end of its group.
    last = jnp.searchsorted(falling, falling, side="right") - 1
    precision = (jnp.cumsum(hits) / jnp.arange(1, len(hits) + 1))[last]
    if interpolated:
        precision = jax.lax.cummax(precision, reverse=True)
    return jnp.sum(hits * precision) / jnp.sum(hits)
