"""Bochner's theorem as a program: waves of random frequencies in the place of a kernel."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.validation import require_axes

__all__ = ["random_fourier_features"]


def random_fourier_features(
    x: Float[Array, "points features"], frequencies: Float[Array, "count features"]
) -> Float[Array, "points waves"]:
    """Vectors whose products are on average a stationary kernel.

    A cosine and a sine for each frequency need no random phase, and err less for it.

    Equation
        φ(x) = [cos ωᵢᵀx, sin ωᵢᵀx]ᵢ / √m,  φ(x)ᵀφ(z) = (1/m) Σᵢ cos ωᵢᵀ(x − z) ≈ k(x, z)
    Args
        x: (points, features)
        frequencies: ωᵢ, (count m, features), as from `RBF(l).frequencies(key, m, features)`
    Returns
        (points, 2 m), cosines first
    Raises
        ValueError: if x and the frequencies differ in their features
    Source
        Rahimi & Recht 2007, Random features for large-scale kernel machines.
    Chapter
        gp/priors
    """
    for name, array in (("x", x), ("frequencies", frequencies)):
        require_axes(name, array, "points, features")
    if x.shape[-1] != frequencies.shape[-1]:
        raise ValueError(
            f"x has {x.shape[-1]} features but frequencies have {frequencies.shape[-1]}"
        )
    phase = x @ frequencies.T
    return jnp.concatenate([jnp.cos(phase), jnp.sin(phase)], axis=1) / jnp.sqrt(len(frequencies))
