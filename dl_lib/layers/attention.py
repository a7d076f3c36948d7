"""Attention with several heads."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import (
    causal_mask,
    chunked_attention,
    dot_product_scores,
    masked_softmax,
    merge_heads,
    rotary,
    split_heads,
)
from dl_lib.functional.attention._padding import for_heads, seen_inputs, without_unseen
from dl_lib.functional.attention._softmax import mean_of_values
from dl_lib.initializers import xavier_uniform
from dl_lib.layers.dropout import drop_in_training
from dl_lib.layers.key_value_cache import KeyValueCache
from dl_lib.layers.linear import Linear
from dl_lib.validation import require_broadcast, require_drop_rate

__all__ = ["MultiHeadAttention"]


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
        key_heads: heads of keys and values, each for a group of heads of the queries; None for h
        causal: whether a query sees no key behind its own position; the last query is the last key
        rotary_base: turn queries and keys by their positions, see `rotary`; None for not
        rate: probability of dropping a weight while training
        bias: whether the four projections have one
        chunk: compute so many queries at a time, see `chunked_attention`; None for all
    Returns
        a layer: `layer(x)` is self-attention, (batch, time, width) to the same;
        `layer(x, keys=memory)` is cross-attention, `values` are the keys unless given. `mask` is
        True where a query may look, (queries, keys), (batch, queries or 1, keys) or with a heads
        axis; `score_bias`, (heads, queries, keys) or with a batch, is added to the scores.
        `layer.weights(x, ...)` gives the softmax, (batch, heads, queries, keys). A causal layer
        goes on from where it was: `y, cache = layer.extend(x, cache)`, see `initial`
    Raises
        ValueError: if h does not divide the width, or `key_heads` not h, shapes do not fit, or
            chunks drop or have a bias
    Source
        Vaswani et al. 2017, section 3.2.2; Ainslie et al. 2023 for grouped queries.
    Chapter
        attention/multi_head_attention
    """

    query: Linear
    key: Linear
    value: Linear
    output: Linear
    heads: int = static()
    key_heads: int = static()
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
        key_heads: int | None = None,
        causal: bool = False,
        rotary_base: float | None = None,
        rate: float = 0.0,
        bias: bool = True,
        chunk: int | None = None,
    ):
        if heads < 1 or width % heads:
            raise ValueError(f"a width of {width} cannot be split into {heads} heads")
        key_heads = heads if key_heads is None else key_heads
        if key_heads < 1 or heads % key_heads:
            raise ValueError(f"{key_heads} heads of keys do not divide {heads} heads of queries")
        require_drop_rate(rate)
        if chunk is not None and rate:
            raise ValueError("attention in chunks cannot drop weights: rate must be 0")
        self.heads, self.key_heads, self.causal = heads, key_heads, causal
        self.rotary_base, self.rate, self.chunk = rotary_base, float(rate), chunk
        sizes = ((width, width), *((key_width or width, width // heads * key_heads),) * 2)
        self.query, self.key, self.value, self.output = (
            Linear(*size, key=k, bias=bias, initializer=xavier_uniform())
            for size, k in zip((*sizes, (width, width)), jax.random.split(key, 4), strict=True)
        )

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
        x, keys, _, mask = seen_inputs(x, keys, None, mask, self.heads)
        q, k = self._queries(x, keys.shape[-2]), self._for_all(self._in_heads(self.key, keys, 0))
        return masked_softmax(*self._scores(q, k, mask, score_bias))

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
        x, keys, values, mask = seen_inputs(x, keys, values, mask, self.heads)
        q, k = self._queries(x, keys.shape[-2]), self._for_all(self._in_heads(self.key, keys, 0))
        v = self._for_all(self._in_heads(self.value, values))
        if self.chunk is None:
            return self._mixed(*self._scores(q, k, mask, score_bias), v, ctx)
        if score_bias is not None:
            raise ValueError("attention in chunks takes no bias for its scores")
        return self.output(merge_heads(chunked_attention(q, k, v, mask, self.causal, self.chunk)))

    def initial(self, batch: int, length: int) -> KeyValueCache:
        """The cache before the first position.

        Args
            batch: how many sequences
            length: how many positions there will be at the most
        Returns
            an empty cache, for `extend`
        """
        head_width = self.key.weight.shape[1] // self.key_heads
        empty = jnp.zeros((batch, self.key_heads, length, head_width), self.key.weight.dtype)
        return KeyValueCache(empty, jnp.zeros_like(empty), jnp.asarray(0))

    def extend(
        self,
        x: Float[Array, "batch new width"],
        cache: KeyValueCache,
        ctx: Context | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
    ) -> tuple[Float[Array, "batch new width"], KeyValueCache]:
        """Causal self-attention of new positions to all so far, which are not projected again.

        Args
            x: the new positions, (batch, new, width)
            cache: of the positions before
            ctx: context
            mask: True where one may look among all positions that there is room for, (new, length)
                or (batch, new or 1, length)
        Returns
            the rows of `layer(all so far)` that are new, and the cache with them. Under jit they
            are NaN where there is no room
        Raises
            ValueError: if the layer is not causal, or there is known to be no room
        """
        if not self.causal:
            raise ValueError("only attention with causal=True goes on from a cache")
        before, new = cache.position, x.shape[-2]
        q, k = (self._in_heads(part, x, before) for part in (self.query, self.key))
        cache = cache.extended(k, self._in_heads(self.value, x))
        y = self._looked_up(q, cache, mask, before, ctx)
        return jnp.where(before + new <= cache.length, y, jnp.nan), cache

    def remember(self, keys: Float[Array, "batch keys key_width"]) -> KeyValueCache:
        """Keys and values of a memory, to look up many times.

        Args
            keys: the memory, (batch, keys, key width)
        Returns
            a full cache, for `recall`
        """
        k, v = self._in_heads(self.key, keys, 0), self._in_heads(self.value, keys)
        return KeyValueCache(k, v, jnp.asarray(keys.shape[1]))

    def recall(
        self,
        x: Float[Array, "batch queries width"],
        cache: KeyValueCache,
        ctx: Context | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
    ) -> Float[Array, "batch queries width"]:
        """Cross-attention to a memory that is remembered, `layer(x, keys=memory)`.

        Args
            x: queries, (batch, queries, width)
            cache: what `remember` made of the memory
            ctx: context
            mask: True where a query may look, as in a call
        Returns
            (batch, queries, width)
        """
        return self._looked_up(self._queries(x, cache.length), cache, mask, None, ctx)

    def _in_heads(self, layer, x, first=None):
        """A projection, turned by the positions from `first` on where these are rotary."""
        y = split_heads(layer(x), self.heads if layer is self.query else self.key_heads)
        if first is None or self.rotary_base is None:
            return y
        return rotary(y, first + jnp.arange(x.shape[-2]), self.rotary_base)

    def _for_all(self, x):
        """Keys or values, again for each head of the queries that shares them."""
        shared = self.heads // self.key_heads
        return x if shared == 1 else jnp.repeat(x, shared, axis=-3)

    def _queries(self, x, keys):
        first = keys - x.shape[-2] if self.causal else 0  # causal queries are the last of the keys
        return self._in_heads(self.query, x, first)

    def _scores(self, q, k, mask, score_bias=None, first=None):
        scores = dot_product_scores(q, k)
        if score_bias is not None:
            require_broadcast("score_bias", score_bias, scores.shape)
            scores = scores + score_bias
        if self.causal:
            past = causal_mask(q.shape[-2], k.shape[-2], first)
            mask = past if mask is None else mask & past
        return scores, mask

    def _looked_up(self, q, cache, mask, first, ctx):
        if mask is not None:
            mask = for_heads(mask, (*q.shape[:-1], cache.length))
        q, k, v = without_unseen(mask, q, *map(self._for_all, (cache.keys, cache.values)))
        return self._mixed(*self._scores(q, k, mask, first=first), v, ctx)

    def _mixed(self, scores, mask, values, ctx):
        mean = mean_of_values(scores, values, mask, lambda w: drop_in_training(w, self.rate, ctx))
        return self.output(merge_heads(mean))
