"""Mamba: a language model whose memory is a state of constant size."""

import jax
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module, edit
from dl_lib.layers import Embedding, Mamba, RMSNorm
from dl_lib.models._padding import real_tokens

__all__ = ["MambaLanguageModel"]


class MambaLanguageModel(Module):
    """Vectors of tokens, selective state spaces that add to the stream, a norm, scores.

    A `Mamba` layer is all that a block has: its filter looks at the last few tokens, its state
    remembers what was selected of the others, and its gate takes the place of a network.

    Equation
        h₀ = E[x],  hₗ = hₗ₋₁ + mambaₗ(Nₗ(hₗ₋₁)),  scores = N(h_L) Eᵀ:  of the token that comes next
    Args
        vocabulary: how many tokens there are
        width: d, of all vectors
        depth: L, how many layers
        key: random key for the parameters
        options: of `Mamba`: state, expansion, taps and rank
    Returns
        a network that maps tokens, (batch, time), to scores, (batch, time, vocabulary), which see
        the tokens up to their own. `lengths` says how many tokens of each row there are: what
        stands behind them changes nothing. `dl_lib.text.generate(model.step, model.initial(batch),
        prompt, ...)` writes on, each token at the same cost
    Raises
        ValueError: if a known token is out of range
    Source
        Gu & Dao 2023, section 3.4. Mamba-130M has vocabulary=50280, width=768 and depth=24.
    Chapter
        attention/state_space_models
    """

    tokens: Embedding
    norms: tuple[RMSNorm, ...]
    layers: tuple[Mamba, ...]
    norm: RMSNorm

    def __init__(
        self,
        vocabulary: int,
        width: int,
        depth: int,
        *,
        key: Key[Array, ""],
        **options,
    ):
        first, *keys = jax.random.split(key, 1 + depth)
        small = jax.nn.initializers.normal(0.02)
        self.tokens = Embedding(vocabulary, width, key=first, initializer=small)
        layers = tuple(Mamba(width, key=k, **options) for k in keys)
        # L layers add to one stream: with this factor its variance does not grow with L.
        self.layers = edit(layers, {"*.output_projection.weight": lambda w: w / depth**0.5})
        self.norms = tuple(RMSNorm(width, 1e-5) for _ in layers)
        self.norm = RMSNorm(width, 1e-5)

    def __call__(
        self,
        x: Int[Array, "batch time"],
        ctx: Context | None = None,
        *,
        lengths: Int[Array, "batch"] | None = None,
    ):
        x, _ = real_tokens(x, lengths)  # what comes later is not seen anyway
        h = self.tokens(x, ctx)  # (batch, time, width)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            h = h + layer(norm(h, ctx), ctx)
        return self.tokens.attend(self.norm(h, ctx))

    def initial(self, batch: int) -> tuple:
        """The states before the first token.

        Args
            batch: how many sequences
        Returns
            a state for each layer, for `step`
        """
        return tuple(layer.initial(batch) for layer in self.layers)

    def step(
        self, tokens: Int[Array, "batch"], states: tuple
    ) -> tuple[Float[Array, "batch vocabulary"], tuple]:
        """One token more for each sequence, as `dl_lib.text.generate` asks for it.

        Args
            tokens: (batch,)
            states: of the tokens before
        Returns
            the scores of the next token, (batch, vocabulary), and the states with this one
        """
        h, after = self.tokens(tokens), []  # (batch, width)
        for norm, layer, before in zip(self.norms, self.layers, states, strict=True):
            y, state = layer.step(norm(h), before)
            h = h + y
            after.append(state)
        return self.tokens.attend(self.norm(h)), tuple(after)
