"""Attention: a mean of values, weighted by how well queries and keys fit."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, ScalarLike

from dl_lib.functional.attention.scores import dot_product_scores, masked_softmax
from dl_lib.validation import require_broadcast, require_sequences

__all__ = ["scaled_dot_product_attention", "soft_alignment"]


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
        mask: True where a query may look, broadcasts to (..., queries, keys)
        bias: B, added to the scores, for relative positions; broadcasts likewise
        scale: instead of 1/sqrt(d)
    Returns
        (..., queries, out); zeros for a query that may look nowhere
    Raises
        ValueError: if the shapes do not fit
    Source
        Vaswani et al. 2017, equation 1.
    Chapter
        attention/attention_scoring
    """
    require_sequences(keys=keys, values=values)
    if keys.shape[-2] != values.shape[-2]:
        raise ValueError(
            f"keys of shape {keys.shape} and values of shape {values.shape} must be as many"
        )
    scores = dot_product_scores(queries, keys, scale)
    if bias is not None:
        require_broadcast("bias", bias, scores.shape)
        scores = scores + bias
    return masked_softmax(scores, mask) @ values


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
        first_mask: True where a is a token and not padding, (..., m)
        second_mask: likewise for b, (..., n)
    Returns
        β, (..., m, width), what of b belongs to each aᵢ; and α, (..., n, width)
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
    over_second = None if second_mask is None else second_mask[..., None, :]
    over_first = None if first_mask is None else first_mask[..., None, :]
    beta = masked_softmax(scores, over_second) @ second
    alpha = masked_softmax(jnp.swapaxes(scores, -1, -2), over_first) @ first
    return beta, alpha
