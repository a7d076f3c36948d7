"""Earth mover's distance: what it costs to carry one distribution to where the other is."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.functional.numerics import absolute, in_float32
from dl_lib.functional.probability.transport import sinkhorn_plan, transport_plan
from dl_lib.losses.reduction import reduce
from dl_lib.validation import require_axes, require_distribution, require_same_shape

__all__ = ["earth_movers_distance", "earth_movers_distance_1d", "sinkhorn_loss"]


@in_float32
def earth_movers_distance(
    prediction: Float[Array, "... rows"],
    target: Float[Array, "..."],
    cost: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Exact earth mover's distance of distributions, with its exact gradient.

    The optimal plan γ and prices u, v come from `transport_plan`; where they are unique they are
    the gradients in the cost and in the two distributions, and else subgradients.

    Equation
        W = min_γ Σᵢⱼ γᵢⱼ cᵢⱼ,  Σⱼ γᵢⱼ = pᵢ,  Σᵢ γᵢⱼ = qⱼ;  ∂W/∂c = γ,  ∂W/∂p = u,  ∂W/∂q = v
    Args
        prediction: p, distributions, (..., rows)
        target: q, distributions, (..., columns)
        cost: c, (rows, columns), of carrying mass 1 from i to j
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none". The gradients in p and q are given up to a constant, which
        a softmax above them takes away
    Raises
        ValueError: if the shapes do not fit, or known values are not distributions
    Source
        Rubner et al. 2000.
    Chapter
        losses/distributions
    """
    _require_fit(prediction, target, cost)

    def one(p, q):
        found = transport_plan(p, q, cost)
        # Differences that are 0, with gradients that are not: the envelope theorem.
        moved = jnp.vdot(found.row_prices, p - jax.lax.stop_gradient(p))
        wanted = jnp.vdot(found.column_prices, q - jax.lax.stop_gradient(q))
        return jnp.vdot(found.plan, cost) + moved + wanted

    flat = prediction.reshape(-1, cost.shape[0]), target.reshape(-1, cost.shape[1])
    return reduce(jax.vmap(one)(*flat).reshape(prediction.shape[:-1]), reduction)


@in_float32
def earth_movers_distance_1d(
    prediction: Float[Array, "... outcomes"],
    target: Float[Array, "..."],
    positions: Float[Array, "..."] | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Earth mover's distance on a line, where the sorted order is the plan.

    Equation
        W = Σⱼ |Pⱼ − Qⱼ| (x_{j+1} − xⱼ),  P and Q the running sums of p and q
    Args
        prediction: p, distributions, (..., outcomes)
        target: q, same shape
        positions: x, (outcomes,), in increasing order; None for 0, 1, 2, …
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, or known values are not distributions
    Source
        Vallender 1974.
    Chapter
        losses/distributions
    """
    require_same_shape("prediction", prediction, "target", target)
    require_axes("prediction", prediction, "..., outcomes")
    require_distribution("prediction", prediction)
    require_distribution("target", target)
    outcomes = prediction.shape[-1]
    if positions is None:
        positions = jnp.arange(outcomes, dtype=prediction.dtype)
    if positions.shape != (outcomes,):
        raise ValueError(f"positions must have shape {(outcomes,)}, got {positions.shape}")
    difference = jnp.cumsum(prediction - target, axis=-1)[..., :-1]
    return reduce(jnp.sum(absolute(difference) * jnp.diff(positions), axis=-1), reduction)


@in_float32
def sinkhorn_loss(
    prediction: Float[Array, "... rows"],
    target: Float[Array, "..."],
    cost: Float[Array, "..."],
    temperature: ScalarLike = 0.05,
    steps: int = 100,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """Cost of the entropic transport plan, a smooth upper bound of the earth mover's distance.

    Equation
        ℓ = Σᵢⱼ γᵢⱼ cᵢⱼ,  γ the `sinkhorn_plan` at temperature τ
    Args
        prediction: p, distributions, (..., rows)
        target: q, distributions, (..., columns)
        cost: c, (rows, columns)
        temperature: τ > 0, in the unit of the cost
        steps: corrections of rows and columns
        reduction: "mean", "sum" or "none", over the leading axes
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit, or known values are not distributions
    Source
        Cuturi 2013.
    Chapter
        losses/distributions
    """
    _require_fit(prediction, target, cost)

    def one(p, q):
        return jnp.vdot(sinkhorn_plan(p, q, cost, temperature, steps), cost)

    flat = prediction.reshape(-1, cost.shape[0]), target.reshape(-1, cost.shape[1])
    return reduce(jax.vmap(one)(*flat).reshape(prediction.shape[:-1]), reduction)


def _require_fit(prediction: Array, target: Array, cost: Array) -> None:
    require_axes("prediction", prediction, "..., rows")
    require_axes("target", target, "..., columns")
    expected = prediction.shape[-1], target.shape[-1]
    if prediction.shape[:-1] != target.shape[:-1] or cost.shape != expected:
        raise ValueError(
            f"prediction {prediction.shape} and target {target.shape} need equal leading axes and "
            f"cost of shape {expected}, got {cost.shape}"
        )
    require_distribution("prediction", prediction)
    require_distribution("target", target)
