"""The loss of a network that says what actions are worth."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.functional.numerics import in_float32
from dl_lib.losses import huber, reduce
from dl_lib.rl.temporal_difference import double_q_learning_error

__all__ = ["q_learning_loss"]


@in_float32
def q_learning_loss(
    q_tm1: Float[Array, "... actions"],
    a_tm1: Int[Array, "..."],
    r_t: Float[Array, "..."],
    discount_t: ScalarLike | Float[Array, "..."],
    q_t_value: Float[Array, "... actions"],
    q_t_selector: Float[Array, "... actions"] | None = None,
    delta: ScalarLike | None = None,
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """How far what a network says is from what one step brought and an older copy expects of it.

    The target counts as a constant, even if the same network has made it, so that the gradient is
    that of a regression: half of the true one, and in general the gradient of nothing.

    Equation
        y = r_t + γ_t q_value(s_t, argmax_a q_selector(s_t, a)),  δ = y − q(s_tm1, a_tm1)
        ℓ = ½ δ²,  or Huber's
    Args
        q_tm1: q(s_tm1, ·), of the network that learns, (..., actions)
        a_tm1: the action that was taken, (...)
        r_t: what it paid, (...)
        discount_t: γ, or 0 where the episode has ended
        q_t_value: q(s_t, ·), of the network that says what the next action is worth
        q_t_selector: that of the network that chooses it; none: the same (DQN). With the one
            that learns, it is double DQN
        delta: where Huber's parabola becomes a line; none: nowhere
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit
    Source
        Mnih et al. 2015; van Hasselt, Guez & Silver 2016.
    Chapter
        rl/deep_q
    """
    selector = q_t_value if q_t_selector is None else q_t_selector
    later = jax.lax.stop_gradient((r_t, discount_t, q_t_value, selector))
    error = double_q_learning_error(q_tm1, a_tm1, *later)
    if delta is None:
        return reduce(error**2 / 2, reduction)
    return huber(error, jnp.zeros_like(error), delta, reduction)
