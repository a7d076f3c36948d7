"""Flows in time: points that move by a velocity, from noise at time 0 to data at time 1.

A velocity is a function of points (..., features) and a time, in which no point depends on another.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree, ScalarLike

from dl_lib.functional.numerics import through_float32, widened
from dl_lib.functional.probability.distributions import normal_log_density
from dl_lib.validation import (
    require_axes,
    require_nonnegative,
    require_same_shape,
    require_unit_interval,
)

__all__ = ["flow_log_density", "optimal_velocity", "sample_flow", "straight_path"]

Velocity = Callable[[Array, Array], Array]


@through_float32
def straight_path(
    start: Float[Array, "..."], data: Float[Array, "..."], time: ScalarLike | Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Where a point is that goes straight from noise to data, and how fast: what is matched.

    Equation
        xₜ = (1 − t) z + t x,  dxₜ/dt = x − z
    Args
        start: z, any shape
        data: x, its shape
        time: t in [0, 1], a number or an array that broadcasts to the data, such as (batch, 1)
    Returns
        the point and its velocity, both in the shape of `data`
    Raises
        ValueError: if the shapes differ or a known t lies outside [0, 1]
    Source
        Lipman et al. 2023, section 4.1, with σ = 0; Liu, Gong & Liu 2023.
    Chapter
        generative/flow_matching
    """
    require_same_shape("start", start, "data", data)
    require_unit_interval("time", time)
    return (1 - jnp.asarray(time)) * start + time * data, data - start


@through_float32
def optimal_velocity(
    points: Float[Array, "... features"],
    centers: Float[Array, "centers features"],
    time: ScalarLike,
    spread: ScalarLike,
    weights: Float[Array, " centers"] | None = None,
) -> Float[Array, "... features"]:
    """Mean velocity of all straight paths through a point, from noise to a mixture of round clouds.

    Starts are standard normal and know nothing of where they will go. No velocity has a smaller
    mean square error against that of the single paths.

    Equation
        v = t² s² + (1 − t)²,  πᵢ ∝ wᵢ exp(−‖x − t cᵢ‖² / 2v)
        u(x, t) = Σᵢ πᵢ (cᵢ + (t s² − 1 + t)/v (x − t cᵢ))
    Args
        points: x
        centers: cᵢ
        time: t in [0, 1]; under 1 if there is no spread
        spread: s, the standard deviation of every cloud
        weights: wᵢ, not negative; equal if None
    Returns
        shape of `points`
    Raises
        ValueError: if a shape does not fit, a known t lies outside [0, 1], or s is negative
    Source
        Lipman et al. 2023, equations 8 and 21; the mixture as in `optimal_denoiser`.
    Chapter
        generative/flow_matching
    """
    require_axes("centers", centers, "centers, features")
    if points.shape[-1:] != centers.shape[1:]:
        raise ValueError(
            f"centers have {centers.shape[1]} features, points have shape {points.shape}"
        )
    require_unit_interval("time", time)
    require_nonnegative("spread", spread)
    square, time = jnp.asarray(spread) ** 2, jnp.asarray(time)
    variance = time**2 * square + (1 - time) ** 2
    scores = (time * points @ centers.T - time**2 * jnp.sum(centers**2, axis=1) / 2) / variance
    if weights is not None:
        scores = scores + jnp.log(weights)
    center = jax.nn.softmax(scores, axis=-1) @ centers
    return center + (time * square - 1 + time) / variance * (points - time * center)


@through_float32
def sample_flow(
    velocity: Velocity, start: Float[Array, "..."], times: Float[Array, "times"], order: int = 1
) -> Float[Array, "..."]:
    """Follow a velocity from the first time to the last; the other way if the times fall.

    Equation
        x ← x + h u(x, t)                                        order 1 (Euler)
        x ← x + h/2 (u(x, t) + u(x + h u(x, t), t + h))          order 2 (Heun), two passes a step
    Args
        velocity: u, of the points and the time
        start: where the points are at the first time
        times: of which each is the end of a step and the start of the next
        order: 1 or 2
    Returns
        shape of `start`
    Raises
        ValueError: if there are fewer than two times, or the order is neither 1 nor 2
    Source
        Heun 1900; Karras et al. 2022, algorithm 1.
    Chapter
        generative/flow_matching
    """
    return _followed(velocity, start, times, order)


@through_float32
def flow_log_density(
    velocity: Velocity,
    points: Float[Array, "... features"],
    times: Float[Array, "times"],
    key: PRNGKeyArray | None = None,
    order: int = 2,
) -> Float[Array, "..."]:
    """Logarithm of the density that a velocity gives the points, from the noise that they were.

    Points are followed back to their start, and the divergence is summed up on the way.

    Equation
        log p(x) = log N(z; 0, I) − ∫₀¹ Σᵢ ∂uᵢ/∂xᵢ(xₜ, t) dt
        Σᵢ ∂uᵢ/∂xᵢ ≈ εᵀ (∂u/∂x) ε,  ε of signs, if there is a key (Hutchinson)
    Args
        velocity: u, of the points and the time
        points: x at the last time
        times: from 0, where points are standard normal, to 1
        key: decides the signs, one draw a point for the whole way; None for the exact sum
        order: of the steps, as in `sample_flow`
    Returns
        (...), one number a point; with signs it is right on average over keys
    Raises
        ValueError: if there are fewer than two times, or the order is neither 1 nor 2
    Source
        Chen et al. 2018, theorem 1; Grathwohl et al. 2019; Hutchinson 1989.
    Chapter
        generative/flow_matching
    """
    features = points.shape[-1]
    if key is None:
        probes = jnp.eye(features, dtype=points.dtype)
        probes = probes.reshape(features, *(1,) * (points.ndim - 1), features)
        probes = jnp.broadcast_to(probes, (features, *points.shape))
    else:
        probes = jax.random.rademacher(key, (1, *points.shape), points.dtype)

    def field(state: tuple, time: Array) -> tuple:
        here, _ = state

        def along(probe: Array) -> Array:
            return jnp.sum(probe * jax.jvp(lambda x: velocity(x, time), (here,), (probe,))[1], -1)

        return velocity(here, time), jnp.sum(jax.vmap(along)(probes), axis=0)

    begun = points, jnp.zeros(points.shape[:-1], points.dtype)
    start, grown = _followed(field, begun, jnp.asarray(times)[::-1], order)
    # Backwards the sum has its sign turned: this is minus the integral.
    return jnp.sum(normal_log_density(widened(start)), axis=-1) + grown


def _followed(field: Callable, start: PyTree, times: Array, order: int) -> PyTree:
    times = jnp.asarray(times)
    if times.ndim != 1 or len(times) < 2:
        raise ValueError(f"times must hold two or more, got shape {times.shape}")
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order}")

    def moved(state: PyTree, slope: PyTree, by: Array) -> PyTree:
        return jax.tree.map(lambda x, u: (x + by * u).astype(x.dtype), state, slope)

    def step(state: PyTree, ends: tuple) -> tuple[PyTree, None]:
        time, then = ends
        slope = field(state, time)
        if order == 2:
            other = field(moved(state, slope, then - time), then)
            slope = jax.tree.map(lambda a, b: (a + b) / 2, slope, other)
        return moved(state, slope, then - time), None

    return jax.lax.scan(step, start, (times[:-1], times[1:]))[0]
