"""Losses of two players: one tells real from generated, the other generates."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.activations.sigmoid import softplus
from dl_lib.functional.numerics import in_float32, widened
from dl_lib.functional.vectors.norms import l2_norm
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape

__all__ = [
    "discriminator_loss",
    "generator_loss",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
    "wgan_gp_critic_loss",
]


@in_float32
def discriminator_loss(
    real_logits: Float[Array, "..."], fake_logits: Float[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """What the discriminator of a generative adversarial network minimizes.

    Equation
        ℓ = −log D(x) − log(1 − D(G(z))),  D = σ(o)
    Args
        real_logits: o of real examples, any shape
        fake_logits: o of generated ones, same shape; detach the generator before
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"; log 4 where D = ½ everywhere
    Raises
        ValueError: if the shapes differ
    Source
        Goodfellow et al. 2014, Algorithm 1.
    Chapter
        generative/gan
    """
    require_same_shape("real_logits", real_logits, "fake_logits", fake_logits)
    return reduce(softplus(-real_logits) + softplus(fake_logits), reduction)


@in_float32
def generator_loss(
    fake_logits: Float[Array, "..."], saturating: bool = False, reduction: str = "mean"
) -> Float[Array, "..."]:
    """What the generator of a generative adversarial network minimizes.

    Equation
        ℓ = −log D(G(z)),  or, saturating, log(1 − D(G(z))),  D = σ(o)
    Args
        fake_logits: o of generated examples, any shape; the gradient goes through D to G
        saturating: the form of the minimax game, whose gradient vanishes where D is sure
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"
    Source
        Goodfellow et al. 2014, section 3.
    Chapter
        generative/gan
    """
    losses = -softplus(fake_logits) if saturating else softplus(-fake_logits)
    return reduce(losses, reduction)


@in_float32
def least_squares_discriminator_loss(
    real_scores: Float[Array, "..."], fake_scores: Float[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Discriminator loss of a least-squares generative adversarial network.

    Equation
        ℓ = ½ (D(x) − 1)² + ½ D(G(z))²
    Args
        real_scores: D(x), any shape, no sigmoid
        fake_scores: D(G(z)), same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"
    Raises
        ValueError: if the shapes differ
    Source
        Mao et al. 2017, equation 9.
    Chapter
        generative/gan
    """
    require_same_shape("real_scores", real_scores, "fake_scores", fake_scores)
    return reduce(0.5 * (real_scores - 1) ** 2 + 0.5 * fake_scores**2, reduction)


@in_float32
def least_squares_generator_loss(
    fake_scores: Float[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Generator loss of a least-squares generative adversarial network.

    Equation
        ℓ = ½ (D(G(z)) − 1)²
    Args
        fake_scores: D(G(z)), any shape, no sigmoid
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"
    Source
        Mao et al. 2017, equation 9.
    Chapter
        generative/gan
    """
    return reduce(0.5 * (fake_scores - 1) ** 2, reduction)


@in_float32
def wasserstein_critic_loss(
    real_scores: Float[Array, "..."], fake_scores: Float[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """What a critic minimizes to estimate the earth mover's distance; it must be 1-Lipschitz.

    Equation
        ℓ = D(G(z)) − D(x)
    Args
        real_scores: D(x), any shape, no sigmoid
        fake_scores: D(G(z)), same shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"; minus its mean bounds the distance from below
    Raises
        ValueError: if the shapes differ
    Source
        Arjovsky et al. 2017, Algorithm 1, where weights are clipped.
    Chapter
        generative/wasserstein_gan
    """
    require_same_shape("real_scores", real_scores, "fake_scores", fake_scores)
    return reduce(fake_scores - real_scores, reduction)


@in_float32
def wasserstein_generator_loss(
    fake_scores: Float[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """What the generator minimizes against a critic.

    Equation
        ℓ = −D(G(z))
    Args
        fake_scores: D(G(z)), any shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"
    Source
        Arjovsky et al. 2017, Algorithm 1.
    Chapter
        generative/wasserstein_gan
    """
    return reduce(-fake_scores, reduction)


def wgan_gp_critic_loss(
    critic: Callable[[Array], Array],
    real: Float[Array, "batch ..."],
    fake: Float[Array, "..."],
    mix: Float[Array, "..."],
    weight: float | int = 10.0,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Critic loss with a penalty that holds its slope at 1 between real and generated examples.

    Equation
        ℓ = D(G(z)) − D(x) + λ (‖∇D(x̂)‖₂ − 1)²,  x̂ = ε x + (1 − ε) G(z)
    Args
        critic: D, takes a batch and gives (batch,) scores, each from its own example only
        real: x, (batch, ...)
        fake: G(z), same shape
        mix: ε, drawn uniformly from [0, 1], (batch,)
        weight: λ
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (batch,) for "none"
    Raises
        ValueError: if the shapes do not fit
    Source
        Gulrajani et al. 2017, Algorithm 1.
    Chapter
        generative/wasserstein_gan
    """
    require_same_shape("real", real, "fake", fake)
    if mix.shape != real.shape[:1]:
        raise ValueError(f"mix must have shape {real.shape[:1]}, got {mix.shape}")
    mix = mix.reshape(-1, *(1,) * (real.ndim - 1))
    # One gradient of the sum is every example's own, since no score depends on another's.
    slope = jax.grad(lambda x: jnp.sum(critic(x)))(mix * real + (1 - mix) * fake)
    steepness = l2_norm(widened(slope), axis=tuple(range(1, real.ndim)))
    losses = wasserstein_critic_loss(critic(real), critic(fake), "none")
    return reduce(losses + weight * (steepness - 1) ** 2, reduction)
