"""Which axes a mask has, and what stands where nobody looks, which no product may meet."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Num, Shaped

from dl_lib.validation import require_broadcast

__all__ = [
    "for_heads",
    "per_sequence",
    "require_mask",
    "seen_inputs",
    "without_padding",
    "without_unseen",
]

Sequences = Num[Array, "..."]  # (..., time, width)


def require_mask(mask: Bool[Array, "..."], scores: tuple[int, ...]) -> None:
    """Refuse a mask that does not fit scores of a shape, or whose first axis is not known."""
    require_broadcast("mask", mask, scores)
    if 2 < mask.ndim < len(scores):
        raise ValueError(
            f"mask of shape {mask.shape} must have 2 axes, (queries, keys), or {len(scores)}, as "
            f"the scores {scores}: of {mask.ndim} the first may mean the batch or the heads"
        )


def for_heads(mask: Bool[Array, "..."], scores: tuple[int, ...]) -> Bool[Array, "..."]:
    """Give (..., queries, keys) an axis for heads, which (..., heads, queries, keys) has."""
    if mask.ndim == len(scores) - 1 > 2:
        mask = jnp.expand_dims(mask, -3)
    require_mask(mask, scores)
    return mask


def per_sequence(
    name: str, array: Shaped[Array, "..."], x: Shaped[Array, "..."]
) -> Shaped[Array, "..."]:
    """Give (batch, time) the axes that x, (batch, ..., time, width), has between the two."""
    *lead, time = x.shape[:-1]
    first = array.shape[:-1]
    fits = len(first) <= len(lead) and array.shape[-1:] == (time,)
    if not fits or any(a not in (1, b) for a, b in zip(first, lead, strict=False)):
        raise ValueError(f"{name} of shape {array.shape} does not fit x of shape {x.shape}")
    missing = len(lead) - len(first) if first else 0
    return array.reshape(*first, *(1,) * missing, time)


def without_unseen(
    mask: Bool[Array, "..."] | None, queries: Sequences, keys: Sequences, values: Sequences
) -> tuple[Sequences, Sequences, Sequences]:
    """Queries that look nowhere and keys that nobody looks at as zeros, which no result meets."""
    if mask is None:
        return queries, keys, values
    lead = jnp.broadcast_shapes(queries.shape[:-2], keys.shape[:-2])
    require_mask(mask, (*lead, queries.shape[-2], keys.shape[-2]))
    mask = jnp.atleast_2d(mask)
    looking, seen = mask.any(-1), mask.any(-2)
    # A weight of 0 is not enough: 0 · NaN = NaN, in the value and in every gradient.
    return _kept(looking, queries), _kept(seen, keys), _kept(seen, values)


def without_padding(x: Sequences, mask: Bool[Array, "..."] | None) -> Sequences:
    """A sequence that looks at itself, with 0 for NaN and infinities in its padding."""
    if mask is None:
        return x
    mask = mask.any(-3) if mask.ndim > x.ndim else jnp.atleast_2d(mask)  # of any of the heads
    require_broadcast("mask", mask, (*x.shape[:-1], x.shape[-2]))
    # What no position looks at and, in a mask with a row for each, what looks nowhere.
    real = mask.any(-2)
    if mask.shape[-2] > 1:
        real = real | mask.any(-1)
    # Finite numbers stay: nobody needs what attention answers for them, but others compute it.
    return jnp.where(_over(real, x)[..., None] | jnp.isfinite(x), x, 0)


def seen_inputs(
    x: Sequences,
    keys: Sequences | None,
    values: Sequences | None,
    mask: Bool[Array, "..."] | None,
    heads: int,
) -> tuple[Sequences, Sequences, Sequences, Bool[Array, "..."] | None]:
    """What goes into attention without what nobody looks at, and the mask with an axis of heads."""
    itself, keys = keys is None, x if keys is None else keys
    values = keys if values is None else values
    if mask is None:
        return x, keys, values, None
    lead = jnp.broadcast_shapes(x.shape[:-2], keys.shape[:-2])
    mask = for_heads(mask, (*lead, heads, x.shape[-2], keys.shape[-2]))
    any_head = mask if mask.ndim == 2 else mask.any(-3)
    x, keys, values = without_unseen(any_head, x, keys, values)
    return without_padding(x, any_head) if itself else x, keys, values, mask


def _kept(rows, x):
    return jnp.where(_over(rows, x)[..., None], x, 0)


def _over(rows, x):
    """Whether a row of x counts for anybody: the axes of `rows` that x does not have are joined."""
    lead = x.shape[:-2]
    rows = rows.any(tuple(range(max(rows.ndim - 1 - len(lead), 0))))
    pairs = zip(rows.shape[-2::-1], lead[::-1], strict=False)
    shared = tuple(-2 - i for i, (a, b) in enumerate(pairs) if b == 1 != a)
    return rows.any(shared, keepdims=True)
