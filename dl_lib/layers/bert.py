"""What BERT has besides its encoder: the vectors that go in, and two heads for pretraining."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module
from dl_lib.functional import gelu, tanh
from dl_lib.functional.vectors.indexing import require_index
from dl_lib.initializers import truncated_normal
from dl_lib.layers.dropout import Dropout
from dl_lib.layers.embedding import Embedding
from dl_lib.layers.linear import Linear
from dl_lib.layers.normalization import LayerNorm
from dl_lib.layers.positions import PositionalEmbedding
from dl_lib.validation import require_same_shape

__all__ = ["BERTEmbedding", "MaskedLanguageModelHead", "NextSentenceHead"]


class BERTEmbedding(Module):
    """The sum of three vectors: which token, in which of two texts, at which place.

    Equation
        y = LN(E_token + E_segment + E_position), then dropout
    Args
        vocabulary: how many tokens there are
        width: d, of the vectors
        key: random key for the vectors, all of size 0.02
        length: the most positions there can be
        segments: how many texts there can be side by side
        rate: probability of dropping an entry while training
    Returns
        a layer: `layer(tokens, segments=s)` maps (batch, time) tokens, and the number of the text
        that each belongs to, same shape, to (batch, time, d); without `segments` all belong to 0
    Raises
        ValueError: if a known token or segment is out of range, the shapes differ, a sequence is
            too long, or `rate` is no probability below 1
    Source
        Devlin et al. 2019, section 3 and its code, which has the norm and the dropout.
    Chapter
        nlp/bert
    """

    token: Embedding
    segment: Embedding
    position: PositionalEmbedding
    norm: LayerNorm
    dropout: Dropout

    def __init__(
        self,
        vocabulary: int,
        width: int,
        *,
        key: Key[Array, ""],
        length: int = 512,
        segments: int = 2,
        rate: float = 0.0,
    ):
        first, second, third = jax.random.split(key, 3)
        draw = truncated_normal(0.02)
        self.token = Embedding(vocabulary, width, key=first, initializer=draw)
        self.segment = Embedding(segments, width, key=second, initializer=draw)
        self.position = PositionalEmbedding(length, width, key=third)
        self.norm, self.dropout = LayerNorm(width, eps=1e-12), Dropout(rate)

    def __call__(
        self,
        x: Int[Array, "batch time"],
        ctx: Context | None = None,
        *,
        segments: Int[Array, "..."] | None = None,
    ):
        segments = jnp.zeros_like(x) if segments is None else segments
        require_same_shape("tokens", x, "segments", segments)
        y = self.position(self.token(x, ctx) + self.segment(segments, ctx), ctx)
        return self.dropout(self.norm(y, ctx), ctx)


class MaskedLanguageModelHead(Module):
    """Say which words were hidden, from what the encoder made of their places.

    The last layer shares the vectors of the tokens, which are passed in at every call: a module
    that held them a second time would train two copies.

    Equation
        o = LN(gelu(x_p W + b)) Eᵀ + a,  p the hidden places
    Args
        width: d, of the encoder's outputs
        vocabulary: how many tokens there are
        key: random key for W, of size 0.02
    Returns
        a layer: `layer(x, positions=p, table=E)` maps the encoder's outputs, (batch, time, d), the
        hidden places, (batch, places), and the vectors of the tokens, (vocabulary, d), to logits,
        (batch, places, vocabulary)
    Raises
        ValueError: if the shapes do not fit, or a known place is out of range; under jit its
            logits are NaN
    Source
        Devlin et al. 2019, section 3.1 and its code.
    Chapter
        nlp/bert
    """

    dense: Linear
    norm: LayerNorm
    bias: Float[Array, "vocabulary"]

    def __init__(self, width: int, vocabulary: int, *, key: Key[Array, ""]):
        self.dense = Linear(width, width, key=key, initializer=truncated_normal(0.02))
        self.norm, self.bias = LayerNorm(width, eps=1e-12), jnp.zeros(vocabulary)

    def __call__(
        self,
        x: Float[Array, "batch time width"],
        ctx: Context | None = None,
        *,
        positions: Int[Array, "batch places"],
        table: Float[Array, "..."],
    ):
        expected = (self.bias.size, x.shape[-1])
        if table.shape != expected:
            raise ValueError(f"table must have shape {expected}, got {table.shape}")
        index = require_index("positions", positions, x.shape[1])[..., None]
        hidden = jnp.take_along_axis(x, index, axis=1, mode="fill")  # (batch, places, width)
        hidden = self.norm(gelu(self.dense(hidden, ctx)), ctx)
        return hidden @ table.T + self.bias


class NextSentenceHead(Module):
    """Say whether the second text follows the first, from the encoding of <cls>.

    Equation
        o = tanh(x W₁ + b₁) W₂ + b₂
    Args
        width: d, of the encoder's outputs
        key: random key for the weights, of size 0.02
    Returns
        a layer that maps (batch, d), the first of the encoder's outputs, to two logits, (batch, 2)
    Raises
        ValueError: if the last axis of an input is not `width`
    Source
        Devlin et al. 2019, section 3.1 and its code, where tanh(x W₁ + b₁) is called the pooler.
    Chapter
        nlp/bert
    """

    pooler: Linear
    output: Linear

    def __init__(self, width: int, *, key: Key[Array, ""]):
        first, second = jax.random.split(key)
        draw = truncated_normal(0.02)
        self.pooler = Linear(width, width, key=first, initializer=draw)
        self.output = Linear(width, 2, key=second, initializer=draw)

    def __call__(self, x: Float[Array, "batch width"], ctx: Context | None = None):
        return self.output(tanh(self.pooler(x, ctx)), ctx)
