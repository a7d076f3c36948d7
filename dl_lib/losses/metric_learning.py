"""Losses of distances: alike examples close together, different ones apart."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num, ScalarLike

from dl_lib.functional.activations.rectifiers import relu
from dl_lib.functional.activations.softmax import log_softmax
from dl_lib.functional.numerics import in_float32
from dl_lib.functional.vectors.indexing import require_either, require_index
from dl_lib.functional.vectors.similarity import cosine_similarity, pairwise_distance, unit_vectors
from dl_lib.losses.reduction import reduce
from dl_lib.validation import (
    require_axes,
    require_positive,
    require_same_shape,
)

__all__ = ["angular_loss", "contrastive_loss", "cosine_loss", "info_nce_loss", "triplet_loss"]


@in_float32
def contrastive_loss(
    first: Float[Array, "... features"],
    second: Float[Array, "..."],
    different: Num[Array, "..."] | Bool[Array, "..."],
    margin: float | int = 1.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Contrastive loss of pairs: alike ones are pulled together, others pushed a margin apart.

    With alike pairs only, a constant network would have loss 0.

    Equation
        ℓ = (1 − y) ½ d² + y ½ max(m − d, 0)²,  d = ‖x − z‖₂
    Args
        first: x, embeddings, (..., features)
        second: z, same shape
        different: y, 0 or False for a pair that is alike, 1 or True for one that is not, (...).
            Some libraries use the opposite
        margin: m > 0
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, a known y is neither 0 nor 1, or m is not positive
    Source
        Hadsell et al. 2006.
    Chapter
        losses/metric_learning
    """
    require_positive("margin", margin)
    distance = pairwise_distance(first, second, eps=0.0)
    require_same_shape("distances", distance, "different", different)
    require_either("different", different, (0, 1))
    pull, push = jnp.sum((first - second) ** 2, axis=-1), relu(margin - distance) ** 2
    return reduce(0.5 * jnp.where(different == 1, push, pull), reduction)


@in_float32
def triplet_loss(
    anchor: Float[Array, "... features"],
    positive: Float[Array, "..."],
    negative: Float[Array, "..."],
    margin: float | int = 1.0,
    squared: bool = False,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Triplet loss: the anchor must be closer to its like than to another, by a margin.

    Equation
        ℓ = max(d(a, p) − d(a, n) + m, 0),  d(x, z) = ‖x − z + ε 1‖₂,  or  ‖x − z‖₂² if squared
    Args
        anchor: a, (..., features)
        positive: p, alike, same shape
        negative: n, different, same shape
        margin: m > 0
        squared: whether the distances are squared, as in FaceNet; ε = 1e-6 if not, as in PyTorch
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes differ, or m is not positive
    Source
        Schroff et al. 2015 (squared); Weinberger & Saul 2009.
    Chapter
        losses/metric_learning
    """
    require_positive("margin", margin)
    require_same_shape("anchor", anchor, "positive", positive)
    require_same_shape("anchor", anchor, "negative", negative)
    if squared:
        near = jnp.sum((anchor - positive) ** 2, axis=-1)
        far = jnp.sum((anchor - negative) ** 2, axis=-1)
    else:
        near, far = pairwise_distance(anchor, positive), pairwise_distance(anchor, negative)
    return reduce(relu(near - far + margin), reduction)


@in_float32
def angular_loss(
    anchor: Float[Array, "... features"],
    positive: Float[Array, "..."],
    negative: Float[Array, "..."],
    angle: float | int = 45.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Angular loss of a triplet: bounds the angle at the negative, whatever the scale.

    Equation
        ℓ = max(‖a − p‖² − 4 tan²α ‖n − c‖², 0),  c = (a + p) / 2
    Args
        anchor: a, (..., features)
        positive: p, alike, same shape
        negative: n, different, same shape
        angle: α in degrees, between 0 and 90
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes differ, or α is outside (0, 90)
    Source
        Wang et al. 2017, equation 4.
    Chapter
        losses/metric_learning
    """
    if not 0 < angle < 90:
        raise ValueError(f"angle must lie between 0 and 90 degrees, got {angle}")
    require_same_shape("anchor", anchor, "positive", positive)
    require_same_shape("anchor", anchor, "negative", negative)
    across = jnp.sum((anchor - positive) ** 2, axis=-1)
    away = jnp.sum((negative - (anchor + positive) / 2) ** 2, axis=-1)
    return reduce(relu(across - 4 * math.tan(math.radians(angle)) ** 2 * away), reduction)


@in_float32
def cosine_loss(
    prediction: Float[Array, "... features"],
    target: Float[Array, "..."],
    squared: bool = False,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """One minus the cosine of the angle between prediction and target; lengths do not matter.

    Equation
        ℓ = 1 − cos θ,  or its square
    Args
        prediction: (..., features)
        target: same shape
        squared: square the loss, which is gentler near θ = 0
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes differ
    Chapter
        losses/metric_learning
    """
    require_same_shape("prediction", prediction, "target", target)
    losses = 1 - cosine_similarity(prediction, target)
    return reduce(losses**2 if squared else losses, reduction)


@in_float32
def info_nce_loss(
    queries: Float[Array, "batch features"],
    keys: Float[Array, "..."],
    temperature: ScalarLike = 0.1,
    positive: Int[Array, "..."] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Which key belongs to the query? Cross-entropy over the similarities to all of them.

    Its mean bounds the mutual information of a query and its key: I ≥ log(candidates) − L.

    Equation
        ℓᵢ = −log softmax(cos(qᵢ, k₁)/τ, …, cos(qᵢ, kₙ)/τ)ᵢ
    Args
        queries: q, (batch, features)
        keys: k, (candidates, features)
        temperature: τ > 0, which may be learned
        positive: the number of the key that belongs to each query, (batch,); None for its own
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"
    Raises
        ValueError: if the shapes do not fit, a known τ is not positive, or a known
            number is out of range
    Source
        van den Oord et al. 2018.
    Chapter
        losses/metric_learning
    """
    require_positive("temperature", temperature)
    for name, vectors in (("queries", queries), ("keys", keys)):
        require_axes(name, vectors, "batch, features")
    if queries.shape[-1] != keys.shape[-1]:
        raise ValueError(f"queries have {queries.shape[-1]} features, keys {keys.shape[-1]}")
    positive = jnp.arange(len(queries)) if positive is None else positive
    if positive.shape != queries.shape[:1]:
        raise ValueError(f"positive must have shape {queries.shape[:1]}, got {positive.shape}")
    index = require_index("positive", positive, len(keys))
    similarity = unit_vectors(queries) @ unit_vectors(keys).T
    log_probability = log_softmax(similarity, temperature=temperature)
    own = jnp.take_along_axis(log_probability, index[:, None], axis=1, mode="fill")
    return reduce(-own[:, 0], reduction)
