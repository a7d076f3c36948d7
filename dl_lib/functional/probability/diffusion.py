"""Diffusion: data drown in noise step by step, and come back by what guesses them from the noise.

ᾱ is the share of the variance that is still the data's: a number, or an array that broadcasts to
the data, such as (batch, 1) for one level an example.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.validation import require_same_shape, require_unit_interval

__all__ = [
    "clean_from_noise",
    "clean_from_velocity",
    "denoising_posterior",
    "denoising_step",
    "diffusion_velocity",
    "noise_from_clean",
    "noised",
]

Data = Float[Array, "..."]
Level = ScalarLike | Float[Array, "..."]


@through_float32
def noised(clean: Data, noise: Data, kept: Level) -> Data:
    """Data of which a share ᾱ of the variance is kept and the rest replaced by noise.

    Equation
        x = √ᾱ x₀ + √(1 − ᾱ) ε
    Args
        clean: x₀, any shape
        noise: ε, standard normal numbers of its shape
        kept: ᾱ in [0, 1]
    Returns
        shape of `clean`
    Raises
        ValueError: if the shapes differ or a known ᾱ lies outside [0, 1]
    Source
        Ho, Jain & Abbeel 2020, equation 4.
    Chapter
        generative/diffusion
    """
    require_same_shape("clean", clean, "noise", noise)
    signal, rest = _roots(kept)
    return signal * clean + rest * noise


@through_float32
def noise_from_clean(noisy: Data, clean: Data, kept: Level) -> Data:
    """The noise that made the noisy data of the clean ones.

    Equation
        ε = (x − √ᾱ x₀) / √(1 − ᾱ)
    Args
        noisy: x, any shape
        clean: x₀, its shape
        kept: ᾱ in [0, 1)
    Returns
        the same shape; minus it, over √(1 − ᾱ), is the score if x₀ is the mean of what is possible
    Raises
        ValueError: if the shapes differ or a known ᾱ lies outside [0, 1]
    Chapter
        generative/diffusion
    """
    require_same_shape("noisy", noisy, "clean", clean)
    signal, rest = _roots(kept)
    return (noisy - signal * clean) / rest


@through_float32
def clean_from_noise(noisy: Data, noise: Data, kept: Level) -> Data:
    """The clean data, from the noise in the noisy ones.

    Equation
        x₀ = (x − √(1 − ᾱ) ε) / √ᾱ
    Args
        noisy: x, any shape
        noise: ε, its shape
        kept: ᾱ in (0, 1]; an error of ε counts √(1/ᾱ − 1) times
    Returns
        the same shape
    Raises
        ValueError: if the shapes differ or a known ᾱ lies outside [0, 1]
    Chapter
        generative/diffusion
    """
    require_same_shape("noisy", noisy, "noise", noise)
    signal, rest = _roots(kept)
    return (noisy - rest * noise) / signal


@through_float32
def diffusion_velocity(clean: Data, noise: Data, kept: Level) -> Data:
    """How noisy data move as they turn from clean to noise, where √ᾱ is the cosine of the angle φ.

    Equation
        v = dx/dφ = √ᾱ ε − √(1 − ᾱ) x₀
    Args
        clean: x₀, any shape
        noise: ε, its shape
        kept: ᾱ in [0, 1]
    Returns
        the same shape
    Raises
        ValueError: if the shapes differ or a known ᾱ lies outside [0, 1]
    Source
        Salimans & Ho 2022, appendix D.
    Chapter
        generative/diffusion
    """
    require_same_shape("clean", clean, "noise", noise)
    signal, rest = _roots(kept)
    return signal * noise - rest * clean


@through_float32
def clean_from_velocity(noisy: Data, velocity: Data, kept: Level) -> Data:
    """The clean data, from where the noisy ones are and how they move.

    Equation
        x₀ = √ᾱ x − √(1 − ᾱ) v
    Args
        noisy: x, any shape
        velocity: v, its shape
        kept: ᾱ in [0, 1]
    Returns
        the same shape
    Raises
        ValueError: if the shapes differ or a known ᾱ lies outside [0, 1]
    Source
        Salimans & Ho 2022, appendix D.
    Chapter
        generative/diffusion
    """
    require_same_shape("noisy", noisy, "velocity", velocity)
    signal, rest = _roots(kept)
    return signal * noisy - rest * velocity


@through_float32
def denoising_posterior(
    noisy: Data, clean: Data, kept: Level, kept_before: Level
) -> tuple[Data, Level]:
    """Where noisy data came from one step before, if it is known what they were at the start.

    Equation
        α = ᾱₜ / ᾱₜ₋₁
        μ = (√ᾱₜ₋₁ (1 − α) x₀ + √α (1 − ᾱₜ₋₁) xₜ) / (1 − ᾱₜ),  σ² = (1 − α)(1 − ᾱₜ₋₁) / (1 − ᾱₜ)
    Args
        noisy: xₜ, any shape
        clean: x₀, its shape
        kept: ᾱₜ < 1
        kept_before: ᾱₜ₋₁ ≥ ᾱₜ
    Returns
        mean and variance of the normal q(xₜ₋₁ | xₜ, x₀)
    Raises
        ValueError: if the shapes differ or a known ᾱ lies outside [0, 1]
    Source
        Ho, Jain & Abbeel 2020, equations 6 and 7.
    Chapter
        generative/diffusion
    """
    require_same_shape("noisy", noisy, "clean", clean)
    kept, kept_before = _level(kept), _level(kept_before)
    step = kept / kept_before
    of_clean = jnp.sqrt(kept_before) * (1 - step) / (1 - kept)
    of_noisy = jnp.sqrt(step) * (1 - kept_before) / (1 - kept)
    return of_clean * clean + of_noisy * noisy, _posterior_variance(kept, kept_before)


@through_float32
def denoising_step(
    noisy: Data,
    clean: Data,
    kept: Level,
    kept_before: Level,
    fresh: Data,
    freshness: ScalarLike = 1.0,
) -> Data:
    """One step back: what was guessed to be noise stays in part, and in part is drawn afresh.

    Equation
        σ² = η² (1 − ᾱₜ/ᾱₜ₋₁)(1 − ᾱₜ₋₁) / (1 − ᾱₜ),  ε = (xₜ − √ᾱₜ x₀) / √(1 − ᾱₜ)
        xₜ₋₁ = √ᾱₜ₋₁ x₀ + √(1 − ᾱₜ₋₁ − σ²) ε + σ z
    Args
        noisy: xₜ, any shape
        clean: x₀ as guessed, its shape
        kept: ᾱₜ < 1
        kept_before: ᾱₜ₋₁, that of any lower level of noise
        fresh: z, standard normal numbers of the same shape
        freshness: η; 1 draws from `denoising_posterior` (DDPM), 0 draws nothing (DDIM)
    Returns
        the same shape
    Raises
        ValueError: if shapes differ, or a known ᾱ or η lies outside [0, 1]
    Source
        Song, Meng & Ermon 2021, equations 12 and 16.
    Chapter
        generative/diffusion
    """
    require_unit_interval("freshness", freshness)
    require_same_shape("noisy", noisy, "fresh", fresh)
    noise = noise_from_clean(noisy, clean, kept)
    kept, kept_before = _level(kept), _level(kept_before)
    variance = jnp.asarray(freshness) ** 2 * _posterior_variance(kept, kept_before)
    old = jnp.sqrt(jnp.maximum(1 - kept_before - variance, 0))
    return jnp.sqrt(kept_before) * clean + old * noise + jnp.sqrt(variance) * fresh


def _posterior_variance(kept: Array, kept_before: Array) -> Array:
    return (1 - kept / kept_before) * (1 - kept_before) / (1 - kept)


def _level(kept: Level) -> Array:
    require_unit_interval("kept", kept)
    return jnp.asarray(kept)


def _roots(kept: Level) -> tuple[Array, Array]:
    kept = _level(kept)
    return jnp.sqrt(kept), jnp.sqrt(1 - kept)
