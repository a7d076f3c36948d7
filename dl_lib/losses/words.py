"""Losses that turn a text into vectors: which words stand beside each other, and how often."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num

from dl_lib.functional.activations.sigmoid import log_sigmoid
from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import require_index
from dl_lib.functional.vectors.word_vectors import glove_weight, skip_gram_log_probs
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_axes, require_same_shape

__all__ = ["glove_loss", "negative_sampling_loss", "skip_gram_loss"]


@in_float32
def skip_gram_loss(
    center: Float[Array, "vocabulary features"],
    context: Float[Array, "..."],
    tokens: Int[Array, "..."],
    window: int = 2,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Minus the log-likelihood of each word's neighbors, the full softmax of word2vec.

    Equation
        ℓₜ = −Σ_{0 < |j| ≤ m} log P(w_{t+j} | wₜ),  P as in `skip_gram_log_probs`
        terms outside the text are left out
    Args
        center: V, the vector of each word as a center, (vocabulary, features)
        context: U, its vector as a neighbor, same shape
        tokens: w, the text, (time,)
        window: m, from 1
        reduction: "mean" or "sum" over the text, or "none"
    Returns
        scalar, or (time,) for "none"
    Raises
        ValueError: if the shapes do not fit, a known word is out of range, or m is not positive
    Source
        Mikolov et al. 2013, equation 1.
    Chapter
        nlp/word2vec
    """
    if window < 1:
        raise ValueError(f"window must be at least 1, got {window}")
    require_axes("tokens", tokens, "time")
    log_probability = skip_gram_log_probs(center, context, tokens)
    index = require_index("tokens", tokens, len(center))
    losses = jnp.zeros(len(tokens), center.dtype)
    for j in range(1, min(window, len(tokens) - 1) + 1):
        for here, there in ((slice(None, -j), slice(j, None)), (slice(j, None), slice(None, -j))):
            neighbor = index[there][:, None]
            own = jnp.take_along_axis(log_probability[here], neighbor, axis=1, mode="fill")
            losses = losses.at[here].add(-own[:, 0])
    return reduce(losses, reduction)


@in_float32
def negative_sampling_loss(
    center: Float[Array, "... features"],
    context: Float[Array, "..."],
    noise: Float[Array, "..."],
    mask: Num[Array, "..."] | Bool[Array, "..."] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Tell a word that stands beside the center from K words that were drawn.

    It is an objective of its own and no estimate of the softmax's: its optimum is at
    u·v = PMI − log K.

    Equation
        ℓ = −log σ(u_o·v_c) − Σ_{k ≤ K} log σ(−u_k·v_c)
    Args
        center: v_c, (..., features)
        context: u_o, same shape
        noise: u_k, (..., K, features)
        mask: which drawn words count, (..., K); None for all
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit
    Source
        Mikolov et al. 2013, equation 4.
    Chapter
        nlp/word2vec
    """
    require_same_shape("center", center, "context", context)
    require_same_shape("center", center, "noise of one draw", noise[..., 0, :])
    if mask is not None:
        require_same_shape("scores of the noise", noise[..., 0], "mask", mask)
        noise = jnp.where(mask[..., None] != 0, noise, 0)  # 0 times what is no number is none
    drawn = -log_sigmoid(-jnp.sum(noise * center[..., None, :], axis=-1))
    drawn = drawn if mask is None else mask * drawn
    true = -log_sigmoid(jnp.sum(context * center, axis=-1))
    return reduce(true + jnp.sum(drawn, axis=-1), reduction)


@in_float32
def glove_loss(
    center: Float[Array, "... features"],
    context: Float[Array, "..."],
    center_bias: Float[Array, "..."],
    context_bias: Float[Array, "..."],
    counts: Num[Array, "..."],
    threshold: float | int = 100.0,
    power: float = 0.75,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Weighted squared error of the logarithm of how often two words stand together.

    Equation
        ℓ = h(x) (u·v + b + c − log x)²,  h = min(x/x_max, 1)^α is `glove_weight`
    Args
        center: v, (..., features)
        context: u, same shape
        center_bias: b, (...)
        context_bias: c, (...)
        counts: x, not negative, (...)
        threshold: x_max, from which on all pairs weigh the same
        power: α
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit
    Source
        Pennington et al. 2014, equations 8 and 9.
    Chapter
        nlp/glove_subwords
    """
    require_same_shape("center", center, "context", context)
    score = jnp.sum(center * context, axis=-1)
    for name, array in (
        ("center_bias", center_bias),
        ("context_bias", context_bias),
        ("counts", counts),
    ):
        require_same_shape("scores", score, name, array)
    together = counts > 0
    # The weight is 0 where x is, but 0 · log 0 would be NaN, and so would its gradient.
    safe = jnp.where(together, counts, 1).astype(score.dtype)
    weight = glove_weight(counts, threshold, power).astype(score.dtype)
    error = score + center_bias + context_bias - jnp.log(safe)
    return reduce(weight * error**2, reduction)
