"""Walking through a world: what was seen, done and paid on the way."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, ScalarLike

from dl_lib.validation import require_axes, whole_number

__all__ = ["Trajectory", "discounted_returns", "rollout"]


class Trajectory(NamedTuple):
    """One walk of T steps, τ = (s_0, a_0, r_1, s_1, a_1, r_2, …).

    Args
        states: s_0 … s_T, (T + 1, ...)
        actions: a_0 … a_(T−1), (T,)
        rewards: r_1 … r_T, (T,); 0 after the end
        running: whether the episode was still on when the action was taken, (T,)
        ended: whether it has ended in a terminal state, not for want of steps
    Chapter
        rl/value_iteration
    """

    states: Array
    actions: Int[Array, "time"]
    rewards: Float[Array, "time"]
    running: Bool[Array, "time"]
    ended: Bool[Array, ""]


def rollout(
    process: Any,
    policy: Float[Array, "states actions"] | Callable[[Array, Array], Array],
    key: Key[Array, ""],
    steps: int,
) -> Trajectory:
    """Walk by a policy, until the episode ends or the steps are used up.

    Equation
        a_t ~ π(· | s_t),  (s_(t+1), r_(t+1)) ~ T(· | s_t, a_t)
    Args
        process: anything with reset(key) and step(key, state, action)
        policy: π(a | s), (states, actions), or a function of a key and a state that gives an action
        key: random key
        steps: T, the length of what is returned; after the end of the episode nothing moves
    Returns
        the walk; `jax.vmap` over keys makes many
    Raises
        ValueError: if there is not at least one step
    Source
        Sutton & Barto 2018, section 3.1.
    Chapter
        rl/value_iteration
    """
    act = policy if callable(policy) else _by_table(policy)
    first, others = jax.random.split(key)

    def one(carry, key):
        state, running = carry
        choice, luck = jax.random.split(key)
        action = act(choice, state)
        after, reward, ended = process.step(luck, state, action)
        after = jnp.where(running, after, state)
        seen = (state, action, jnp.where(running, reward, 0), running)
        return (after, running & ~ended), seen

    begin = (process.reset(first), jnp.asarray(True))
    keys = jax.random.split(others, whole_number("steps", steps))
    (last, running), (states, *others) = jax.lax.scan(one, begin, keys)
    return Trajectory(jnp.concatenate([states, last[None]]), *others, ~running)


def _by_table(policy):
    require_axes("policy", policy, "states, actions")
    return lambda key, state: jax.random.categorical(key, jnp.log(policy[state]))


def discounted_returns(
    rewards: Float[Array, "... time"], discount: ScalarLike
) -> Float[Array, "... time"]:
    """What is still to be had at each step, what comes later counting less.

    Equation
        G_t = r_(t+1) + γ G_(t+1) = Σ_k γᵏ r_(t+k+1),  |G_t| ≤ max |r| / (1 − γ)
    Args
        rewards: r_1 … r_T, (..., time)
        discount: γ, from 0 to 1
    Returns
        G_0 … G_(T−1), (..., time); nothing comes after the last reward
    Raises
        ValueError: if the rewards have no time axis
    Source
        Sutton & Barto 2018, equation 3.9.
    Chapter
        rl/value_iteration
    """
    require_axes("rewards", rewards, "..., time")

    def back(later, reward):
        now = reward + discount * later
        return now, now

    nothing = jnp.zeros_like(rewards[..., 0])
    _, returns = jax.lax.scan(back, nothing, jnp.moveaxis(rewards, -1, 0), reverse=True)
    return jnp.moveaxis(returns, 0, -1)
