"""Data that hidden normal numbers explain: how much is known of them, and what that is worth."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, ScalarLike

from dl_lib.functional.numerics import in_float32, through_float32
from dl_lib.functional.probability.distributions import normal_log_density
from dl_lib.validation import require_axes, require_count, require_positive, require_same_shape

__all__ = ["evidence_lower_bound", "probabilistic_pca", "reparameterize", "standard_normal_kl"]


@in_float32
def standard_normal_kl(
    loc: Float[Array, "..."], log_scale: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Divergence of a normal law from the standard one, of each number by itself.

    Equation
        D(N(m, s²) ‖ N(0, 1)) = ½ (m² + s² − 1) − log s
    Args
        loc: m, any shape
        log_scale: log s, same shape
    Returns
        same shape, at least 0; independent numbers add
    Raises
        ValueError: if the shapes differ
    Source
        Kingma & Welling 2014, appendix B.
    Chapter
        generative/autoencoders
    """
    require_same_shape("loc", loc, "log_scale", log_scale)
    # e^2a − 1 by itself would lose the digits of what is nearly nothing
    return (loc**2 + jnp.expm1(2 * log_scale)) / 2 - log_scale


@through_float32
def reparameterize(
    loc: Float[Array, "..."], log_scale: Float[Array, "..."], key: Key[Array, ""]
) -> Float[Array, "..."]:
    """Draw from a normal law so that the draw has a slope in the law's mean and scale.

    Equation
        z = m + s ε,  ε ~ N(0, 1)
    Args
        loc: m, any shape
        log_scale: log s, same shape
        key: random key
    Returns
        same shape; ∂z/∂m = 1, ∂z/∂ log s = s ε
    Raises
        ValueError: if the shapes differ
    Source
        Kingma & Welling 2014; Rezende, Mohamed & Wierstra 2014.
    Chapter
        generative/autoencoders
    """
    require_same_shape("loc", loc, "log_scale", log_scale)
    return loc + jnp.exp(log_scale) * jax.random.normal(key, loc.shape, loc.dtype)


@in_float32
def evidence_lower_bound(
    x: Float[Array, "... features"],
    mean: Float[Array, "... features"],
    variance: ScalarLike,
    loc: Float[Array, "... latents"],
    log_scale: Float[Array, "... latents"],
) -> Float[Array, "..."]:
    """What the log likelihood of data is at least, by one draw of what is hidden behind them.

    Equation
        log N(x; μ(z), σ² I) − Σⱼ D(N(mⱼ, sⱼ²) ‖ N(0, 1)),  z ~ N(m, s²)
    Args
        x: data
        mean: μ(z), the decoded draw, same shape
        variance: σ², above 0
        loc: m, what the encoder expects
        log_scale: log s, same shape
    Returns
        (...); its mean over draws is at most log p(x)
    Raises
        ValueError: if the shapes do not fit, or a known σ² is not positive
    Source
        Kingma & Welling 2014, equation 7.
    Chapter
        generative/autoencoders
    """
    require_axes("x", x, "..., features")
    require_same_shape("mean", mean, "x", x)
    require_positive("variance", variance)
    explained = jnp.sum(normal_log_density(x, mean, jnp.sqrt(variance)), axis=-1)
    return explained - jnp.sum(standard_normal_kl(loc, log_scale), axis=-1)


@in_float32
def probabilistic_pca(
    cov: Float[Array, "features features"], components: int, variance: ScalarLike | None = None
) -> tuple[Float[Array, "components features"], Float[Array, ""]]:
    """Most likely x = zW + σε for normal z, whose covariance is WᵀW + σ²I.

    Equation
        wⱼ = √max(λⱼ − σ², 0) uⱼ,  σ² = the mean of the λ that are left out
    Args
        cov: covariance of the data, of eigenvalues λ₁ ≥ λ₂ ≥ ... and eigenvectors uⱼ
        components: how many numbers z has, fewer than features
        variance: σ² if it is fixed; else the most likely one
    Returns
        W, a component a row, and σ²; with σ² fixed, a component of λ ≤ σ² is zero
    Raises
        ValueError: if cov is not square, there are not more features, or a known σ² is not positive
    Source
        Tipping & Bishop 1999.
    Chapter
        generative/autoencoders
    """
    require_axes("cov", cov, "features, features")
    if cov.shape[0] != cov.shape[1]:
        raise ValueError(f"cov must be square, got shape {cov.shape}")
    require_count("components", components, len(cov) - 1)
    if variance is not None:
        require_positive("variance", variance)
    values, vectors = jnp.linalg.eigh(cov)
    values, vectors = values[::-1], vectors[:, ::-1]
    noise = jnp.mean(values[components:]) if variance is None else jnp.asarray(variance)
    scales = jnp.sqrt(jnp.maximum(values[:components] - noise, 0))
    return scales[:, None] * vectors[:, :components].T, noise
