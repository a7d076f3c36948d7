"""How well queries and keys fit, and a softmax of it that respects a mask."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, ScalarLike

from dl_lib.validation import require_broadcast, require_sequences

__all__ = ["additive_scores", "dot_product_scores", "masked_softmax"]


def masked_softmax(
    scores: Float[Array, "..."], mask: Bool[Array, "..."] | None = None, axis: int = -1
) -> Float[Array, "..."]:
    """Softmax over the entries that a mask allows; the others get exactly 0.

    A row with nothing allowed gives zeros, with gradient 0, where a large negative constant in the
    place of −∞ would give a uniform row, and −∞ itself NaN.

    Equation
        wⱼ = mⱼ exp(sⱼ) / Σₖ mₖ exp(sₖ),  w = 0 if no m is 1
    Args
        scores: s, any shape; an entry of −∞ counts as masked
        mask: m, True where allowed, a shape that broadcasts to that of `scores`; None for all
        axis: the axis over which the result sums to one
    Returns
        same shape as `scores`
    Raises
        ValueError: if the mask does not broadcast to the scores
    Source
        Vaswani et al. 2017, section 3.2.3.
    Chapter
        attention/attention_scoring
    """
    if mask is not None:
        require_broadcast("mask", mask, scores.shape)
        scores = jnp.where(mask, scores, -jnp.inf)
    largest = jnp.max(scores, axis=axis, keepdims=True, initial=-jnp.inf)
    # In a row with nothing allowed the maximum is −∞, and −∞ − (−∞) would be NaN.
    shift = jax.lax.stop_gradient(jnp.where(jnp.isfinite(largest), largest, 0))
    weights = jnp.exp(scores - shift)
    total = jnp.sum(weights, axis=axis, keepdims=True)
    return weights / jnp.where(total > 0, total, 1)


def dot_product_scores(
    queries: Float[Array, "... queries width"],
    keys: Float[Array, "... keys width_of_keys"],
    scale: ScalarLike | None = None,
) -> Float[Array, "... queries keys"]:
    """Scores of scaled dot-product attention.

    Equation
        S = Q Kᵀ / sqrt(d)
    Args
        queries: Q, (..., queries, d); the leading axes broadcast
        keys: K, (..., keys, d)
        scale: what to multiply by instead of 1/sqrt(d), which gives S variance 1 where the entries
            of Q and K are independent with variance 1
    Returns
        (..., queries, keys)
    Raises
        ValueError: if queries and keys differ in width
    Source
        Vaswani et al. 2017, equation 1.
    Chapter
        attention/attention_scoring
    """
    require_sequences(queries=queries, keys=keys)
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(
            f"queries of shape {queries.shape} and keys of shape {keys.shape} must have one width"
        )
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    # Scaling the queries touches width numbers a query, scaling the scores as many as keys.
    return (queries * scale) @ jnp.swapaxes(keys, -1, -2)


def additive_scores(
    queries: Float[Array, "... queries query_width"],
    keys: Float[Array, "... keys key_width"],
    query_weight: Float[Array, "in_of_queries hidden"],
    key_weight: Float[Array, "in_of_keys hidden"],
    score_weight: Float[Array, "hidden"],
) -> Float[Array, "... queries keys"]:
    """Scores of additive attention, for queries and keys of different widths.

    Equation
        s(q, k) = tanh(q W_q + k W_k) · w,  the network with one hidden layer on [q, k]
    Args
        queries: (..., queries, query width)
        keys: (..., keys, key width)
        query_weight: W_q, (query width, hidden)
        key_weight: W_k, (key width, hidden)
        score_weight: w, (hidden,)
    Returns
        (..., queries, keys)
    Raises
        ValueError: if the widths of queries or keys do not fit the weights
    Source
        Bahdanau, Cho & Bengio 2015, appendix A.1.2.
    Chapter
        attention/attention_scoring
    """
    require_sequences(queries=queries, keys=keys)
    hidden = query_weight.shape[1:], key_weight.shape[1:], score_weight.shape
    if len(set(hidden)) > 1:
        raise ValueError(f"the three weights have different hidden widths: {hidden}")
    for name, x, weight in (("queries", queries, query_weight), ("keys", keys, key_weight)):
        if x.shape[-1] != weight.shape[0]:
            raise ValueError(
                f"{name} of shape {x.shape} do not fit a weight of shape {weight.shape}"
            )
    q, k = queries @ query_weight, keys @ key_weight
    hidden = jnp.tanh(q[..., :, None, :] + k[..., None, :, :])  # (..., queries, keys, hidden)
    return hidden @ score_weight
