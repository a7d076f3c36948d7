"""Losses of two players with a margin: beyond it the discriminator does not look any more."""

from jaxtyping import Array, Float

from dl_lib.functional.activations.rectifiers import relu
from dl_lib.functional.numerics import in_float32
from dl_lib.losses.adversarial import wasserstein_generator_loss
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape

__all__ = ["hinge_discriminator_loss", "hinge_generator_loss"]


@in_float32
def hinge_discriminator_loss(
    real_scores: Float[Array, "..."], fake_scores: Float[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Discriminator loss that wants scores above 1 and below −1, and no more than that.

    Equation
        ℓ = max(0, 1 − D(x)) + max(0, 1 + D(G(z)))
    Args
        real_scores: D(x), any shape, no sigmoid
        fake_scores: D(G(z)), same shape; detach the generator before
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"; 2 where D = 0 everywhere
    Raises
        ValueError: if the shapes differ
    Source
        Lim & Ye 2017; Miyato et al. 2018, equation 16.
    Chapter
        generative/gan_losses
    """
    require_same_shape("real_scores", real_scores, "fake_scores", fake_scores)
    return reduce(relu(1 - real_scores) + relu(1 + fake_scores), reduction)


def hinge_generator_loss(
    fake_scores: Float[Array, "..."], reduction: str = "mean"
) -> Float[Array, "..."]:
    """Generator loss beside a discriminator with a margin: it has none.

    Equation
        ℓ = −D(G(z))
    Args
        fake_scores: D(G(z)), any shape
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"
    Source
        Miyato et al. 2018, equation 17. It equals `wasserstein_generator_loss`.
    Chapter
        generative/gan_losses
    """
    return wasserstein_generator_loss(fake_scores, reduction)
