"""The best guess of what is under the noise, and the way from noise to data along such guesses."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.functional.probability.diffusion import denoising_step
from dl_lib.validation import require_axes, require_nonnegative, require_unit_interval

__all__ = ["optimal_denoiser", "sample_diffusion"]


@through_float32
def optimal_denoiser(
    noisy: Float[Array, "... features"],
    centers: Float[Array, "centers features"],
    kept: ScalarLike,
    spread: ScalarLike = 0.0,
    weights: Float[Array, " centers"] | None = None,
) -> Float[Array, "... features"]:
    """Mean of all clean data that can be under the noise, for a mixture of round normal clouds.

    Without spread the clouds are the data themselves, and no denoiser has a smaller mean square
    error on them: it pools them by attention to how well each explains the noisy one.

    Equation
        v = ᾱ s² + 1 − ᾱ,  πᵢ ∝ wᵢ exp(−‖x − √ᾱ cᵢ‖² / 2v)
        E[x₀ | x] = Σᵢ πᵢ (cᵢ + √ᾱ s²/v (x − √ᾱ cᵢ))
    Args
        noisy: x
        centers: cᵢ
        kept: ᾱ, which must be under 1 if there is no spread
        spread: s, the standard deviation of every cloud
        weights: wᵢ, not negative; equal if None
    Returns
        shape of `noisy`; (√ᾱ E[x₀ | x] − x) / (1 − ᾱ) is the score ∇ log p(x) (Tweedie)
    Raises
        ValueError: if a shape does not fit, a known ᾱ lies outside [0, 1], or s is negative
    Source
        Robbins 1956; Efron 2011, on Tweedie's formula.
    Chapter
        generative/diffusion
    """
    require_axes("centers", centers, "centers, features")
    if noisy.shape[-1:] != centers.shape[1:]:
        raise ValueError(f"centers have {centers.shape[1]} features, noisy has shape {noisy.shape}")
    require_unit_interval("kept", kept)
    require_nonnegative("spread", spread)
    signal, square = jnp.sqrt(kept), jnp.asarray(spread) ** 2
    variance = kept * square + 1 - kept
    fit = signal * noisy @ centers.T - kept * jnp.sum(centers**2, axis=1) / 2
    scores = fit / variance
    if weights is not None:
        scores = scores + jnp.log(weights)
    center = jax.nn.softmax(scores, axis=-1) @ centers
    return center + signal * square / variance * (noisy - signal * center)


@through_float32
def sample_diffusion(
    denoiser: Callable[[Array, Array], Array],
    start: Float[Array, "..."],
    kept: Float[Array, "levels"],
    key: PRNGKeyArray,
    freshness: ScalarLike = 1.0,
) -> Float[Array, "..."]:
    """Walk from noise to data, one level after the other.

    Equation
        x ← denoising_step(x, denoiser(x, ᾱₜ), ᾱₜ, ᾱₜ₋₁),  t = T, …, 1
    Args
        denoiser: the guess of the clean data, from the noisy ones and their ᾱ
        start: standard normal numbers in the shape of the data
        kept: ᾱ₀ > … > ᾱ_T; every tenth of a schedule, `kept[::10]`, makes a tenth of the steps
        key: decides what is drawn afresh
        freshness: η; 1 is DDPM, 0 DDIM, for which the start decides all
    Returns
        shape of `start`
    Raises
        ValueError: if there are fewer than two levels, or a known ᾱ or η lies outside [0, 1]
    Source
        Ho, Jain & Abbeel 2020, algorithm 2; Song, Meng & Ermon 2021.
    Chapter
        generative/diffusion
    """
    if kept.ndim != 1 or len(kept) < 2:
        raise ValueError(f"kept must hold two levels or more, got shape {kept.shape}")
    require_unit_interval("kept", kept)

    def step(noisy: Array, level: tuple) -> tuple[Array, None]:
        of_this, of_next, key = level
        clean = denoiser(noisy, of_this)
        fresh = jax.random.normal(key, noisy.shape, noisy.dtype)
        return denoising_step(noisy, clean, of_this, of_next, fresh, freshness), None

    levels = jnp.asarray(kept)[::-1]
    keys = jax.random.split(key, len(levels) - 1)
    return jax.lax.scan(step, start, (levels[:-1], levels[1:], keys))[0]
