"""The half of a sequence-to-sequence model that writes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module
from dl_lib.layers.embedding import Embedding
from dl_lib.layers.linear import Linear
from dl_lib.layers.recurrent import GRU

__all__ = ["RNNDecoder"]


class RNNDecoder(Module):
    """A GRU that writes a sequence and is given the context again at every step.

    What goes in at step t is the token before, y_{t−1}, so what comes out is about y_t.

    Equation
        s_t = GRU([e(y_{t−1}), c], s_{t−1}),  P(y_t | y_1, …, y_{t−1}, c) = softmax(s_t W + b)
    Args
        vocabulary: how many tokens there are
        width: of e, the vectors of the tokens
        hidden: size of the states and of the context
        key: random key for the weights
        layers: of the GRU
        rate: probability of dropping an entry between two layers while training
    Returns
        a layer: `layer(tokens, context=c)` maps (batch, time) tokens and a (batch, hidden) context
        to logits, (batch, time, vocabulary). `layer.run(tokens, c, state)` also gives the states,
        to go on from; those of an encoder with as many layers are where a translation begins
    Raises
        ValueError: if the shapes do not fit, or a known token is out of range
    Source
        Cho et al. 2014. Differs: the token before and the context enter the output through the
        state alone.
    Chapter
        rnn/seq2seq
    """

    embedding: Embedding
    recurrent: GRU
    output: Linear

    def __init__(
        self,
        vocabulary: int,
        width: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        layers: int = 1,
        rate: float = 0.0,
    ):
        first, second, third = jax.random.split(key, 3)
        self.embedding = Embedding(vocabulary, width, key=first)
        self.recurrent = GRU(width + hidden, hidden, key=second, layers=layers, rate=rate)
        self.output = Linear(hidden, vocabulary, key=third)

    def __call__(
        self,
        x: Int[Array, "batch time"],
        ctx: Context | None = None,
        *,
        context: Float[Array, "contexts width_of_context"],
        state: tuple | None = None,
    ):
        return self.run(x, context, state, ctx)[0]

    def run(
        self,
        x: Int[Array, "batch time"],
        context: Float[Array, "contexts width_of_context"],
        state: tuple | None = None,
        ctx: Context | None = None,
    ):
        """The logits, and the states after the last token.

        Args
            x: the tokens before, (batch, time), beginning with that for the start
            context: c, (batch, hidden)
            state: states to begin with, one (batch, hidden) a layer; None for zeros
            ctx: context, for the dropout between the layers
        Returns
            logits (batch, time, vocabulary), and a tuple with the state of each layer
        """
        batch, time = x.shape
        hidden = self.output.weight.shape[0]
        if context.shape != (batch, hidden):
            raise ValueError(f"context must have shape {(batch, hidden)}, got {context.shape}")
        layers = len(self.recurrent.cells)
        if state is not None and len(state) != layers:
            raise ValueError(f"state must hold one for each of {layers} layers, got {len(state)}")
        again = jnp.broadcast_to(context[:, None], (batch, time, hidden))
        inputs = jnp.concatenate([self.embedding(x, ctx), again], axis=-1)
        outputs, state = self.recurrent.run(inputs, state, None, ctx)
        return self.output(outputs, ctx), state
