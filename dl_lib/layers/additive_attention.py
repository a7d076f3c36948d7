"""Attention whose scores come from a small network."""

import jax
from jaxtyping import Array, Bool, Float, Key

from dl_lib.core import Context, Module, decays
from dl_lib.functional import additive_scores, masked_softmax
from dl_lib.functional.attention._padding import without_padding, without_unseen
from dl_lib.initializers import xavier_uniform

__all__ = ["AdditiveAttention"]


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
        itself, keys = keys is None, x if keys is None else keys
        x, keys, values = without_unseen(mask, x, keys, keys if values is None else values)
        return self.weights(without_padding(x, mask) if itself else x, keys, mask) @ values
