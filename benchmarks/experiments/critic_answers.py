"""What a critic says of two clouds whose distance is known, at other rates and with more steps.

128 points in a heap and 128 on a circle around it; "value" is the critic's answer as a multiple of
the exact earth mover's distance. "limit" holds its slope ("clipped" weights, gradient "penalty" or
"spectral" normalization), "strength" is the bound or λ, and "sorts" says that pairs of units are
sorted where other networks have relu.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.optimize import linear_sum_assignment

from benchmarks.experiments.critic_limits import dense, stretches
from dl_lib import optim
from dl_lib.functional import relu
from dl_lib.losses import wasserstein_critic_loss, wgan_gp_critic_loss

__all__ = ["RUNS", "measure"]

WIDTH = 64


@functools.cache
def clouds() -> tuple[Float[Array, "128 2"], Float[Array, "128 2"], float]:
    """Real and drawn points, and the exact distance between them."""
    rng = np.random.default_rng(0)
    fake = rng.normal(size=(128, 2)) * 0.5
    turn = rng.uniform(0, 2 * np.pi, 128)
    real = 2 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    real = real + 0.1 * rng.normal(size=(128, 2))
    cost = np.linalg.norm(real[:, None] - fake, axis=-1)
    return jnp.float32(real), jnp.float32(fake), cost[linear_sum_assignment(cost)].mean()


def _sorted_pairs(h: Array) -> Array:
    a, b = jnp.split(h, 2, axis=-1)
    return jnp.concatenate([jnp.maximum(a, b), jnp.minimum(a, b)], axis=-1)


@functools.partial(jax.jit, static_argnames=("limit", "depth", "sorts", "steps"))
def _value(key, rate, strength, real, fake, limit, depth, sorts, steps):
    activation = _sorted_pairs if sorts else relu
    rule = optim.adam(optim.cosine_schedule(1.0, steps), 0.5, 0.9)

    def scores(layers, x):
        for W, b in layers[:-1]:
            x = activation(x @ W + b)
        return (x @ layers[-1][0] + layers[-1][1])[:, 0]

    def loss(layers, starts, key):
        if limit == "spectral":
            layers, starts = stretches(layers, starts)
        f = functools.partial(scores, layers)
        if limit != "penalty":
            return wasserstein_critic_loss(f(real), f(fake)), starts
        one, two = jax.random.split(key)
        mix = jax.random.uniform(one, (len(real),))
        partner = jax.random.permutation(two, fake)
        return wgan_gp_critic_loss(f, real, partner, mix, strength), starts

    def step(state, key):
        layers, starts, memory = state
        slope, starts = jax.grad(loss, has_aux=True)(layers, starts, key)
        updates, memory = rule.update(slope, memory, layers)
        layers = jax.tree.map(lambda w, u: w + rate * u, layers, updates)
        if limit == "clipped":
            layers = jax.tree.map(lambda w: jnp.clip(w, -strength, strength), layers)
        return (layers, starts, memory), None

    layers = dense(key, [2, *[WIDTH] * (depth - 1), 1])
    starts = [jnp.ones(len(W)) for W, _ in layers]
    state = layers, starts, rule.init(layers)
    (layers, starts, _), _ = jax.lax.scan(step, state, jax.random.split(key, steps))
    if limit == "spectral":
        layers, _ = stretches(layers, starts)
    return jnp.mean(scores(layers, real)) - jnp.mean(scores(layers, fake))


def measure(limit, strength, depth, sorts, rate, steps, seed) -> dict[str, float]:
    """Fit one critic and compare its answer with the exact distance."""
    real, fake, exact = clouds()
    key = jax.random.key(seed)
    sizes = {"limit": limit, "depth": depth, "sorts": sorts, "steps": steps}
    value = _value(key, rate, strength, real, fake, **sizes)
    return {"value": round(float(value) / exact, 4)}


ARMS = [
    *(("penalty", weight, 3, False) for weight in (0.1, 1.0, 10.0)),
    *(("clipped", bound, 3, False) for bound in (0.03, 0.1, 0.3)),
    *(("spectral", 0.0, depth, sorts) for sorts in (False, True) for depth in (2, 4)),
]
RUNS = [
    {"limit": limit, "strength": strength, "depth": depth, "sorts": sorts}
    | {"rate": rate, "steps": steps, "seed": seed}
    for limit, strength, depth, sorts in ARMS
    for rate, steps in ((0.003, 400), (0.01, 400), (0.03, 400), (0.01, 2_000))
    for seed in range(3)
]
