"""Learning what actions are worth by walking, with a table."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, ScalarLike

from dl_lib.rl.process import _draw
from dl_lib.rl.temporal_difference import expected_sarsa_error, q_learning_error, sarsa_error
from dl_lib.validation import require_axes, require_unit_interval, whole_number

__all__ = ["TableRun", "learn_action_values"]

# The error of a step, from (q_tm1, a_tm1, r_t, discount_t, q_t), the next action and its policy.
RULES: dict[str, Callable[..., Array]] = {
    "q_learning": lambda now, a_t, policy_t: q_learning_error(*now),
    "sarsa": lambda now, a_t, policy_t: sarsa_error(*now, a_t),
    "expected_sarsa": lambda now, a_t, policy_t: expected_sarsa_error(*now, policy_t),
}


class TableRun(NamedTuple):
    """What was learned, and what happened meanwhile.

    Args
        values: Q, (states, actions)
        visits: how often each action was taken, (states, actions)
        rewards: what each step paid, (steps,)
        ended: whether an episode ended with the step, (steps,)
    Chapter
        rl/q_learning
    """

    values: Float[Array, "states actions"]
    visits: Int[Array, "states actions"]
    rewards: Float[Array, "steps"]
    ended: Bool[Array, "steps"]


def learn_action_values(
    process: Any,
    start: Float[Array, "states actions"],
    policy: Callable[[Array, Array], Array],
    rate: ScalarLike | Callable[[Array], Array],
    discount: ScalarLike,
    key: Key[Array, ""],
    steps: int,
    rule: str = "q_learning",
) -> TableRun:
    """Walk, episode after episode, and after each step mend the value of the action taken.

    The next action is chosen before the table is mended, as SARSA needs it. All is one scan;
    `jax.vmap` over keys, or over rates and the like, makes many runs.

    Equation
        Q(s_tm1, a_tm1) ← Q(s_tm1, a_tm1) + α δ,  δ as in `q_learning_error`,
        `sarsa_error` or `expected_sarsa_error`
    Args
        process: anything with numbered states and reset(key) and step(key, state, action)
        start: Q before the first step, (states, actions)
        policy: a function of Q(s, ·) and of the number of steps before; gives probabilities
        rate: α, or a function of how often this action was taken here, from 1
        discount: γ, from 0 to 1
        key: random key
        steps: how many steps, of all episodes together
        rule: "q_learning", "sarsa" or "expected_sarsa"
    Returns
        the table, the visits, and what each step paid
    Raises
        ValueError: if there is no such rule, start is no table, or γ is outside of 0 to 1
    Source
        Sutton & Barto 2018, sections 6.4 to 6.6.
    Chapter
        rl/q_learning
    """
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}, got {rule!r}")
    require_axes("start", start, "states, actions")
    require_unit_interval("discount", discount)
    alpha = rate if callable(rate) else lambda visits: rate
    error = RULES[rule]

    def choose(key, values, step):
        chances = policy(values, step)
        return _draw(key, jnp.cumsum(chances)), chances

    def one(carry, step):
        Q, visits, s_tm1, a_tm1 = carry
        for_step, for_reset, for_action = jax.random.split(jax.random.fold_in(key, step), 3)
        s_t, r_t, ended = process.step(for_step, s_tm1, a_tm1)
        # γ = 0 at an end: what the values of the new start are does not count.
        s_t = jnp.where(ended, process.reset(for_reset), s_t)
        a_t, policy_t = choose(for_action, Q[s_t], step)
        now = (Q[s_tm1], a_tm1, r_t, jnp.where(ended, 0, discount), Q[s_t])
        delta = error(now, a_t, policy_t)
        visits = visits.at[s_tm1, a_tm1].add(1)
        Q = Q.at[s_tm1, a_tm1].add(alpha(visits[s_tm1, a_tm1]) * delta)
        return (Q, visits, s_t, a_t), (r_t, ended)

    steps = whole_number("steps", steps)
    for_reset, for_action = jax.random.split(jax.random.fold_in(key, steps))
    first = process.reset(for_reset)
    action, _ = choose(for_action, start[first], 0)
    begin = (start, jnp.zeros(start.shape, jnp.int32), first, action)
    (Q, visits, _, _), (rewards, ended) = jax.lax.scan(one, begin, jnp.arange(steps))
    return TableRun(Q, visits, rewards, ended)
