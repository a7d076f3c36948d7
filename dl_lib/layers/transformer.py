"""The layers that a Transformer is a stack of."""

import math
from collections.abc import Callable

import jax
from jaxtyping import Array, Bool, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import dropout, relu
from dl_lib.initializers import xavier_uniform
from dl_lib.layers.attention import MultiHeadAttention
from dl_lib.layers.linear import Linear
from dl_lib.layers.normalization import LayerNorm
from dl_lib.validation import require_drop_rate

__all__ = ["PositionwiseFeedForward", "TransformerDecoderLayer", "TransformerEncoderLayer"]


class PositionwiseFeedForward(Module):
    """The same network with one hidden layer at every position.

    Equation
        y = φ(x W₁ + b₁) W₂ + b₂
    Args
        width: d, of the input and of the result
        hidden: units in between; 4d is usual
        key: random key for the weights
        activation: φ
        rate: probability of dropping a hidden unit while training
    Returns
        a layer that keeps the shape of its input, (..., width)
    Raises
        ValueError: if the last axis of an input is not `width`, or `rate` no probability below 1
    Source
        Vaswani et al. 2017, equation 2.
    Chapter
        attention/transformer
    """

    first: Linear
    second: Linear
    activation: Callable = static()
    rate: float = static()

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        activation: Callable[[Array], Array] = relu,
        rate: float = 0.0,
    ):
        require_drop_rate(rate)
        keys = jax.random.split(key)
        self.first = Linear(width, hidden, key=keys[0])
        self.second = Linear(hidden, width, key=keys[1], initializer=xavier_uniform())
        self.activation, self.rate = activation, float(rate)

    def __call__(self, x: Float[Array, "... width"], ctx: Context | None = None):
        # One position a row: a 2-D product and its gradient are faster than a batch of them.
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        hidden = self.activation(self.first(rows))
        return self.second(_dropped(hidden, self.rate, ctx)).reshape(x.shape)


class _TransformerLayer(Module):
    """What both layers have: attention, a network, and one way to add a branch."""

    attention: MultiHeadAttention
    attention_norm: LayerNorm
    feed_forward: PositionwiseFeedForward
    feed_forward_norm: LayerNorm
    norm_first: bool = static()
    rate: float = static()

    def _begin(self, width, hidden, key, activation, rate, norm_first):
        self.feed_forward = PositionwiseFeedForward(
            width, hidden, key=key, activation=activation, rate=rate
        )
        self.attention_norm, self.feed_forward_norm = LayerNorm(width), LayerNorm(width)
        self.norm_first, self.rate = norm_first, float(rate)

    def _add(self, x, layer, norm, ctx, **inputs):
        if self.norm_first:
            return x + _dropped(layer(norm(x), ctx, **inputs), self.rate, ctx)
        return norm(x + _dropped(layer(x, ctx, **inputs), self.rate, ctx))


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
        h = self._add(x, self.attention, self.attention_norm, ctx, mask=mask)
        return self._add(h, self.feed_forward, self.feed_forward_norm, ctx)


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
        cross, cross_norm = self.cross_attention, self.cross_attention_norm
        h = self._add(x, self.attention, self.attention_norm, ctx, mask=mask)
        g = self._add(h, cross, cross_norm, ctx, keys=memory, mask=memory_mask)
        return self._add(g, self.feed_forward, self.feed_forward_norm, ctx)


def _dropped(x, rate, ctx):
    return dropout(x, rate, ctx.key()) if rate and ctx is not None and ctx.training else x
