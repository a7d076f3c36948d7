"""Attention that never holds the whole table of scores."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from dl_lib.functional.attention._padding import require_mask
from dl_lib.functional.attention.scores import scaled_dot_product_attention
from dl_lib.validation import require_sequences

__all__ = ["chunked_attention"]

BANDS = 4  # causal attention then computes 5/8 of the table, where the triangle is 1/2


def chunked_attention(
    queries: Float[Array, "... queries width"],
    keys: Float[Array, "... keys width_of_keys"],
    values: Float[Array, "... keys_of_values out"],
    mask: Bool[Array, "..."] | None = None,
    causal: bool = False,
    chunk: int = 256,
) -> Float[Array, "... queries out"]:
    """Scaled dot-product attention, some queries at a time.

    The memory is chunk · keys numbers a head, forward and backward, instead of queries · keys: the
    backward pass computes the scores of a chunk again.

    Equation
        softmax(Q Kᵀ / sqrt(d)) V, as `scaled_dot_product_attention`
    Args
        queries: Q, (..., queries, d)
        keys: K, (..., keys, d)
        values: V, (..., keys, out)
        mask: True where a query may look, (queries or 1, keys), or with as many axes as the scores
        causal: whether a query sees only the keys up to its own position; the last query is the
            last key, see `causal_mask`
        chunk: how many queries at a time
    Returns
        (..., queries, out)
    Raises
        ValueError: if the shapes do not fit, `chunk` is not positive, or there are more causal
            queries than keys
    Source
        Rabe & Staats 2021. Differs: all keys at a time, so that the softmax is the plain one.
    Chapter
        attention/efficient_attention
    """
    require_sequences(queries=queries, keys=keys, values=values)
    length, seen = queries.shape[-2], keys.shape[-2]
    if chunk < 1:
        raise ValueError(f"chunk must be positive, got {chunk}")
    if causal and length > seen:
        raise ValueError(f"{length} causal queries need as many keys or more, got {seen}")
    if mask is not None:
        if mask.ndim < 2 or mask.shape[-1] != seen:
            raise ValueError(f"mask of shape {mask.shape} must end in (queries or 1, {seen} keys)")
        lead = jnp.broadcast_shapes(queries.shape[:-2], keys.shape[:-2])
        require_mask(mask, (*lead, length, seen))
    before = seen - length  # keys before the first query, if causal
    band = chunk * -(-length // (chunk * BANDS)) if causal else length
    outputs = []
    for start in range(0, length, max(band, 1)):
        stop = min(start + band, length)
        seen = before + stop if causal else seen
        part = mask
        if mask is not None:
            part = (mask if mask.shape[-2] == 1 else mask[..., start:stop, :])[..., :seen]
        q, k, v = queries[..., start:stop, :], keys[..., :seen, :], values[..., :seen, :]
        outputs.append(_band(q, k, v, part, before + start if causal else None, chunk))
    return jnp.concatenate(outputs, axis=-2)


def _band(queries, keys, values, mask, start, chunk):
    """Attention of neighboring queries, a chunk at a time; causal ones count from key `start`."""
    length, seen = queries.shape[-2], keys.shape[-2]
    chunk = min(chunk, length)
    count = -(-length // chunk)

    @jax.checkpoint
    def attend(inputs):
        first, q, allowed = inputs
        if allowed is None:
            allowed = mask
        if start is not None:
            below = jnp.arange(seen) <= start + first + jnp.arange(chunk)[:, None]
            allowed = below if allowed is None else allowed & below
        return scaled_dot_product_attention(q, keys, values, allowed)

    per_query = mask is not None and mask.shape[-2] != 1
    inputs = (
        jnp.arange(count) * chunk,
        _cut(queries, count, chunk),
        _cut(mask, count, chunk) if per_query else None,
    )
    output = jnp.moveaxis(jax.lax.map(attend, inputs), 0, -3)  # (..., count, chunk, out)
    return output.reshape(*output.shape[:-3], count * chunk, values.shape[-1])[..., :length, :]


def _cut(x, count, chunk):
    """(..., queries, width) to (count, ..., chunk, width), the end filled up with zeros."""
    missing = count * chunk - x.shape[-2]
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(0, missing), (0, 0)])
    return jnp.moveaxis(x.reshape(*x.shape[:-2], count, chunk, x.shape[-1]), -3, 0)
