"""A world of few states, written down: where each action leads, and what it pays."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, ScalarLike

from dl_lib.core import Module, buffer
from dl_lib.validation import require_axes, require_distribution, whole_number

__all__ = ["MarkovDecisionProcess", "random_process"]


class MarkovDecisionProcess(Module):
    """States, actions, where they lead and what they pay.

    Only the present state counts for what comes next, not the way there. A terminal state ends an
    episode: whatever is given for it, it leads to itself and pays nothing.

    Equation
        P(s_t = s' | s_tm1 = s, a_tm1 = a) = T[s, a, s'],  r_t = r[s, a, s'],  s_0 ~ start
    Args
        transitions: T, probabilities that sum to 1 over the last axis, (states, actions, states)
        rewards: r, (states, actions, states), or (states, actions) where s' does not matter
        terminal: which states end an episode, (states,); None for none
        start: probabilities of the first state, (states,); None for state 0
    Returns
        a module; process.reset(key) is a first state, process.step(key, state, action) what follows
    Raises
        ValueError: if shapes do not fit or known probabilities do not sum to 1
    Source
        Sutton & Barto 2018, section 3.1; Puterman 1994, section 2.1.
    Chapter
        rl/value_iteration
    """

    transitions: Float[Array, "states actions states"] = buffer()
    rewards: Float[Array, "states actions states"] = buffer()
    terminal: Bool[Array, "states"] = buffer()
    start: Float[Array, "states"] = buffer()

    def __init__(
        self,
        transitions: Float[Array, "states actions states"],
        rewards: Float[Array, "states actions states"] | Float[Array, "states actions"],
        terminal: Bool[Array, "states"] | None = None,
        start: Float[Array, "states"] | None = None,
    ):
        require_axes("transitions", transitions, "states, actions, states")
        states, actions, others = transitions.shape
        if states != others or rewards.shape not in ((states, actions), transitions.shape):
            raise ValueError(
                "expected transitions (states, actions, states) and rewards of that shape or "
                f"(states, actions), got {transitions.shape} and {rewards.shape}"
            )
        require_distribution("transitions", transitions)
        terminal = jnp.zeros(states, bool) if terminal is None else jnp.asarray(terminal)
        start = jnp.zeros(states).at[0].set(1) if start is None else jnp.asarray(start)
        if terminal.shape != (states,) or start.shape != (states,):
            raise ValueError(
                f"expected terminal and start of shape ({states},), "
                f"got {terminal.shape} and {start.shape}"
            )
        require_distribution("start", start)
        ends = terminal[:, None, None]
        dtype = jnp.result_type(transitions, rewards)
        stays = jnp.eye(states, dtype=dtype)[:, None, :]
        rewards = rewards if rewards.ndim == 3 else rewards[:, :, None]
        self.transitions = jnp.where(ends, stays, transitions)
        rewards = jnp.where(ends, 0, rewards).astype(dtype)
        self.rewards = jnp.broadcast_to(rewards, transitions.shape)
        self.terminal, self.start = terminal, start.astype(dtype)

    @property
    def expected_rewards(self) -> Float[Array, "states actions"]:
        """What each action pays on average.

        Equation
            r(s, a) = Σ_s' T[s, a, s'] r[s, a, s']
        Returns
            (states, actions)
        """
        return jnp.sum(self.transitions * self.rewards, axis=-1)

    def reset(self, key: Key[Array, ""]) -> Int[Array, ""]:
        """Draw the first state of an episode.

        Args
            key: random key
        Returns
            a state's number
        """
        return _draw(key, jnp.cumsum(self.start))

    def step(
        self, key: Key[Array, ""], state: Int[Array, ""], action: Int[Array, ""]
    ) -> tuple[Int[Array, ""], Float[Array, ""], Bool[Array, ""]]:
        """Do one action.

        Args
            key: random key
            state: where we are
            action: what we do
        Returns
            the next state, the reward, and whether the episode has ended there
        """
        cumulated = jnp.cumsum(self.transitions, axis=-1)  # once, not once a step: it leaves a loop
        after = _draw(key, cumulated[state, action])
        return after, self.rewards[state, action, after], self.terminal[after]


def _draw(key, cumulated):
    """The first number whose cumulated probability exceeds a uniform one."""
    chance = jax.random.uniform(key, dtype=cumulated.dtype) * cumulated[-1]
    return jnp.argmax(cumulated > chance)


def random_process(
    key: Key[Array, ""], states: int, actions: int, spread: ScalarLike = 1.0
) -> MarkovDecisionProcess:
    """A world without any order, to try algorithms on.

    Equation
        T[s, a] ~ Dirichlet(spread, …, spread),  r[s, a] ~ U(0, 1)
    Args
        key: random key
        states: how many
        actions: how many in each state
        spread: 1 makes all rows equally likely; near 0, an action leads to one state almost surely
    Returns
        a process without terminal states, which starts anywhere
    Raises
        ValueError: if there is not at least one state and one action
    Source
        Archibald, McKinnon & Thomas 1995. Differs: every state can follow every other.
    Chapter
        rl/value_iteration
    """
    states, actions = whole_number("states", states), whole_number("actions", actions)
    where, pay = jax.random.split(key)
    transitions = jax.random.dirichlet(where, jnp.full(states, spread), (states, actions))
    rewards = jax.random.uniform(pay, (states, actions))
    return MarkovDecisionProcess(transitions, rewards, start=jnp.full(states, 1 / states))
