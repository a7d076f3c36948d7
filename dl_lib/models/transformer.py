"""Transformer: an encoder that reads, and a decoder that writes what it attends to."""

from typing import ClassVar

import jax
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from dl_lib.core import Context, Module
from dl_lib.functional import log_softmax
from dl_lib.layers import (
    Embedding,
    LayerNorm,
    SinusoidalEncoding,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from dl_lib.models._padding import real_tokens

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder"]


class _Layers(Module):
    """Layers of one kind, and a norm behind them where they have theirs first."""

    layers: tuple[Module, ...]
    norm: LayerNorm | None

    def __init__(self, width, heads, hidden, depth, *, key, **options):
        keys = jax.random.split(key, depth)
        self.layers = tuple(self.kind(width, heads, hidden, key=k, **options) for k in keys)
        self.norm = LayerNorm(width) if options.get("norm_first") else None

    def __call__(self, x: Float[Array, "batch time width"], ctx: Context | None = None, **inputs):
        for layer in self.layers:
            x = layer(x, ctx, **inputs)
        return x if self.norm is None else self.norm(x, ctx)


class TransformerEncoder(_Layers):
    """Layers that attend to themselves, one after another.

    Equation
        y = layerₖ(… layer₁(x));  N(y) where the layers have their norms first
    Args
        width: d, of all vectors
        heads: of each attention; divides the width
        hidden: units of each network
        depth: how many layers
        key: random key for the parameters
        options: of `TransformerEncoderLayer`: activation, rate, norm_first, causal, chunk
    Returns
        a network that keeps the shape of its input, (batch, time, width); `mask` as for a layer
    Raises
        ValueError: if the heads do not divide the width
    Source
        Vaswani et al. 2017, section 3.1.
    Chapter
        attention/transformer
    """

    kind: ClassVar = TransformerEncoderLayer


class TransformerDecoder(_Layers):
    """Layers that attend to the past and to a memory, one after another.

    Equation
        y = layerₖ(… layer₁(x, m) …, m);  N(y) where the layers have their norms first
    Args
        width: d, of all vectors, also of the memory
        heads: of each attention; divides the width
        hidden: units of each network
        depth: how many layers
        key: random key for the parameters
        options: of `TransformerDecoderLayer`: activation, rate, norm_first, causal
    Returns
        a network: `decoder(x, memory=m)` keeps the shape of x, (batch, time, width), and takes the
        masks of a layer. It goes on from caches, see `initial`
    Raises
        ValueError: if the heads do not divide the width
    Source
        Vaswani et al. 2017, section 3.1.
    Chapter
        attention/transformer
    """

    kind: ClassVar = TransformerDecoderLayer

    def initial(self, memory: Float[Array, "batch source width"], length: int) -> tuple:
        """The caches before the first position.

        Args
            memory: what the encoder wrote, (batch, source, width)
            length: how many positions there will be at the most
        Returns
            two caches a layer, of the positions and of the memory, for `extend`
        """
        return tuple(layer.initial(memory, length) for layer in self.layers)

    def extend(
        self, x: Float[Array, "batch new width"], caches: tuple, **inputs
    ) -> tuple[Float[Array, "batch new width"], tuple]:
        """Go on with new positions; those before are not read again.

        Args
            x: the new positions, (batch, new, width)
            caches: of the positions before, and of the memory
            inputs: the masks of `TransformerDecoderLayer.extend`
        Returns
            the rows of `decoder(all so far, memory=m)` that are new, and the caches with them
        """
        after = []
        for layer, before in zip(self.layers, caches, strict=True):
            x, cache = layer.extend(x, before, **inputs)
            after.append(cache)
        return x if self.norm is None else self.norm(x), tuple(after)


class Transformer(Module):
    """From one sequence to another: every token that is written looks at all that was read.

    Equation
        m = encoder(√d E[x] + P),  scores = decoder(√d E[y] + P, m) Eᵀ
    Args
        vocabulary: how many tokens there are
        width: d, of all vectors
        heads: of each attention; divides the width
        hidden: units of each network
        depth: how many layers the encoder has, and the decoder
        key: random key for the parameters
        target_vocabulary: how many tokens the target has, with an E of their own; None for one E
        rate: probability of dropping, of the first vectors as well; the paper's is 0.1
        norm_first: whether the norms are inside the branches, as they later were
    Returns
        a network: `model(source, target=y)` maps tokens (batch, time) and the target so far,
        (batch, steps), to scores of what comes next, (batch, steps, vocabulary). `lengths` and
        `target_lengths` say how many tokens of each row there are: what stands behind them changes
        nothing. `model.step` writes one token after another from `model.initial(source, length)`,
        for `greedy_search`, `beam_search` and `generate` of `dl_lib.text`
    Raises
        ValueError: if the heads do not divide the width, or a known token is out of range
    Source
        Vaswani et al. 2017. The defaults are those of its base model.
    Chapter
        attention/transformer
    """

    tokens: Embedding
    target_tokens: Embedding | None
    positions: SinusoidalEncoding
    encoder: TransformerEncoder
    decoder: TransformerDecoder

    def __init__(
        self,
        vocabulary: int,
        width: int = 512,
        heads: int = 8,
        hidden: int = 2048,
        depth: int = 6,
        *,
        key: Key[Array, ""],
        target_vocabulary: int | None = None,
        rate: float = 0.0,
        norm_first: bool = False,
    ):
        keys = jax.random.split(key, 4)
        sizes, options = (width, heads, hidden, depth), {"rate": rate, "norm_first": norm_first}
        self.tokens = Embedding(vocabulary, width, key=keys[0], scaled=True)
        self.target_tokens = None
        if target_vocabulary is not None:
            self.target_tokens = Embedding(target_vocabulary, width, key=keys[1], scaled=True)
        self.positions = SinusoidalEncoding(rate)
        self.encoder = TransformerEncoder(*sizes, key=keys[2], **options)
        self.decoder = TransformerDecoder(*sizes, key=keys[3], **options)

    def __call__(
        self,
        x: Int[Array, "batch time"],
        ctx: Context | None = None,
        *,
        target: Int[Array, "batch steps"],
        lengths: Int[Array, "batch"] | None = None,
        target_lengths: Int[Array, "batch"] | None = None,
    ):
        memory, memory_mask = self.encode(x, lengths, ctx)
        target, mask = real_tokens(target, target_lengths)
        embedding = self._target_embedding()
        h = self.positions(embedding(target, ctx), ctx)  # (batch, steps, width)
        h = self.decoder(h, ctx, memory=memory, mask=mask, memory_mask=memory_mask)
        return embedding.attend(h)

    def encode(
        self,
        x: Int[Array, "batch time"],
        lengths: Int[Array, "batch"] | None = None,
        ctx: Context | None = None,
    ) -> tuple[Float[Array, "batch time width"], Bool[Array, "batch one time"] | None]:
        """Read a sequence.

        Args
            x: its tokens, (batch, time)
            lengths: how many there are in each row; None for all
            ctx: context
        Returns
            the memory, (batch, time, width), and where one may look in it, (batch, 1, time); None
            without lengths
        """
        x, mask = real_tokens(x, lengths)
        h = self.positions(self.tokens(x, ctx), ctx)
        return self.encoder(h, ctx, mask=mask), mask

    def initial(
        self,
        x: Int[Array, "batch time"],
        length: int,
        lengths: Int[Array, "batch"] | None = None,
    ) -> PyTree:
        """The state before the first token is written. A beam search takes a row for each beam.

        Args
            x: what is to be read, (batch, time)
            length: how many tokens will be written at the most
            lengths: how many tokens there are in each row; None for all
        Returns
            caches, and where one may look in the memory, for `step`
        """
        memory, mask = self.encode(x, lengths)
        return self.decoder.initial(memory, length), mask

    def step(
        self, tokens: Int[Array, "batch"], state: PyTree
    ) -> tuple[Float[Array, "batch vocabulary"], PyTree]:
        """Write one token more.

        Args
            tokens: the last of each row, (batch,)
            state: of those before
        Returns
            the logarithms of the probabilities of the next token, (batch, vocabulary), and the
            state with this one
        """
        (caches, mask), embedding = state, self._target_embedding()
        h = self.positions(embedding(tokens[:, None]), first=caches[0][0].position)
        h, caches = self.decoder.extend(h, caches, memory_mask=mask)
        return log_softmax(embedding.attend(h[:, 0])), (caches, mask)

    def _target_embedding(self):
        return self.tokens if self.target_tokens is None else self.target_tokens
