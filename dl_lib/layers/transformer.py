"""The layers that a Transformer is a stack of."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Bool, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import relu
from dl_lib.functional.attention._padding import without_padding
from dl_lib.layers.attention import MultiHeadAttention
from dl_lib.layers.dropout import drop_in_training
from dl_lib.layers.feed_forward import GatedFeedForward, PositionwiseFeedForward
from dl_lib.layers.key_value_cache import KeyValueCache
from dl_lib.layers.normalization import LayerNorm, RMSNorm

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]


class _TransformerLayer(Module):
    """What both layers have: attention, a network, and one way to add a branch."""

    attention: MultiHeadAttention
    attention_norm: LayerNorm | RMSNorm
    feed_forward: PositionwiseFeedForward | GatedFeedForward
    feed_forward_norm: LayerNorm | RMSNorm
    norm_first: bool = static()
    rate: float = static()

    def _begin(self, width, hidden, key, activation, rate, norm_first):
        self.feed_forward = PositionwiseFeedForward(
            width, hidden, key=key, activation=activation, rate=rate
        )
        self.attention_norm, self.feed_forward_norm = LayerNorm(width), LayerNorm(width)
        self.norm_first, self.rate = norm_first, float(rate)

    def _read(self, x, norm, ctx):
        """What a branch reads."""
        return norm(x, ctx) if self.norm_first else x

    def _add(self, x, branch, norm, ctx):
        """What a branch gives, added to what was there."""
        y = x + drop_in_training(branch, self.rate, ctx)
        return y if self.norm_first else norm(y, ctx)

    def _fed_forward(self, x, ctx):
        norm = self.feed_forward_norm
        return self._add(x, self.feed_forward(self._read(x, norm, ctx), ctx), norm, ctx)


class TransformerEncoderLayer(_TransformerLayer):
    """Self-attention, then a network at each position, each added to what it reads.

    Equation
        h = LN(x + SA(x)),  y = LN(h + FF(h))
        norm first:  h = x + SA(LN(x)),  y = h + FF(LN(h))
    Args
        width: d, of the input and of the result
        heads: of the attention; divides the width
        hidden: units of the network, see `PositionwiseFeedForward`
        key: random key for the weights
        activation: of the network
        rate: probability of dropping, while training, a weight of the attention, a hidden unit, or
            an entry of what is added
        norm_first: whether the norms are inside the branches; a stack of such layers needs a norm
            at its end
        causal: whether a position sees only those up to itself, as a language model must
        chunk: compute the attention of so many positions at a time; None for all
    Returns
        a layer that keeps the shape of its input, (..., time, width). `mask`, True where a
        position may look, is that of `MultiHeadAttention`; for padding it is
        `padding_mask(lengths, time)[:, None]`
    Raises
        ValueError: if the heads do not divide the width, shapes do not fit, `rate` is no
            probability below 1, or a layer in chunks is to drop
    Source
        Vaswani et al. 2017, section 3.1; Xiong et al. 2020 for the norm first.
    Chapter
        attention/transformer
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        activation: Callable[[Array], Array] = relu,
        rate: float = 0.0,
        norm_first: bool = False,
        causal: bool = False,
        chunk: int | None = None,
    ):
        first, second = jax.random.split(key)
        settings = {"rate": rate, "causal": causal, "chunk": chunk}
        self.attention = MultiHeadAttention(width, heads, key=first, **settings)
        self._begin(width, hidden, second, activation, rate, norm_first)

    def __call__(
        self,
        x: Float[Array, "... time width"],
        ctx: Context | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
    ):
        x, norm = without_padding(x, mask), self.attention_norm
        y = self.attention(self._read(x, norm, ctx), ctx, mask=mask)
        return self._fed_forward(self._add(x, y, norm, ctx), ctx)

    def initial(self, batch: int, length: int) -> KeyValueCache:
        """The cache before the first position, see `MultiHeadAttention.initial`.

        Args
            batch: how many sequences
            length: how many positions there will be at the most
        Returns
            an empty cache, for `extend`
        """
        return self.attention.initial(batch, length)

    def extend(
        self,
        x: Float[Array, "batch new width"],
        cache: KeyValueCache,
        ctx: Context | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
    ) -> tuple[Float[Array, "batch new width"], KeyValueCache]:
        """Go on with new positions, see `MultiHeadAttention.extend`.

        Args
            x: the new positions, (batch, new, width)
            cache: of the positions before
            ctx: context
            mask: True where one may look among all positions that there is room for
        Returns
            the rows of `layer(all so far)` that are new, and the cache with them
        """
        norm = self.attention_norm
        y, cache = self.attention.extend(self._read(x, norm, ctx), cache, ctx, mask=mask)
        return self._fed_forward(self._add(x, y, norm, ctx), ctx), cache


