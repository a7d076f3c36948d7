"""Noise that helps in training."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

__all__ = ["dropout"]


def dropout(x: Float[Array, "..."], rate: float | int, key: Key[Array, ""]) -> Float[Array, "..."]:
    """Inverted dropout: entries go to zero at random, the rest grow so that the mean stays.

    Equation
        y = m ⊙ x / (1 − r),  mᵢ ~ Bernoulli(1 − r)
    Args
        x: any shape
        rate: r, the probability of dropping an entry, from 0 to 1
        key: random key
    Returns
        same shape as `x`
    Raises
        ValueError: if the rate is outside [0, 1]
    Source
        Srivastava et al. 2014. Differs: scaled in training and not at test time.
    Chapter
        mlp/dropout
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is the probability of dropping, from 0 to 1, got {rate}")
    if rate == 0:
        return x
    if rate == 1:
        return jnp.zeros_like(x)
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)
