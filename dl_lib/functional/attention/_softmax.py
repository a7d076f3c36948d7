"""The two halves of a softmax that respects a mask, and a mean that divides last."""

import jax
import jax.numpy as jnp

from dl_lib.functional.numerics import widened
from dl_lib.validation import require_broadcast

__all__ = ["exponentials", "mean_of_values"]


def exponentials(scores, mask=None, axis=-1):
    """Return mⱼ exp(sⱼ − max s), and the sum of it, or 1 in a row with nothing allowed."""
    if mask is not None:
        require_broadcast("mask", mask, scores.shape)
        scores = jnp.where(mask, scores, -jnp.inf)
    largest = jnp.max(scores, axis=axis, keepdims=True, initial=-jnp.inf)
    # In a row with nothing allowed the maximum is −∞, and −∞ − (−∞) would be NaN.
    shift = jax.lax.stop_gradient(jnp.where(jnp.isfinite(largest), largest, 0))
    weights = jnp.exp(scores - shift)
    total = jnp.sum(weights, axis=axis, keepdims=True)
    return weights, jnp.where(total > 0, total, 1)


def mean_of_values(scores, values, mask=None, drop=lambda weights: weights):
    """Return softmax(S) V: (Σⱼ exp(sⱼ) vⱼ) / Σⱼ exp(sⱼ), where `drop` may thin out the first sum.

    Divided after the product: a mean has width numbers a query, the table as many as keys.
    """
    weights, total = exponentials(widened(scores), mask)
    weights = drop(weights.astype(values.dtype))
    # What is not divided yet may be too large for 16 bits.
    wide = jnp.promote_types(total.dtype, values.dtype)
    mean = jnp.matmul(weights, values, preferred_element_type=wide) / total
    return mean.astype(jnp.result_type(scores, values))