class TransformerDecoderLayer(_TransformerLayer):
    """Self-attention to the past, attention to a memory, then a network at each position.

    Equation
        h = LN(x + SA(x)),  g = LN(h + CA(h, m)),  y = LN(g + FF(g))
        norm first:  h = x + SA(LN(x)),  g = h + CA(LN(h), m),  y = g + FF(LN(g))
    Args
        width: d, of the input, of the memory and of the result
        heads: of both attentions; divides the width
        hidden: units of the network, see `PositionwiseFeedForward`
        key: random key for the weights
        activation: of the network
        rate: probability of dropping, as in `TransformerEncoderLayer`
        norm_first: whether the norms are inside the branches; a stack of such layers needs a norm
            at its end
        causal: whether a position sees only those up to itself
    Returns
        a layer: `layer(x, memory=m)` keeps the shape of x, (..., time, width), for a memory m of
        shape (..., source, width), which the encoder wrote. `mask` says where a position may look
        among the positions, `memory_mask` where in the memory
    Raises
        ValueError: if the heads do not divide the width, shapes do not fit, or `rate` is no
            probability below 1
    Source
        Vaswani et al. 2017, section 3.1; Xiong et al. 2020 for the norm first.
    Chapter
        attention/transformer
    """

    cross_attention: MultiHeadAttention
    cross_attention_norm: LayerNorm

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        activation: Callable[[Array], Array] = relu,
        rate: float = 0.0,
        norm_first: bool = False,
        causal: bool = True,
    ):
        first, second, third = jax.random.split(key, 3)
        self.attention = MultiHeadAttention(width, heads, key=first, rate=rate, causal=causal)
        self.cross_attention = MultiHeadAttention(width, heads, key=second, rate=rate)
        self.cross_attention_norm = LayerNorm(width)
        self._begin(width, hidden, third, activation, rate, norm_first)

    def __call__(
        self,
        x: Float[Array, "... time width"],
        ctx: Context | None = None,
        *,
        memory: Float[Array, "... source width_of_memory"],
        mask: Bool[Array, "..."] | None = None,
        memory_mask: Bool[Array, "..."] | None = None,
    ):
        x, norm = without_padding(x, mask), self.attention_norm
        y = self.attention(self._read(x, norm, ctx), ctx, mask=mask)
        h, norm = self._add(x, y, norm, ctx), self.cross_attention_norm
        y = self.cross_attention(self._read(h, norm, ctx), ctx, keys=memory, mask=memory_mask)
        return self._fed_forward(self._add(h, y, norm, ctx), ctx)

    def initial(
        self, memory: Float[Array, "batch source width"], length: int
    ) -> tuple[KeyValueCache, KeyValueCache]:
        """The caches before the first position.

        Args
            memory: what the encoder wrote, (batch, source, width)
            length: how many positions there will be at the most
        Returns
            an empty cache of the positions, and one of the memory, for `extend`
        """
        empty = self.attention.initial(memory.shape[0], length)
        return empty, self.cross_attention.remember(memory)

    def extend(
        self,
        x: Float[Array, "batch new width"],
        caches: tuple[KeyValueCache, KeyValueCache],
        ctx: Context | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
        memory_mask: Bool[Array, "..."] | None = None,
    ) -> tuple[Float[Array, "batch new width"], tuple[KeyValueCache, KeyValueCache]]:
        """Go on with new positions, see `MultiHeadAttention.extend`.

        Args
            x: the new positions, (batch, new, width)
            caches: of the positions before, and of the memory
            ctx: context
            mask: True where one may look among all positions that there is room for
            memory_mask: likewise in the memory
        Returns
            the rows of `layer(all so far, memory=memory)` that are new, and the caches with them
        """
        (cache, remembered), norm = caches, self.attention_norm
        y, cache = self.attention.extend(self._read(x, norm, ctx), cache, ctx, mask=mask)
        h, norm = self._add(x, y, norm, ctx), self.cross_attention_norm
        read = self._read(h, norm, ctx)
        y = self.cross_attention.recall(read, remembered, ctx, mask=memory_mask)
        return self._fed_forward(self._add(h, y, norm, ctx), ctx), (cache, remembered)
