"""Comparing two texts word by word, with no recurrence and no word order."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from dl_lib.core import Context, Module
from dl_lib.functional import relu, soft_alignment
from dl_lib.layers.dropout import Dropout
from dl_lib.layers.linear import Linear
from dl_lib.layers.sequential import Sequential

__all__ = ["DecomposableAttention"]


class DecomposableAttention(Module):
    """Align the words of two texts, compare each with what it is aligned to, add up, classify.

    Equation
        attend:     e = F(A) F(B)ᵀ,  β = softmax(e) B over the words of B,  α likewise of A
        compare:    v_A = G([A, β]),  v_B = G([B, α]),  one word a row
        aggregate:  o = H([Σᵢ v_A,ᵢ, Σⱼ v_B,ⱼ])
    Args
        width: of the vectors of the words
        hidden: units of the networks F, G and H, which have two layers each, with relu
        key: random key for the weights
        classes: entailment, contradiction, neutral
        rate: probability of dropping an input of a dense layer of F, G and H while training
    Returns
        a layer: `layer(a, other=b)` maps two texts, (..., m, width) and (..., n, width), to logits,
        (..., classes). `mask` and `other_mask`, (..., m) and (..., n), are True where there is a
        word and not padding
    Raises
        ValueError: if the shapes do not fit, or `rate` is no probability below 1
    Source
        Parikh et al. 2016, section 3.
    Chapter
        nlp/natural_language_inference
    """

    attending: Sequential
    comparing: Sequential
    aggregating: Sequential
    output: Linear

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        key: Key[Array, ""],
        classes: int = 3,
        rate: float = 0.0,
    ):
        keys = jax.random.split(key, 4)
        self.attending = _network(width, hidden, rate, keys[0])
        self.comparing = _network(2 * width, hidden, rate, keys[1])
        self.aggregating = _network(2 * hidden, hidden, rate, keys[2])
        self.output = Linear(hidden, classes, key=keys[3])

    def attend(
        self,
        first: Float[Array, "... m width"],
        second: Float[Array, "... n width_of_second"],
        first_mask: Bool[Array, "... m"] | None = None,
        second_mask: Bool[Array, "... n"] | None = None,
        ctx: Context | None = None,
    ) -> tuple[Float[Array, "... m width"], Float[Array, "... n width_of_second"]]:
        """What of each text belongs to each word of the other.

        Args
            first: A, (..., m, width)
            second: B, (..., n, width)
            first_mask: True where A has a word, (..., m)
            second_mask: likewise for B, (..., n)
            ctx: context, for the dropout
        Returns
            β, (..., m, width), and α, (..., n, width)
        """
        f_first, f_second = self.attending(first, ctx), self.attending(second, ctx)
        scores = f_first @ jnp.swapaxes(f_second, -1, -2)
        return soft_alignment(scores, first, second, first_mask, second_mask)

    def compare(
        self,
        words: Float[Array, "... m width"],
        aligned: Float[Array, "... m width"],
        ctx: Context | None = None,
    ) -> Float[Array, "... m hidden"]:
        """Each word beside what it is aligned to, through one network.

        Args
            words: A, (..., m, width), or B
            aligned: β, same shape, or α
            ctx: context, for the dropout
        Returns
            v, (..., m, hidden)
        """
        return self.comparing(jnp.concatenate([words, aligned], axis=-1), ctx)

    def aggregate(
        self,
        first: Float[Array, "... m hidden"],
        second: Float[Array, "... n hidden"],
        first_mask: Bool[Array, "... m"] | None = None,
        second_mask: Bool[Array, "... n"] | None = None,
        ctx: Context | None = None,
    ) -> Float[Array, "... classes"]:
        """Sum over the words, whose order is lost here, and classify.

        Args
            first: v_A, (..., m, hidden)
            second: v_B, (..., n, hidden)
            first_mask: True where A has a word, (..., m)
            second_mask: likewise for B, (..., n)
            ctx: context, for the dropout
        Returns
            logits, (..., classes)
        """
        sums = [
            jnp.sum(v if mask is None else jnp.where(mask[..., None], v, 0), axis=-2)
            for v, mask in ((first, first_mask), (second, second_mask))
        ]
        return self.output(self.aggregating(jnp.concatenate(sums, axis=-1), ctx), ctx)

    def __call__(
        self,
        x: Float[Array, "... m width"],
        ctx: Context | None = None,
        *,
        other: Float[Array, "... n width_of_other"],
        mask: Bool[Array, "... m"] | None = None,
        other_mask: Bool[Array, "... n"] | None = None,
    ):
        if mask is not None:
            x = jnp.where(mask[..., None], x, 0)
        if other_mask is not None:
            other = jnp.where(other_mask[..., None], other, 0)
        beta, alpha = self.attend(x, other, mask, other_mask, ctx)
        v_x, v_other = self.compare(x, beta, ctx), self.compare(other, alpha, ctx)
        return self.aggregate(v_x, v_other, mask, other_mask, ctx)


def _network(size, hidden, rate, key):
    """Two dense layers with relu; the words are its rows."""
    first, second = jax.random.split(key)
    return Sequential(
        Dropout(rate),
        Linear(size, hidden, key=first),
        relu,
        Dropout(rate),
        Linear(hidden, hidden, key=second),
        relu,
    )
