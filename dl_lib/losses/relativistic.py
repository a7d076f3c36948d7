"""Losses of two players that compare: is the real example the more convincing of the two?"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.activations.sigmoid import softplus
from dl_lib.functional.numerics import in_float32
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_same_shape

__all__ = ["relativistic_discriminator_loss", "relativistic_generator_loss"]


@in_float32
def relativistic_discriminator_loss(
    real_logits: Float[Array, "..."],
    fake_logits: Float[Array, "..."],
    average: bool = False,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Discriminator loss that asks which of two examples is the real one.

    Equation
        ℓ = −log σ(o − u),  or, on average,  −log σ(o − ū) − log(1 − σ(u − ō)),
        o of real examples, u of generated ones, and a bar for the mean over all of them
    Args
        real_logits: o, any shape; each is compared with the generated one in its place
        fake_logits: u, same shape; detach the generator before
        average: compare each with the mean of the other kind
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"; log 2 where all are alike, and twice that on average
    Raises
        ValueError: if the shapes differ
    Source
        Jolicoeur-Martineau 2019, equations 2 and 3 and Algorithm 1.
    Chapter
        generative/gan_losses
    """
    require_same_shape("real_logits", real_logits, "fake_logits", fake_logits)
    if not average:
        return reduce(softplus(fake_logits - real_logits), reduction)
    above_fake = real_logits - jnp.mean(fake_logits)
    above_real = fake_logits - jnp.mean(real_logits)
    return reduce(softplus(-above_fake) + softplus(above_real), reduction)


def relativistic_generator_loss(
    real_logits: Float[Array, "..."],
    fake_logits: Float[Array, "..."],
    average: bool = False,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Generator loss that asks for the generated example to be the more convincing one.

    Equation
        ℓ = −log σ(u − o),  or, on average,  −log σ(u − ō) − log(1 − σ(o − ū)),
        o of real examples, u of generated ones, and a bar for the mean over all of them
    Args
        real_logits: o, any shape
        fake_logits: u, same shape; the gradient goes through D to G
        average: compare each with the mean of the other kind
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or same shape for "none"
    Raises
        ValueError: if the shapes differ
    Source
        Jolicoeur-Martineau 2019, equations 2 and 3 and Algorithm 1.
    Chapter
        generative/gan_losses
    """
    require_same_shape("real_logits", real_logits, "fake_logits", fake_logits)
    return relativistic_discriminator_loss(fake_logits, real_logits, average, reduction)
