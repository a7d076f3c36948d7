"""Attention layers."""

import math

import jax
from jaxtyping import Array, Bool, Float, Key

from dl_lib.core import Context, Module, decays, static
from dl_lib.functional import (
    additive_scores,
    causal_mask,
    chunked_attention,
    dot_product_scores,
    dropout,
    masked_softmax,
    merge_heads,
    rotary,
    split_heads,
)
from dl_lib.initializers import xavier_uniform
from dl_lib.layers.linear import Linear
from dl_lib.validation import require_drop_rate

__all__ = ["AdditiveAttention", "MultiHeadAttention"]


class AdditiveAttention(Module):
    """Attention whose scores come from a network with one hidden layer.

    Equation
        cᵢ = Σⱼ softmaxⱼ(tanh(qᵢ W_q + kⱼ W_k) · w) vⱼ
    Args
        query_width: size of the last axis of the queries
        key_width: size of the last axis of the keys
        hidden: units of the network
        key: random key for the weights
    Returns
        a layer: `layer(queries, keys=keys)` maps (..., queries, query width) and (..., keys, key
        width) to (..., queries, out); `values`, (..., keys, out), are the keys unless given, and
        `mask` says where a query may look; `layer.weights(queries, keys, mask)` gives the softmax
    Raises
        ValueError: if the widths do not fit, or a mask does not broadcast to (..., queries, keys)
    Source
        Bahdanau, Cho & Bengio 2015, appendix A.1.2.
    Chapter
        attention/attention_scoring
    """

    query_weight: Float[Array, "query_width hidden"] = decays()
    key_weight: Float[Array, "key_width hidden"] = decays()
    score_weight: Float[Array, "hidden"] = decays()

    def __init__(self, query_width: int, key_width: int, hidden: int, *, key: Key[Array, ""]):
        first, second, third = jax.random.split(key, 3)
        self.query_weight = xavier_uniform()(first, (query_width, hidden))
        self.key_weight = xavier_uniform()(second, (key_width, hidden))
        self.score_weight = xavier_uniform()(third, (hidden, 1))[:, 0]

    def weights(
        self,
        queries: Float[Array, "... queries query_width"],
        keys: Float[Array, "... keys key_width"],
        mask: Bool[Array, "..."] | None = None,
    ) -> Float[Array, "... queries keys"]:
        """How much each query takes of each value.

        Args
            queries: (..., queries, query width)
            keys: (..., keys, key width)
            mask: True where a query may look
        Returns
            (..., queries, keys); rows sum to one
        """
        scores = additive_scores(
            queries, keys, self.query_weight, self.key_weight, self.score_weight
        )
        return masked_softmax(scores, mask)

    def __call__(
        self,
        x: Float[Array, "... queries query_width"],
        ctx: Context | None = None,
        *,
        keys: Float[Array, "... keys key_width"] | None = None,
        values: Float[Array, "... keys out"] | None = None,
        mask: Bool[Array, "..."] | None = None,
    ):
        keys = x if keys is None else keys
        return self.weights(x, keys, mask) @ (keys if values is None else values)


