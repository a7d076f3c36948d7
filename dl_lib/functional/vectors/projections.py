"""The nearest point of a convex set: of a ball, a box, a simplex."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import through_float32
from dl_lib.functional.vectors.norms import l2_norm
from dl_lib.validation import is_known, require_axes, require_positive

__all__ = ["project_ball", "project_box", "project_simplex"]


@through_float32
def project_ball(
    x: Float[Array, "... d"], radius: ScalarLike = 1.0, center: Float[Array, "d"] | ScalarLike = 0.0
) -> Float[Array, "... d"]:
    """Nearest point of a ball.

    Equation
        argmin {‖x − z‖ : ‖z − c‖ ≤ r} = c + min(1, r / ‖x − c‖) (x − c)
    Args
        x: (..., d)
        radius: r > 0
        center: c, (d,) or one number for all coordinates
    Returns
        (..., d)
    Raises
        ValueError: if a known radius is not positive
    Chapter
        optimization/convexity
    """
    require_axes("x", x, "..., d")
    require_positive("radius", radius)
    away = x - center
    # Dividing by max(‖x − c‖, r) is the minimum above, without the division by 0 at x = c.
    length = l2_norm(away, axis=-1, keepdims=True)
    return center + radius / jnp.maximum(length, radius) * away


@through_float32
def project_box(
    x: Float[Array, "... d"],
    low: Float[Array, "d"] | ScalarLike = 0.0,
    high: Float[Array, "d"] | ScalarLike = 1.0,
) -> Float[Array, "... d"]:
    """Nearest point of a box: each coordinate by itself.

    Equation
        argmin {‖x − z‖ : l ≤ z ≤ h},  zᵢ = min(max(xᵢ, lᵢ), hᵢ)
    Args
        x: (..., d)
        low: l, (d,) or one number for all coordinates
        high: h, (d,) or one number for all coordinates
    Returns
        (..., d)
    Raises
        ValueError: if known bounds leave nothing between them
    Chapter
        optimization/convexity
    """
    require_axes("x", x, "..., d")
    if is_known(low, high) and np.any(np.asarray(low) > np.asarray(high)):
        raise ValueError(f"low must not exceed high, got low {low} and high {high}")
    return jnp.clip(x, low, high)


@through_float32
def project_simplex(x: Float[Array, "... d"], total: ScalarLike = 1.0) -> Float[Array, "... d"]:
    """Nearest point with coordinates that are not negative and have a given sum.

    Equation
        argmin {‖x − z‖ : z ≥ 0, Σ zᵢ = s},  zᵢ = max(xᵢ − τ, 0)
        τ = (Σ_{i ≤ k} x₍ᵢ₎ − s) / k,  x₍₁₎ ≥ x₍₂₎ ≥ …,  k the last at which x₍ₖ₎ is above its own τ
    Args
        x: (..., d)
        total: s > 0; 1 is the simplex of probabilities
    Returns
        (..., d)
    Raises
        ValueError: if a known total is not positive
    Source
        Held, Wolfe & Crowder 1974; Duchi, Shalev-Shwartz, Singer & Chandra 2008.
    Chapter
        optimization/convexity
    """
    require_axes("x", x, "..., d")
    require_positive("total", total)
    falling = -jnp.sort(-x, axis=-1)
    counted = jnp.arange(1, x.shape[-1] + 1)
    thresholds = (jnp.cumsum(falling, axis=-1) - total) / counted
    kept = jnp.sum(falling > thresholds, axis=-1, keepdims=True)
    threshold = jnp.take_along_axis(thresholds, kept - 1, axis=-1)
    return jax.nn.relu(x - threshold)
