"""Noise that helps in training."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_axes, require_nonnegative

__all__ = ["dropout", "linear_drop_rates", "spatial_dropout", "stochastic_depth"]


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
    return _drop(x, rate, key, x.shape)


def spatial_dropout(
    x: Float[Array, "..."], rate: float | int, key: Key[Array, ""]
) -> Float[Array, "..."]:
    """Dropout of whole channels, because neighboring positions would give a dropped one away.

    Equation
        y = m ⊙ x / (1 − r),  m_nc ~ Bernoulli(1 − r), the same at all positions of a channel
    Args
        x: (batch, channels, ...)
        rate: r, the probability of dropping a channel, from 0 to 1
        key: random key
    Returns
        same shape as `x`
    Raises
        ValueError: if the rate is outside [0, 1], or `x` has fewer than two axes
    Source
        Tompson et al. 2015.
    Chapter
        mlp/dropout
    """
    require_axes("x", x, "batch, channels, ...")
    return _drop(x, rate, key, x.shape[:2] + (1,) * (x.ndim - 2))


def stochastic_depth(
    branch: Float[Array, "..."], rate: float | int, key: Key[Array, ""]
) -> Float[Array, "..."]:
    """Dropout of a residual branch, for each example of the batch by itself.

    Equation
        y = x + m f(x) / (1 − r),  m_n ~ Bernoulli(1 − r);  this is the second summand
    Args
        branch: f(x), (batch, ...)
        rate: r, the probability of leaving the branch out, from 0 to 1
        key: random key
    Returns
        same shape as `branch`
    Raises
        ValueError: if the rate is outside [0, 1], or `branch` has no axis
    Source
        Huang et al. 2016. Differs: scaled in training and not at test time.
    Chapter
        mlp/dropout
    """
    require_axes("branch", branch, "batch, ...")
    return _drop(branch, rate, key, branch.shape[:1] + (1,) * (branch.ndim - 1))


def linear_drop_rates(last: float | int, depth: int) -> tuple[float, ...]:
    """Drop rates that grow with the depth, because early blocks are what later ones build on.

    Equation
        r_l = (l / L) r_L,  l = 1, …, L
    Args
        last: r_L
        depth: L, how many residual blocks there are
    Returns
        L rates
    Raises
        ValueError: if the rate is outside [0, 1], or L is negative
    Source
        Huang et al. 2016.
    Chapter
        mlp/dropout
    """
    _require_probability(last)
    require_nonnegative("depth", depth)
    return tuple(last * (block + 1) / depth for block in range(depth))


@through_float32
def _drop(
    x: Float[Array, "..."], rate: float | int, key: Key[Array, ""], shape: tuple[int, ...]
) -> Float[Array, "..."]:
    _require_probability(rate)
    if rate == 0:
        return x
    if rate == 1:
        return jnp.zeros_like(x)
    keep = jax.random.bernoulli(key, 1 - rate, shape)
    return jnp.where(keep, x / (1 - rate), 0)


def _require_probability(rate: float | int) -> None:
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is the probability of dropping, from 0 to 1, got {rate}")
