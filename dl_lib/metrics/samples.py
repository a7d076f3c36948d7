"""Are drawn samples like data that were held out, are they copies, and is any kind missing?"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.functional.numerics import widened
from dl_lib.validation import require_axes, require_positive

__all__ = ["energy_distance", "mode_counts", "nearest_distance"]


def energy_distance(
    samples: Float[Array, "samples features"], data: Float[Array, "points features"]
) -> Float[Array, ""]:
    """How far two clouds of points are from being drawn by one law; 0 if they are the same points.

    Two draws of one law are not at 0: compare with what held-out data have.

    Equation
        D² = 2 E‖x − y‖ − E‖x − x′‖ − E‖y − y′‖
    Args
        samples: x, a point a row
        data: y, a point a row
    Returns
        D, a scalar
    Raises
        ValueError: if the shapes do not fit, or there are no points
    Source
        Székely & Rizzo 2013. As `scipy.stats.energy_distance`, which knows one dimension.
    Chapter
        generative/autoencoders
    """
    require_positive("the number of examples", min(len(samples), len(data)))
    x, y = _fitting(samples, data, "data")
    across, within = jnp.mean(_distances(x, y)), jnp.mean(_distances(x, x))
    square = 2 * across - within - jnp.mean(_distances(y, y))
    return jnp.sqrt(jnp.maximum(square, 0))


def nearest_distance(
    samples: Float[Array, "samples features"], data: Float[Array, "points features"]
) -> Float[Array, " samples"]:
    """Distance of each sample to the nearest of the data; a copy has 0.

    Equation
        dᵢ = minⱼ ‖xᵢ − yⱼ‖
    Args
        samples: x, a point a row
        data: y, a point a row
    Returns
        (samples,)
    Raises
        ValueError: if the shapes do not fit, or there are no points
    Chapter
        generative/autoencoders
    """
    require_positive("the number of examples", len(data))
    return jnp.min(_distances(*_fitting(samples, data, "data")), axis=1)


def mode_counts(
    samples: Float[Array, "samples features"],
    centers: Float[Array, "centers features"],
    radius: ScalarLike,
) -> Int[Array, " centers"]:
    """How many samples each center gets, of those that lie within a radius of their nearest center.

    Equation
        nⱼ = Σᵢ [j = argminₖ ‖xᵢ − cₖ‖ and ‖xᵢ − cⱼ‖ ≤ r]
    Args
        samples: x, a point a row
        centers: c, a center a row; a mode that is missing has the count 0
        radius: r > 0
    Returns
        (centers,)
    Raises
        ValueError: if the shapes do not fit, or a known r is not positive
    Chapter
        generative/gan
    """
    require_positive("radius", radius)
    far = _distances(*_fitting(samples, centers, "centers"))
    if not len(centers):
        return jnp.zeros(0, int)  # which of none is the nearest has no answer
    nearest, close = jnp.argmin(far, axis=1), jnp.min(far, axis=1) <= radius
    return jnp.zeros(len(centers), int).at[nearest].add(close)


def _fitting(samples: Array, others: Array, name: str) -> tuple[Array, Array]:
    require_axes("samples", samples, "samples, features")
    require_axes(name, others, f"{name}, features")
    if samples.shape[1] != others.shape[1]:
        raise ValueError(f"samples have {samples.shape[1]} features and {name} {others.shape[1]}")
    return widened((jnp.asarray(samples), jnp.asarray(others)))


def _distances(x: Array, y: Array) -> Array:
    # Row by row: differences of all pairs would fill the memory, squares of both would cancel.
    return jax.lax.map(lambda row: jnp.sqrt(jnp.sum((row - y) ** 2, axis=1)), x, batch_size=64)