class MultiHeadAttention(Module):
    """Several attentions side by side, each on its own projection of queries, keys and values.

    Equation
        Y = [head₁, ..., head_h] W_o + b_o,
        headᵢ = softmax(Qᵢ Kᵢᵀ / sqrt(d/h)) Vᵢ,  Qᵢ = X W_q,ᵢ + b_q,ᵢ, and K, V likewise
    Args
        width: d, of the queries and of the result
        heads: h; divides the width
        key: random key for the weights
        key_width: width of keys and values; None for `width`
        causal: whether a query sees only the keys up to its own position
        rotary_base: turn queries and keys by their positions, see `rotary`; None for not
        rate: probability of dropping a weight while training
        bias: whether the four projections have one
        chunk: compute so many queries at a time, see `chunked_attention`; None for all
    Returns
        a layer: `layer(x)` is self-attention, (batch, time, width) to the same;
        `layer(x, keys=memory)` is cross-attention, `values` are the keys unless given. `mask` is
        True where a query may look, (queries, keys), (batch, queries or 1, keys) or with a heads
        axis; `score_bias` is added to the scores. `layer.weights(x, ...)` gives the softmax,
        (batch, heads, queries, keys)
    Raises
        ValueError: if h does not divide the width, or shapes do not fit, or a layer in chunks is
            to add a bias or to drop weights
    Source
        Vaswani et al. 2017, section 3.2.2.
    Chapter
        attention/multi_head_attention
    """

    query: Linear
    key: Linear
    value: Linear
    output: Linear
    heads: int = static()
    causal: bool = static()
    rotary_base: float | None = static()
    rate: float = static()
    chunk: int | None = static()

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        key: Key[Array, ""],
        key_width: int | None = None,
        causal: bool = False,
        rotary_base: float | None = None,
        rate: float = 0.0,
        bias: bool = True,
        chunk: int | None = None,
    ):
        if heads < 1 or width % heads:
            raise ValueError(f"a width of {width} cannot be split into {heads} heads")
        require_drop_rate(rate)
        if chunk is not None and rate:
            raise ValueError("attention in chunks cannot drop weights: rate must be 0")
        keys = jax.random.split(key, 4)
        sizes = (width, key_width or width, key_width or width, width)
        self.query, self.key, self.value, self.output = (
            Linear(size, width, key=k, bias=bias, initializer=xavier_uniform())
            for size, k in zip(sizes, keys, strict=True)
        )
        self.heads, self.causal, self.rotary_base = heads, causal, rotary_base
        self.rate, self.chunk = float(rate), chunk

    def weights(
        self,
        x: Float[Array, "... queries width"],
        keys: Float[Array, "... keys key_width"] | None = None,
        mask: Bool[Array, "..."] | None = None,
        score_bias: Float[Array, "..."] | None = None,
    ) -> Float[Array, "... heads queries keys"]:
        """How much each query takes of each value, in each head.

        Args
            x: queries, (..., queries, width)
            keys: (..., keys, key width); None for self-attention
            mask: True where a query may look
            score_bias: added to the scores
        Returns
            (..., heads, queries, keys); rows sum to one
        """
        q, k = self._turned(x, x if keys is None else keys)
        scores = dot_product_scores(q, k)
        mask = self._mask(mask, q.shape[-2], k.shape[-2])
        return masked_softmax(scores if score_bias is None else scores + score_bias, mask)

    def __call__(
        self,
        x: Float[Array, "... queries width"],
        ctx: Context | None = None,
        *,
        keys: Float[Array, "... keys key_width"] | None = None,
        values: Float[Array, "... keys key_width"] | None = None,
        mask: Bool[Array, "..."] | None = None,
        score_bias: Float[Array, "..."] | None = None,
    ):
        keys = x if keys is None else keys
        v = split_heads(_in_rows(self.value, keys if values is None else values), self.heads)
        if self.chunk is not None:
            if score_bias is not None:
                raise ValueError("attention in chunks takes no bias for its scores")
            q, k = self._turned(x, keys)
            mask = mask[..., None, :, :] if mask is not None and mask.ndim == 3 else mask
            y = chunked_attention(q, k, v, mask, self.causal, self.chunk)
        else:
            weights = self.weights(x, keys, mask, score_bias)
            if ctx is not None and ctx.training and self.rate:
                weights = dropout(weights, self.rate, ctx.key())
            y = weights @ v
        return _in_rows(self.output, merge_heads(y))

    def _turned(self, x, keys):
        q = split_heads(_in_rows(self.query, x), self.heads)
        k = split_heads(_in_rows(self.key, keys), self.heads)
        if self.rotary_base is None:
            return q, k
        return rotary(q, base=self.rotary_base), rotary(k, base=self.rotary_base)

    def _mask(self, mask, queries, keys):
        if mask is not None and mask.ndim == 3:
            mask = mask[:, None]  # the same for all heads
        if not self.causal:
            return mask
        past = causal_mask(queries, keys)
        return past if mask is None else mask & past


def _in_rows(layer, x):
    """Project one token a row: a 2-D product and its gradient are faster than a batch of them."""
    y = layer(x.reshape(math.prod(x.shape[:-1]), x.shape[-1]))
    return y.reshape(*x.shape[:-1], y.shape[-1])
