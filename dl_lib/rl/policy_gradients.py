"""The slope of what a policy earns, by its logits: exact, and as a loss for what was walked."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, ScalarLike

from dl_lib.functional import softmax
from dl_lib.functional.numerics import in_float32
from dl_lib.losses import cross_entropy, reduce
from dl_lib.rl.planning import action_values, evaluate_policy
from dl_lib.rl.process import MarkovDecisionProcess
from dl_lib.validation import require_same_shape

__all__ = ["discounted_visits", "exact_policy_gradient", "policy_gradient_loss"]


def discounted_visits(
    process: MarkovDecisionProcess, policy: Float[Array, "states actions"], discount: ScalarLike
) -> Float[Array, "states"]:
    """How often each state is acted in, later visits counting less.

    Equation
        d(s) = Σ_t γᵗ P(s_t = s),  so  (I − γ P_πᵀ) d = start;  0 where an episode has ended
    Args
        process: the world
        policy: π(a | s), (states, actions)
        discount: γ, from 0 to 1; with 1, the policy must end its episodes for sure
    Returns
        d, (states,); without terminal states it sums to 1 / (1 − γ)
    Raises
        ValueError: if the policy does not fit the process
    Source
        Sutton, McAllester, Singh & Mansour 2000, the weights of theorem 1.
    Chapter
        rl/policy_gradient
    """
    require_same_shape("policy", policy, "rewards", process.rewards[..., 0])
    acts = ~process.terminal
    P = jnp.einsum("sa,sat->st", policy, process.transitions) * acts[:, None] * acts
    start = process.start * acts
    return jnp.linalg.solve(jnp.eye(len(start), dtype=P.dtype) - discount * P.T, start)


def exact_policy_gradient(
    process: MarkovDecisionProcess, logits: Float[Array, "states actions"], discount: ScalarLike
) -> Float[Array, "states actions"]:
    """The gradient of the expected discounted return by a table of logits, without a single walk.

    Equation
        ∂J / ∂θ(s, a) = d(s) π(a | s) (Q(s, a) − V(s)),  π = softmax(θ),  J = Σ_s start(s) V(s)
    Args
        process: the world
        logits: θ, (states, actions)
        discount: γ, from 0 to 1
    Returns
        (states, actions)
    Raises
        ValueError: if the logits do not fit the process, or γ is outside of 0 to 1
    Source
        Sutton, McAllester, Singh & Mansour 2000, theorem 1, for a softmax in each state.
    Chapter
        rl/policy_gradient
    """
    policy = softmax(logits)
    values = evaluate_policy(process, policy, discount)
    advantages = action_values(process, values, discount) - values[:, None]
    return discounted_visits(process, policy, discount)[:, None] * policy * advantages


@in_float32
def policy_gradient_loss(
    logits: Float[Array, "... actions"],
    actions: Int[Array, "..."],
    advantages: Float[Array, "..."],
    reduction: str = "mean",
) -> Float[Array, "..."]:
    """A loss whose gradient by the logits is the policy gradient of what was walked.

    Its value means nothing: it does not fall as the policy gets better.

    Equation
        ℓ = −A log π(a | s),  π = softmax(logits);  A counts as a constant
    Args
        logits: those of the states that were seen, (..., actions)
        actions: a, what was done there, (...)
        advantages: A, what it was good for: a return, with or without a baseline, (...)
        reduction: "mean", "sum" or "none"
    Returns
        scalar, or (...) for "none"
    Raises
        ValueError: if the shapes do not fit
    Source
        Williams 1992, REINFORCE.
    Chapter
        rl/policy_gradient
    """
    require_same_shape("actions", actions, "advantages", advantages)
    require_same_shape("actions", actions, "logits without actions", logits[..., 0])
    surprise = cross_entropy(logits, actions, reduction="none")
    return reduce(jax.lax.stop_gradient(advantages) * surprise, reduction)
