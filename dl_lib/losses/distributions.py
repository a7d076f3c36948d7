"""Losses between distributions: what a prediction adds to the surprise, and how signals agree."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import in_float32, log_sum_exp
from dl_lib.functional.vectors.similarity import cosine_similarity
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_distribution, require_positive, require_same_shape

__all__ = ["cross_correlation_loss", "js_divergence_loss", "kl_divergence_loss"]


@in_float32
def kl_divergence_loss(
    logits: Float[Array, "... outcomes"],
    target: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Kullback–Leibler divergence of the target from the softmax of logits.

    Equation
        ℓ = D(P‖Q) = Σⱼ pⱼ (log pⱼ − log qⱼ),  q = softmax(o),  0 log 0 = 0
    Args
        logits: o, (..., outcomes); logarithms of probabilities are logits, too
        target: p, distributions, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none", at least 0 up to rounding
    Raises
        ValueError: if the shapes differ, or known targets are not distributions
    Source
        Kullback & Leibler 1951. Its mean is PyTorch's kl_div with "batchmean".
    Chapter
        losses/distributions
    """
    require_same_shape("logits", logits, "target", target)
    require_distribution("target", target)
    return reduce(_relative_entropy(target, log_softmax(logits)), reduction)


@in_float32
def js_divergence_loss(
    logits: Float[Array, "... outcomes"],
    target: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Jensen–Shannon divergence of the softmax of logits and the target.

    Equation
        ℓ = ½ D(P‖M) + ½ D(Q‖M),  M = (P + Q) / 2,  q = softmax(o)
    Args
        logits: o, (..., outcomes)
        target: p, distributions, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none", from 0 to log 2
    Raises
        ValueError: if the shapes differ, or known targets are not distributions
    Source
        Lin 1991.
    Chapter
        losses/distributions
    """
    require_same_shape("logits", logits, "target", target)
    require_distribution("target", target)
    log_q = log_softmax(logits)
    # log m = log(½ e^log p + ½ e^log q): finite where q has rounded to 0
    possible = target > 0
    log_p = jnp.where(possible, jnp.log(jnp.where(possible, target, 1)), -jnp.inf)
    log_m = log_sum_exp(jnp.stack([log_p, log_q]), axis=0) - jnp.log(2.0)
    prediction = jnp.sum(jnp.exp(log_q) * (log_q - log_m), axis=-1)
    return reduce(0.5 * (_relative_entropy(target, log_m) + prediction), reduction)


@in_float32
def cross_correlation_loss(
    prediction: Float[Array, "... samples"],
    target: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Minus the correlation coefficient of two signals; neither offset nor scale matters.

    Equation
        ℓ = −Σᵢ (xᵢ − x̄)(yᵢ − ȳ) / (‖x − x̄‖₂ ‖y − ȳ‖₂)
    Args
        prediction: x, (..., samples)
        target: y, same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none", from −1 to 1; 0 for a constant signal
    Raises
        ValueError: if the shapes differ, or there are no samples
    Chapter
        losses/distributions
    """
    require_same_shape("prediction", prediction, "target", target)
    require_positive("the number of samples", prediction.shape[-1])
    x = prediction - jnp.mean(prediction, axis=-1, keepdims=True)
    y = target - jnp.mean(target, axis=-1, keepdims=True)
    return reduce(-cosine_similarity(x, y), reduction)


def _relative_entropy(
    p: Float[Array, "... outcomes"], log_q: Float[Array, "... outcomes"]
) -> Float[Array, "..."]:
    impossible = p == 0
    # Both factors are replaced where p = 0: 0 · log 0, and 0 · ∞ in the gradient, are NaN.
    log_p = jnp.log(jnp.where(impossible, 1, p))
    return jnp.sum(p * (log_p - jnp.where(impossible, 0, log_q)), axis=-1)
