"""Models that turn a text into vectors of words: two tables, and what they say stands together."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num

from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import through_float32
from dl_lib.functional.vectors.indexing import take
from dl_lib.validation import require_nonnegative, require_same_shape

__all__ = ["cbow_log_probs", "glove_vectors", "glove_weight", "skip_gram_log_probs"]


@through_float32
def skip_gram_log_probs(
    center: Float[Array, "vocabulary features"],
    context: Float[Array, "..."],
    words: Int[Array, "..."],
) -> Float[Array, "... vocabulary"]:
    """How probable every word is as a neighbor of a given one: the skip-gram model.

    Equation
        log P(w_o | w_c) = u_o·v_c − log Σᵢ exp(uᵢ·v_c)
    Args
        center: V, the vector of each word as a center, (vocabulary, features)
        context: U, its vector as a neighbor, same shape
        words: c, the centers, (...)
    Returns
        logarithms of probabilities, (..., vocabulary)
    Raises
        ValueError: if the shapes do not fit, or a known word is out of range
    Source
        Mikolov et al. 2013, equation 2.
    Chapter
        nlp/word2vec
    """
    require_same_shape("center", center, "context", context)
    return log_softmax(take(center, words) @ context.T)


@through_float32
def cbow_log_probs(
    center: Float[Array, "vocabulary features"],
    context: Float[Array, "..."],
    neighbors: Int[Array, "... window"],
    mask: Bool[Array, "..."] | None = None,
) -> Float[Array, "... vocabulary"]:
    """How probable every word is in the middle of given ones: the continuous bag of words.

    The mean is over the words that are there, fewer than 2m at the ends of a text; of no word at
    all it is the zero vector.

    Equation
        log P(w_c | W_o) = u_c·v̄ − log Σᵢ exp(uᵢ·v̄),  v̄ = (1/|W_o|) Σ_{o ∈ W_o} v_o
        with u for the center and v for the neighbors, the other way round than in skip-gram
    Args
        center: U, the vector of each word as a center, (vocabulary, features)
        context: V, its vector as a neighbor, same shape
        neighbors: W_o, the words around each center, (..., 2m)
        mask: True where there is a word, (..., 2m); elsewhere any integer will do. None for all
    Returns
        logarithms of probabilities, (..., vocabulary)
    Raises
        ValueError: if the shapes do not fit, or a known word that counts is out of range
    Source
        Mikolov, Chen, Corrado & Dean 2013, section 3.1.
    Chapter
        nlp/word2vec
    """
    require_same_shape("center", center, "context", context)
    mask = jnp.ones(neighbors.shape, bool) if mask is None else mask
    require_same_shape("neighbors", neighbors, "mask", mask)
    vectors = take(context, jnp.where(mask, neighbors, 0))  # (..., 2m, features)
    total = jnp.sum(jnp.where(mask[..., None], vectors, 0), axis=-2)
    count = jnp.sum(mask, axis=-1, keepdims=True)
    return log_softmax(total / jnp.maximum(count, 1) @ center.T)


@through_float32
def glove_weight(
    counts: Num[Array, "..."], threshold: float | int = 100.0, power: float | int = 0.75
) -> Float[Array, "..."]:
    """How much a pair of words counts in the loss of GloVe: rare ones little, absent ones nothing.

    Equation
        h(x) = (x / x_max)^α if x < x_max, else 1
    Args
        counts: x, how often two words stand together, not negative, (...)
        threshold: x_max, from which on all pairs weigh the same
        power: α
    Returns
        same shape as `counts`, between 0 and 1
    Raises
        ValueError: if the threshold or the power is not positive, or a known count is negative
    Source
        Pennington et al. 2014, equation 9.
    Chapter
        nlp/glove_subwords
    """
    if not (threshold > 0 and power > 0):
        raise ValueError(f"threshold and power must be positive, got {threshold} and {power}")
    require_nonnegative("counts", counts)
    together = counts > 0
    # A power below 1 has an infinite slope at 0.
    safe = jnp.where(together, counts, 1)
    return jnp.where(together, jnp.minimum(safe / threshold, 1) ** power, 0)


def glove_vectors(
    center: Float[Array, "vocabulary features"], context: Float[Array, "..."]
) -> Float[Array, "vocabulary features"]:
    """The vectors that GloVe ends with: the sum of two tables that play equal roles.

    Equation
        wᵢ = vᵢ + uᵢ
    Args
        center: v, the vector of each word as a center, (vocabulary, features)
        context: u, its vector as a neighbor, same shape
    Returns
        (vocabulary, features)
    Raises
        ValueError: if the shapes differ
    Source
        Pennington et al. 2014, section 4.2.
    Chapter
        nlp/glove_subwords
    """
    require_same_shape("center", center, "context", context)
    return center + context
