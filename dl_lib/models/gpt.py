"""GPT: a language model that is a stack of causal attention; its options make it a LLaMA."""

import jax
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module, edit, static
from dl_lib.functional import gelu
from dl_lib.layers import (
    Embedding,
    GatedFeedForward,
    KeyValueCache,
    LayerNorm,
    Linear,
    MultiHeadAttention,
    PositionalEmbedding,
    PositionwiseFeedForward,
    RMSNorm,
    TransformerEncoderLayer,
)
from dl_lib.layers.dropout import drop_in_training
from dl_lib.models._padding import real_tokens

__all__ = ["GPT", "GPTBlock"]


def _gelu(x):
    """GPT-2 was trained with the form that has a tanh."""
    return gelu(x, approximate=True)


class GPTBlock(TransformerEncoderLayer):
    """Causal attention and a network at each position: each reads a norm and adds to the stream.

    Equation
        h = x + SA(N(x)),  y = h + F(N(h))
    Args
        width: d, of the input and of the result
        heads: of the attention; divides the width
        hidden: units of the network
        key: random key for the weights
        rate: probability of dropping, as in `TransformerEncoderLayer`
        norm: N, `LayerNorm` or `RMSNorm`
        gated: whether the network is a `GatedFeedForward`
        key_heads: heads of the keys and values, see `MultiHeadAttention`; None for `heads`
        rotary_base: turn queries and keys by their positions, see `rotary`; None for not
        bias: whether the projections of the attention have one
    Returns
        a layer that keeps the shape of its input, (batch, time, width), and goes on from a cache,
        as `TransformerEncoderLayer` with a causal attention and the norm first
    Raises
        ValueError: if the heads do not divide the width, or `rate` is no probability below 1
    Source
        Radford et al. 2019, section 2.3; Touvron et al. 2023, section 2.2, for the options.
    Chapter
        attention/decoder_only
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        rate: float = 0.0,
        norm: type[LayerNorm] | type[RMSNorm] = LayerNorm,
        gated: bool = False,
        key_heads: int | None = None,
        rotary_base: float | None = None,
        bias: bool = True,
    ):
        first, second = jax.random.split(key)
        options = {"key_heads": key_heads, "rotary_base": rotary_base, "bias": bias, "rate": rate}
        self.attention = MultiHeadAttention(width, heads, causal=True, key=first, **options)
        if gated:
            network = GatedFeedForward(width, hidden, key=second, rate=rate)
        else:
            network = PositionwiseFeedForward(
                width, hidden, key=second, activation=_gelu, rate=rate
            )
        self.feed_forward = network
        self.attention_norm, self.feed_forward_norm = norm(width), norm(width)
        self.norm_first, self.rate = True, float(rate)


class GPT(Module):
    """A decoder-only Transformer: vectors of tokens and positions, blocks, a norm, scores.

    Equation
        h₀ = E[x] + P,  hₗ = blockₗ(hₗ₋₁),  scores = N(h_L) Eᵀ:  of the token that comes next
    Args
        vocabulary: how many tokens there are
        length: how many positions have a learned vector P; None for none, as with `rotary_base`
        width: d, of all vectors
        heads: of each attention; divides the width
        depth: L, how many blocks
        key: random key for the parameters
        hidden: units of the networks; None for 4d
        rate: probability of dropping an entry of the first vectors, and what the blocks drop
        tied: whether the scores are products with the vectors E of the tokens; otherwise they have
            weights of their own
        norm: N, `LayerNorm` or `RMSNorm`, here and in the blocks
        options: of `GPTBlock`. A LLaMA is `GPT(vocabulary, None, width, heads, depth, tied=False,
            norm=RMSNorm, gated=True, rotary_base=10_000.0, bias=False, hidden=8 * width // 3)`,
            of which the later ones have fewer `key_heads`
    Returns
        a network that maps tokens, (batch, time), to scores, (batch, time, vocabulary), which see
        the tokens up to their own. `lengths` says how many tokens of each row there are: what
        stands behind them changes nothing. `dl_lib.text.generate(model.step, model.initial(batch,
        length), prompt, ...)` writes on
    Raises
        ValueError: if a sequence has more positions than there are, the heads do not divide the
            width, or `rate` is no probability below 1
    Source
        Radford et al. 2019. Differs: the weights of the blocks begin as those of their layers;
        the factor 1/sqrt(2L) of the last of each branch is the paper's.
    Chapter
        attention/decoder_only
    """

    tokens: Embedding
    positions: PositionalEmbedding | None
    blocks: tuple[GPTBlock, ...]
    norm: LayerNorm | RMSNorm
    output: Linear | None
    rate: float = static()

    def __init__(
        self,
        vocabulary: int,
        length: int | None,
        width: int,
        heads: int,
        depth: int,
        *,
        key: Key[Array, ""],
        hidden: int | None = None,
        rate: float = 0.0,
        tied: bool = True,
        norm: type[LayerNorm] | type[RMSNorm] = LayerNorm,
        **options,
    ):
        first, second, last, *keys = jax.random.split(key, 3 + depth)
        small = jax.nn.initializers.normal(0.02)
        self.tokens = Embedding(vocabulary, width, key=first, initializer=small)
        self.positions = None if length is None else PositionalEmbedding(length, width, key=second)
        options |= {"rate": rate, "norm": norm}
        blocks = tuple(GPTBlock(width, heads, hidden or 4 * width, key=k, **options) for k in keys)
        # 2L branches add to one stream: with this factor its variance does not grow with L.
        ends = ["*.attention.output.weight", "*.feed_forward.second.weight"]
        self.blocks = edit(blocks, dict.fromkeys(ends, lambda weight: weight / (2 * depth) ** 0.5))
        self.norm, self.rate = norm(width), float(rate)
        self.output = None if tied else Linear(width, vocabulary, key=last, bias=False)

    def __call__(
        self,
        x: Int[Array, "batch time"],
        ctx: Context | None = None,
        *,
        lengths: Int[Array, "batch"] | None = None,
    ):
        x, mask = real_tokens(x, lengths)
        h = self._embedded(x, 0, ctx)  # (batch, time, width)
        for block in self.blocks:
            h = block(h, ctx, mask=mask)
        return self._scores(h, ctx)

    def initial(self, batch: int, length: int) -> tuple[KeyValueCache, ...]:
        """The caches before the first token.

        Args
            batch: how many sequences
            length: how many tokens there will be at the most, with those of the prompt
        Returns
            an empty cache for each block, for `step` and `extend`
        """
        return tuple(block.initial(batch, length) for block in self.blocks)

    def extend(
        self,
        x: Int[Array, "batch new"],
        caches: tuple[KeyValueCache, ...],
        ctx: Context | None = None,
    ) -> tuple[Float[Array, "batch new vocabulary"], tuple[KeyValueCache, ...]]:
        """Go on with new tokens; those before are not read again.

        Args
            x: the new tokens, (batch, new)
            caches: of the tokens before
            ctx: context
        Returns
            the rows of `model(all so far)` that are new, and the caches with them. Under jit they
            are NaN where there is no room
        """
        h, after = self._embedded(x, caches[0].position, ctx), []
        for block, before in zip(self.blocks, caches, strict=True):
            h, cache = block.extend(h, before, ctx)
            after.append(cache)
        return self._scores(h, ctx), tuple(after)

    def step(
        self, tokens: Int[Array, "batch"], caches: tuple[KeyValueCache, ...]
    ) -> tuple[Float[Array, "batch vocabulary"], tuple[KeyValueCache, ...]]:
        """One token more for each sequence, as `dl_lib.text.generate` asks for it.

        Args
            tokens: (batch,)
            caches: of the tokens before
        Returns
            the scores of the next token, (batch, vocabulary), and the caches with this one
        """
        scores, caches = self.extend(tokens[:, None], caches)
        return scores[:, 0], caches

    def _embedded(self, x, first, ctx):
        h = self.tokens(x, ctx)
        if self.positions is not None:
            h = self.positions(h, ctx, first=first)
        return drop_in_training(h, self.rate, ctx)

    def _scores(self, h, ctx):
        h = self.norm(h, ctx)
        return self.tokens.attend(h) if self.output is None else self.output(h, ctx)
