"""The best that can be done where the world is written down."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.rl.process import MarkovDecisionProcess
from dl_lib.validation import require_distribution, require_unit_interval

__all__ = [
    "action_values",
    "bellman_update",
    "evaluate_policy",
    "greedy_policy",
    "policy_iteration",
    "value_iteration",
]


def action_values(
    process: MarkovDecisionProcess, values: Float[Array, "states"], discount: ScalarLike
) -> Float[Array, "states actions"]:
    """What an action is worth, if what comes after it is worth `values`.

    Equation
        Q(s, a) = Σ_s' T[s, a, s'] (r[s, a, s'] + γ V(s')),  V(s') = 0 where an episode ends
    Args
        process: the world
        values: V, (states,)
        discount: γ, from 0 to 1
    Returns
        Q, (states, actions)
    Raises
        ValueError: if there is not one value a state, or γ is outside of 0 to 1
    Source
        Sutton & Barto 2018, equation 4.6.
    Chapter
        rl/value_iteration
    """
    if values.shape != process.terminal.shape:
        raise ValueError(f"expected values of shape {process.terminal.shape}, got {values.shape}")
    require_unit_interval("discount", discount)
    later = jnp.where(process.terminal, 0, values)
    return process.expected_rewards + discount * process.transitions @ later


def bellman_update(
    process: MarkovDecisionProcess, values: Float[Array, "states"], discount: ScalarLike
) -> Float[Array, "states"]:
    """One sweep of value iteration; the values that it leaves as they are, are the best possible.

    Equation
        V(s) ← max_a Σ_s' T[s, a, s'] (r[s, a, s'] + γ V(s'))
    Args
        process: the world
        values: V, (states,)
        discount: γ, from 0 to 1
    Returns
        (states,)
    Raises
        ValueError: if there is not one value a state, or γ is outside of 0 to 1
    Source
        Bellman 1957; Sutton & Barto 2018, equation 4.10.
    Chapter
        rl/value_iteration
    """
    return jnp.max(action_values(process, values, discount), axis=-1)


def evaluate_policy(
    process: MarkovDecisionProcess, policy: Float[Array, "states actions"], discount: ScalarLike
) -> Float[Array, "states"]:
    """What the states are worth to somebody who acts by a policy.

    Equation
        V = r_π + γ P_π V,  so  (I − γ P_π) V = r_π
    Args
        process: the world
        policy: π(a | s), (states, actions)
        discount: γ, from 0 to 1; with 1, the policy must end its episodes for sure
    Returns
        V, (states,)
    Raises
        ValueError: if the policy does not fit the process or is no distribution in some state
    Source
        Sutton & Barto 2018, equation 4.4.
    Chapter
        rl/value_iteration
    """
    _require_policy(process, policy)
    require_unit_interval("discount", discount)
    goes_on = jnp.where(process.terminal, 0, process.transitions)  # nothing comes after an end
    P = jnp.einsum("sa,sat->st", policy, goes_on)
    r = jnp.sum(policy * process.expected_rewards, axis=-1)
    return jnp.linalg.solve(jnp.eye(len(r), dtype=P.dtype) - discount * P, r)


def greedy_policy(
    values: Float[Array, "states actions"], tolerance: ScalarLike = 1e-5
) -> Float[Array, "states actions"]:
    """Take the action that is worth most; of those that are worth as much, the first.

    Rounding makes equal values differ in their last digits, hence the tolerance: without it, which
    of them is taken can change with the machine.

    Equation
        π(a | s) = 1 where a is the first with Q(s, a) ≥ max_b Q(s, b) − tolerance
    Args
        values: Q, (states, actions)
        tolerance: the difference up to which two values count as the same
    Returns
        zeros and a one in each row, (states, actions); its argmax over the last axis is the action
    Source
        Sutton & Barto 2018, equation 4.9.
    Chapter
        rl/value_iteration
    """
    best = jnp.max(values, axis=-1, keepdims=True)
    first = jnp.argmax(values >= best - tolerance, axis=-1)
    return jax.nn.one_hot(first, values.shape[-1], dtype=values.dtype)


def value_iteration(
    process: MarkovDecisionProcess,
    discount: ScalarLike,
    tolerance: ScalarLike = 1e-6,
    most_sweeps: int = 10_000,
) -> tuple[Float[Array, "states"], Int[Array, ""]]:
    """The best values there are, by sweeps that begin with zero.

    Equation
        V_(k+1)(s) = max_a Σ_s' T[s, a, s'] (r[s, a, s'] + γ V_k(s')),
        until max |V_(k+1) − V_k| ≤ tolerance;  then max |V_(k+1) − V*| ≤ tolerance γ / (1 − γ)
    Args
        process: the world
        discount: γ, from 0 to 1
        tolerance: the change at which it stops
        most_sweeps: the number of sweeps at which it stops, too
    Returns
        V*, (states,), and the number of sweeps
    Raises
        ValueError: if γ is outside of 0 to 1
    Source
        Bellman 1957; Sutton & Barto 2018, section 4.4.
    Chapter
        rl/value_iteration
    """

    def goes_on(state):
        _, change, sweeps = state
        return (change > tolerance) & (sweeps < most_sweeps)

    def sweep(state):
        values, _, sweeps = state
        new = bellman_update(process, values, discount)
        return new, jnp.max(jnp.abs(new - values)), sweeps + 1

    start = jnp.zeros_like(process.rewards[:, 0, 0])
    begin = (start, jnp.asarray(jnp.inf, start.dtype), jnp.asarray(0))
    values, _, sweeps = jax.lax.while_loop(goes_on, sweep, begin)
    return values, sweeps


def policy_iteration(
    process: MarkovDecisionProcess,
    discount: ScalarLike,
    tolerance: ScalarLike = 1e-5,
    most_rounds: int = 1000,
) -> tuple[Float[Array, "states actions"], Float[Array, "states"], Int[Array, ""]]:
    """The best policy there is: evaluate one, be greedy about its values, and again.

    It begins with a policy that takes all actions equally often. An action is changed only for one
    that is worth more by the tolerance, so that ties cannot keep it going.

    Equation
        V = V^π,  π(s) ← argmax_a Σ_s' T[s, a, s'] (r[s, a, s'] + γ V(s')),  until π stays
    Args
        process: the world
        discount: γ, from 0 to 1; with 1, every policy met must end its episodes for sure
        tolerance: the gain in value for which an action is changed
        most_rounds: the number of evaluations at which it stops, too
    Returns
        a best policy, (states, actions), its values, (states,), and the number of evaluations
    Raises
        ValueError: if γ is outside of 0 to 1
    Source
        Howard 1960; Sutton & Barto 2018, section 4.3.
    Chapter
        rl/value_iteration
    """
    everything = jnp.full_like(process.rewards[..., 0], 1 / process.rewards.shape[1])

    def improve(state):
        policy, _, _, rounds = state
        values = evaluate_policy(process, policy, discount)
        Q = action_values(process, values, discount)
        gains = jnp.max(Q, axis=-1) > jnp.sum(policy * Q, axis=-1) + tolerance
        undecided = jnp.max(policy, axis=-1) < 1
        new = jnp.where((gains | undecided)[:, None], greedy_policy(Q, tolerance), policy)
        return new, values, jnp.all(new == policy), rounds + 1

    begin = (everything, everything[:, 0], jnp.asarray(False), jnp.asarray(0))
    policy, values, _, rounds = jax.lax.while_loop(
        lambda state: ~state[2] & (state[3] < most_rounds), improve, begin
    )
    return policy, values, rounds


def _require_policy(process, policy):
    if policy.shape != process.rewards.shape[:2]:
        raise ValueError(
            f"expected a policy of shape (states, actions) = {process.rewards.shape[:2]}, "
            f"got {policy.shape}"
        )
    require_distribution("policy", policy)
