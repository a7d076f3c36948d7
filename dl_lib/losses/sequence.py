"""Losses of tokens: only what is there to be predicted counts."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num

from dl_lib.functional.numerics import in_float32
from dl_lib.losses.classification import cross_entropy
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape

__all__ = ["masked_cross_entropy", "next_token_loss"]


@in_float32
def masked_cross_entropy(
    logits: Float[Array, "... classes"],
    target: Int[Array, "..."],
    mask: Num[Array, "..."] | Bool[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Cross-entropy of the positions that a mask lets through, whatever stands at the others.

    It is the loss of a padded sequence and, with the mask at the hidden words, that of a masked
    language model.

    Equation
        L = Σₜ mₜ ℓₜ / Σₜ mₜ,  ℓₜ = −log softmax(oₜ)_{yₜ}
    Args
        logits: o, (..., classes)
        target: labels y, (...); where the mask is 0 any integer will do
        mask: m, True or 1 where the position counts, or weights that are not negative, (...)
        reduction: "mean" divides by the sum of the mask; "sum" or "none"
    Returns
        scalar, or (...) for "none", 0 where masked. The mean over an empty mask is 0
    Raises
        ValueError: if the shapes do not fit, or a known label that counts is out of range
    Chapter
        rnn/seq2seq
    """
    require_same_shape("target", target, "mask", mask)
    counts = mask != 0
    # The logits are replaced before the loss: ∞ or NaN in the padding, times 0, would be NaN.
    logits = jnp.where(counts[..., None], logits, 0)
    losses = mask * cross_entropy(logits, jnp.where(counts, target, 0), "none")
    if reduction != "mean":
        return reduce(losses, reduction)
    total = jnp.sum(mask)
    return jnp.sum(losses) / jnp.where(total == 0, 1, total)


@in_float32
def next_token_loss(
    logits: Float[Array, "... time vocabulary"],
    tokens: Int[Array, "..."],
    mask: Num[Array, "..."] | Bool[Array, "..."] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Loss of a causal language model: each position predicts the token after it.

    Equation
        L = −(1/(T − 1)) Σ_{t=1}^{T−1} log softmax(oₜ)_{x_{t+1}}
    Args
        logits: o, (..., time, vocabulary), oₜ computed from x₁..xₜ
        tokens: x, (..., time)
        mask: which tokens count as a target, (..., time); None for all. The first one never does
        reduction: "mean", over the targets that count, "sum" or "none"
    Returns
        scalar, or (..., time − 1) for "none"
    Raises
        ValueError: if the shapes do not fit, or there are fewer than two tokens
    Source
        Radford et al. 2018.
    Chapter
        nlp/gpt
    """
    require_same_shape("logits without the vocabulary", logits[..., 0], "tokens", tokens)
    if tokens.shape[-1] < 2:
        raise ValueError(f"the next token needs at least 2 tokens, got {tokens.shape[-1]}")
    if mask is None:
        return cross_entropy(logits[..., :-1, :], tokens[..., 1:], reduction)
    require_same_shape("tokens", tokens, "mask", mask)
    return masked_cross_entropy(logits[..., :-1, :], tokens[..., 1:], mask[..., 1:], reduction)
