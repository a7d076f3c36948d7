"""How fast a pole is learned to be balanced, by what each push is given credit for.

A network with 32 tanh units decides on pushes of CartPole, in 16 episodes at a time of at most 200
steps; after each 16 it is moved by Adam along the policy gradient. A push is credited with the
discounted return of its whole episode ("total"), with what was still to come ("to go"), with the
total less its mean over the 16 ("total, centered") plus a constant ("+20", "+60"), or with what was
still to come less its mean over the episodes that were on at that step ("to go, centered").
`all_` is the mean length of all episodes of 40 updates, `last_` that of the last five, one for
each rate. Rates are tuned with the seeds 0 to 4.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from dl_lib import optim
from dl_lib.rl import CartPole, discounted_returns, policy_gradient_loss

__all__ = ["CREDITS", "RATES", "RUNS", "measure"]

EPISODES, STEPS, UPDATES, DISCOUNT = 16, 200, 40, 0.99
UNITS = jnp.array([1.0, 1.0, 10.0, 2.0])  # makes the four numbers of a state alike in size
RATES = tuple(round(0.003 * 2**k, 4) for k in range(9))
CREDITS = {
    "total": lambda G, on: jnp.broadcast_to(G[:1], G.shape),
    "to go": lambda G, on: G,
    "total, centered": lambda G, on: jnp.broadcast_to(G[:1] - G[0].mean(), G.shape),
    "total, centered, +20": lambda G, on: jnp.broadcast_to(G[:1] - G[0].mean() + 20, G.shape),
    "total, centered, +60": lambda G, on: jnp.broadcast_to(G[:1] - G[0].mean() + 60, G.shape),
    "to go, centered": lambda G, on: (
        G - (G * on).sum(1, keepdims=True) / jnp.maximum(on.sum(1, keepdims=True), 1)
    ),
}
RUNS = [{"credit": credit, "seed": seed} for credit in CREDITS for seed in range(15)]


def started(key: Array) -> PyTree:
    """A network that pushes left and right alike."""
    first, last = jax.random.split(key)
    W, V = jax.random.normal(first, (4, 32)) / 2, jax.random.normal(last, (32, 2)) / 100
    return [(W, jnp.zeros(32)), (V, jnp.zeros(2))]


def logits(network: PyTree, states: Float[Array, "... 4"]) -> Float[Array, "... 2"]:
    """What it makes of states."""
    (W, a), (V, c) = network
    return jnp.tanh(states * UNITS @ W + a) @ V + c


def _played(network, key):
    begin, luck = jax.random.split(key)
    cart = CartPole()
    states = jax.vmap(cart.reset)(jax.random.split(begin, EPISODES))
    noise = jax.random.gumbel(luck, (STEPS, EPISODES, 2))

    def one(carry, noise):
        states, on = carry
        pushes = jnp.argmax(logits(network, states) + noise, axis=-1)
        after, _, ended = jax.vmap(cart.step, (None, 0, 0))(None, states, pushes)
        return (after, on & ~ended), (states, pushes, on)

    return jax.lax.scan(one, (states, jnp.ones(EPISODES, bool)), noise)[1]


@functools.partial(jax.jit, static_argnames="credit")
def _learned(seed, rate, credit):
    start, luck = jax.random.split(jax.random.key(seed))
    rule, network = optim.adam(rate), started(start)

    def update(carry, key):
        network, memory = carry
        states, pushes, on = _played(network, key)
        returns = discounted_returns(on.T * 1.0, DISCOUNT).T
        credits = CREDITS[credit](returns, on)

        def loss(network):
            each = policy_gradient_loss(logits(network, states), pushes, credits, "none")
            return (each * on).sum() / EPISODES

        change, memory = rule.update(jax.grad(loss)(network), memory)
        return (optim.apply_updates(network, change), memory), on.sum() / EPISODES

    keys = jax.random.split(luck, UPDATES)
    return jax.lax.scan(update, (network, rule.init(network)), keys)[1]


def measure(credit: str, seed: int) -> dict[str, float]:
    """Learn with every rate."""
    lengths = jax.vmap(_learned, (None, 0, None))(seed, jnp.array(RATES), credit)
    found = {}
    for rate, line in zip(RATES, lengths, strict=True):
        found[f"all_{rate}"] = round(float(line.mean()), 1)
        found[f"last_{rate}"] = round(float(line[-5:].mean()), 1)
    return found
