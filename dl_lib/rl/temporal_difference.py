"""How wrong a guess was, seen from one step later; `discount_t` is 0 where an episode has ended."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.validation import require_axes, require_same_shape, require_unit_interval

__all__ = [
    "double_q_learning_error",
    "expected_sarsa_error",
    "lambda_returns",
    "q_learning_error",
    "sarsa_error",
    "td_error",
]


def td_error(
    v_tm1: Float[Array, "..."],
    r_t: Float[Array, "..."],
    discount_t: ScalarLike | Float[Array, "..."],
    v_t: Float[Array, "..."],
) -> Float[Array, "..."]:
    """What a step has taught about the value of the state before it.

    Equation
        δ = r_t + γ_t V(s_t) − V(s_tm1)
    Args
        v_tm1: V(s_tm1), the guess before the step, (...)
        r_t: what the step paid, (...)
        discount_t: γ, or 0 where the episode has ended
        v_t: V(s_t), the guess after it, (...)
    Returns
        δ, (...); V(s_tm1) ← V(s_tm1) + α δ is TD(0)
    Raises
        ValueError: if the shapes differ
    Source
        Sutton 1988; Sutton & Barto 2018, equation 6.5.
    Chapter
        rl/q_learning
    """
    require_same_shape("v_tm1", v_tm1, "v_t", v_t)
    require_same_shape("v_tm1", v_tm1, "r_t", r_t)
    return r_t + discount_t * v_t - v_tm1


def q_learning_error(
    q_tm1: Float[Array, "... actions"],
    a_tm1: Int[Array, "..."],
    r_t: Float[Array, "..."],
    discount_t: ScalarLike | Float[Array, "..."],
    q_t: Float[Array, "... actions"],
) -> Float[Array, "..."]:
    """What a step has taught about its action, if from here on the best is done.

    Equation
        δ = r_t + γ_t max_a Q(s_t, a) − Q(s_tm1, a_tm1)
    Args
        q_tm1: Q(s_tm1, ·), (..., actions)
        a_tm1: the action that was taken, (...)
        r_t: what it paid, (...)
        discount_t: γ, or 0 where the episode has ended
        q_t: Q(s_t, ·), (..., actions)
    Returns
        δ, (...); Q(s_tm1, a_tm1) ← Q(s_tm1, a_tm1) + α δ
    Raises
        ValueError: if the shapes do not fit
    Source
        Watkins & Dayan 1992; Sutton & Barto 2018, equation 6.8.
    Chapter
        rl/q_learning
    """
    return td_error(_taken(q_tm1, a_tm1), r_t, discount_t, jnp.max(_rows(q_tm1, q_t), axis=-1))


def sarsa_error(
    q_tm1: Float[Array, "... actions"],
    a_tm1: Int[Array, "..."],
    r_t: Float[Array, "..."],
    discount_t: ScalarLike | Float[Array, "..."],
    q_t: Float[Array, "... actions"],
    a_t: Int[Array, "..."],
) -> Float[Array, "..."]:
    """What a step has taught about its action, given what is done next.

    Equation
        δ = r_t + γ_t Q(s_t, a_t) − Q(s_tm1, a_tm1)
    Args
        q_tm1: Q(s_tm1, ·), (..., actions)
        a_tm1: the action that was taken, (...)
        r_t: what it paid, (...)
        discount_t: γ, or 0 where the episode has ended
        q_t: Q(s_t, ·), (..., actions)
        a_t: the action taken next, (...)
    Returns
        δ, (...)
    Raises
        ValueError: if the shapes do not fit
    Source
        Rummery & Niranjan 1994; Sutton & Barto 2018, equation 6.7.
    Chapter
        rl/q_learning
    """
    return td_error(_taken(q_tm1, a_tm1), r_t, discount_t, _taken(_rows(q_tm1, q_t), a_t))


def expected_sarsa_error(
    q_tm1: Float[Array, "... actions"],
    a_tm1: Int[Array, "..."],
    r_t: Float[Array, "..."],
    discount_t: ScalarLike | Float[Array, "..."],
    q_t: Float[Array, "... actions"],
    policy_t: Float[Array, "... actions"],
) -> Float[Array, "..."]:
    """What a step has taught about its action, averaged over what may be done next.

    Equation
        δ = r_t + γ_t Σ_a π(a | s_t) Q(s_t, a) − Q(s_tm1, a_tm1)
    Args
        q_tm1: Q(s_tm1, ·), (..., actions)
        a_tm1: the action that was taken, (...)
        r_t: what it paid, (...)
        discount_t: γ, or 0 where the episode has ended
        q_t: Q(s_t, ·), (..., actions)
        policy_t: π(· | s_t), (..., actions)
    Returns
        δ, (...)
    Raises
        ValueError: if the shapes do not fit
    Source
        van Seijen, van Hasselt, Whiteson & Wiering 2009; Sutton & Barto 2018, equation 6.9.
    Chapter
        rl/q_learning
    """
    expected = jnp.sum(_rows(q_tm1, policy_t) * _rows(q_tm1, q_t), axis=-1)
    return td_error(_taken(q_tm1, a_tm1), r_t, discount_t, expected)


def double_q_learning_error(
    q_tm1: Float[Array, "... actions"],
    a_tm1: Int[Array, "..."],
    r_t: Float[Array, "..."],
    discount_t: ScalarLike | Float[Array, "..."],
    q_t_value: Float[Array, "... actions"],
    q_t_selector: Float[Array, "... actions"],
) -> Float[Array, "..."]:
    """As Q-learning, but one table says which action is best and another what it is worth.

    Equation
        δ = r_t + γ_t Q₂(s_t, argmax_a Q₁(s_t, a)) − Q₁(s_tm1, a_tm1)
    Args
        q_tm1: Q₁(s_tm1, ·), (..., actions)
        a_tm1: the action that was taken, (...)
        r_t: what it paid, (...)
        discount_t: γ, or 0 where the episode has ended
        q_t_value: Q₂(s_t, ·), of the table that says what it is worth, (..., actions)
        q_t_selector: Q₁(s_t, ·), of the table that chooses, (..., actions)
    Returns
        δ, (...)
    Raises
        ValueError: if the shapes do not fit
    Source
        van Hasselt 2010; Sutton & Barto 2018, equation 6.10.
    Chapter
        rl/q_learning
    """
    best = jnp.argmax(_rows(q_tm1, q_t_selector), axis=-1)
    return td_error(_taken(q_tm1, a_tm1), r_t, discount_t, _taken(_rows(q_tm1, q_t_value), best))


def lambda_returns(
    r_t: Float[Array, "... time"],
    discount_t: Float[Array, "... time"],
    v_t: Float[Array, "... time"],
    decay: ScalarLike,
) -> Float[Array, "... time"]:
    """What each state was worth: partly by what was paid, partly by guesses of what comes.

    Equation
        G_(t−1) = r_t + γ_t ((1 − λ) V(s_t) + λ G_t),  and G_T = V(s_T)
    Args
        r_t: r_1 … r_T, what each step paid, (..., time)
        discount_t: γ_1 … γ_T, 0 where the episode has ended, (..., time)
        v_t: V(s_1) … V(s_T), the guess after each step, (..., time)
        decay: λ; 0 trusts the guesses (TD(0)), 1 only what was paid (Monte Carlo)
    Returns
        G_0 … G_(T−1), (..., time)
    Raises
        ValueError: if the shapes differ or λ is outside of 0 to 1
    Source
        Sutton & Barto 2018, equation 12.18.
    Chapter
        rl/q_learning
    """
    require_axes("r_t", r_t, "..., time")
    require_same_shape("r_t", r_t, "discount_t", discount_t)
    require_same_shape("r_t", r_t, "v_t", v_t)
    require_unit_interval("decay", decay)

    def back(later, step):
        reward, discount, value = step
        now = reward + discount * ((1 - decay) * value + decay * later)
        return now, now

    steps = tuple(jnp.moveaxis(x, -1, 0) for x in (r_t, discount_t, v_t))
    _, returns = jax.lax.scan(back, v_t[..., -1], steps, reverse=True)
    return jnp.moveaxis(returns, 0, -1)


def _rows(first, other):
    require_same_shape("q_tm1", first, "values or policy at t", other)
    return other


def _taken(values, action):
    if values.shape[:-1] != jnp.shape(action):
        raise ValueError(
            f"expected an action for each row of values {values.shape}, got {jnp.shape(action)}"
        )
    return jnp.take_along_axis(values, jnp.asarray(action)[..., None], axis=-1)[..., 0]
