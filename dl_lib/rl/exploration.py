"""Ways to choose an action that now and then try what does not look best."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, ScalarLike

from dl_lib.validation import require_axes, require_positive, require_unit_interval

__all__ = ["epsilon_greedy", "softmax_policy"]


def epsilon_greedy(
    values: Float[Array, "... actions"], epsilon: ScalarLike
) -> Float[Array, "... actions"]:
    """Take a best action, but with probability ε any action; actions worth the same share.

    Equation
        π(a) = ε / |A| + (1 − ε) [Q(a) = max_b Q(b)] / (number of best actions)
    Args
        values: Q, what each action is worth, (..., actions)
        epsilon: ε, the probability of a choice that does not look at the values
    Returns
        probabilities, (..., actions)
    Raises
        ValueError: if there is no axis of actions, or ε is outside of 0 to 1
    Source
        Sutton & Barto 2018, sections 2.2 and 5.4. Differs: ties share, as in distrax.
    Chapter
        rl/q_learning
    """
    require_axes("values", values, "..., actions")
    require_unit_interval("epsilon", epsilon)
    best = values == jnp.max(values, axis=-1, keepdims=True)
    greedy = best / jnp.sum(best, axis=-1, keepdims=True, dtype=values.dtype)
    return epsilon / values.shape[-1] + (1 - epsilon) * greedy


def softmax_policy(
    values: Float[Array, "... actions"], temperature: ScalarLike
) -> Float[Array, "... actions"]:
    """Take an action the more often, the more it is worth: Boltzmann's law.

    Equation
        π(a) = exp(Q(a) / τ) / Σ_b exp(Q(b) / τ)
    Args
        values: Q, what each action is worth, (..., actions)
        temperature: τ; near 0 only the best action is taken, far above the values all equally
    Returns
        probabilities, (..., actions)
    Raises
        ValueError: if there is no axis of actions, or τ is not positive
    Source
        Sutton & Barto 2018, section 13.1.
    Chapter
        rl/q_learning
    """
    require_axes("values", values, "..., actions")
    require_positive("temperature", temperature)
    return jax.nn.softmax(values / temperature, axis=-1)
