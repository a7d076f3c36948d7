"""How well queries and keys fit, a softmax of it that respects a mask, and the mean of values."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, ScalarLike

from dl_lib.functional.attention._padding import per_sequence, without_unseen
from dl_lib.functional.attention._softmax import exponentials, mean_of_values
from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_broadcast, require_sequences

__all__ = [
    "additive_scores",
    "dot_product_scores",
    "masked_softmax",
    "scaled_dot_product_attention",
    "soft_alignment",
]


@through_float32
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
    weights, total = exponentials(scores, mask, axis)
    return weights / total


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


def scaled_dot_product_attention(
    queries: Float[Array, "... queries width"],
    keys: Float[Array, "... keys width_of_keys"],
    values: Float[Array, "... keys_of_values out"],
    mask: Bool[Array, "..."] | None = None,
    bias: Float[Array, "..."] | None = None,
    scale: ScalarLike | None = None,
) -> Float[Array, "... queries out"]:
    """Scaled dot-product attention: each query gets a mean of the values of similar keys.

    Equation
        softmax(Q Kᵀ / sqrt(d) + B) V
    Args
        queries: Q, (..., queries, d), for example (batch, heads, time, width)
        keys: K, (..., keys, d)
        values: V, (..., keys, out)
        mask: True where a query may look, (queries, keys), or with as many axes as the scores,
            (..., queries, keys); an axis may be 1. What stands where nobody looks is never met
        bias: B, added to the scores, for relative positions; broadcasts to (..., queries, keys)
        scale: instead of 1/sqrt(d)
    Returns
        (..., queries, out); zeros for a query that may look nowhere
    Raises
        ValueError: if the shapes do not fit, or of a mask it is not known which axes it has
    Source
        Vaswani et al. 2017, equation 1.
    Chapter
        attention/attention_scoring
    """
    require_sequences(queries=queries, keys=keys, values=values)
    if keys.shape[-2] != values.shape[-2]:
        raise ValueError(
            f"keys of shape {keys.shape} and values of shape {values.shape} must be as many"
        )
    queries, keys, values = without_unseen(mask, queries, keys, values)
    scores = dot_product_scores(queries, keys, scale)
    if bias is not None:
        require_broadcast("bias", bias, scores.shape)
        scores = scores + bias
    return mean_of_values(scores, values, mask)


def soft_alignment(
    scores: Float[Array, "... first second"],
    first: Float[Array, "... first width"],
    second: Float[Array, "... second width"],
    first_mask: Bool[Array, "... first"] | None = None,
    second_mask: Bool[Array, "... second"] | None = None,
) -> tuple[Float[Array, "... first width"], Float[Array, "... second width"]]:
    """Align two sequences with each other by one table of scores.

    Equation
        βᵢ = Σⱼ softmaxⱼ(eᵢⱼ) bⱼ,  αⱼ = Σᵢ softmaxᵢ(eᵢⱼ) aᵢ
    Args
        scores: e, (..., m, n), for example F(a) F(b)ᵀ
        first: a, (..., m, width)
        second: b, (..., n, width)
        first_mask: True where a is a token and not padding, (..., m), whose first axes are those
            of a; what stands in the padding is never met
        second_mask: likewise for b, (..., n)
    Returns
        β, (..., m, width), what of b belongs to each aᵢ; and α, (..., n, width); 0 for padding
    Raises
        ValueError: if the scores do not fit the sequences, or a mask does not broadcast
    Source
        Parikh et al. 2016, equations 1 and 2.
    Chapter
        nlp/natural_language_inference
    """
    if scores.shape[-2:] != (*first.shape[-2:-1], *second.shape[-2:-1]):
        raise ValueError(
            f"scores {scores.shape} do not fit sequences {first.shape} and {second.shape}"
        )
    mask = None
    if first_mask is not None:
        rows = per_sequence("first_mask", first_mask, first)[..., None]
        first, mask = jnp.where(rows, first, 0), rows
    if second_mask is not None:
        rows = per_sequence("second_mask", second_mask, second)[..., None]
        columns = jnp.swapaxes(rows, -1, -2)
        second, mask = jnp.where(rows, second, 0), columns if mask is None else mask & columns
    turned = None if mask is None else jnp.swapaxes(mask, -1, -2)
    beta = mean_of_values(scores, second, mask)
    alpha = mean_of_values(jnp.swapaxes(scores, -1, -2), first, turned)
    return beta, alpha
