"""How many steps momentum saves, for batches of two digits up to all 300 of them.

A network with two hidden layers of 32 tanh units learns 300 digits by squared error, as in the
chapters on descent. One run is a batch size, a momentum β and a seed, and tries a whole ladder of
effective rates η/(1 − β): "steps_r" is the number of steps until the loss of all 300 digits is
below TARGET for the first time with the effective rate r, "inf" where STEPS[batch] steps do not
do. Smaller batches are drawn with replacement; the loss is looked at every EVERY[batch] steps.
Seeds below TUNING choose the rate, the others are counted.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.data import digits
from dl_lib.functional import one_hot
from dl_lib.optim import apply_updates, sgd

__all__ = ["LADDER", "RUNS", "TARGET", "TUNING", "measure"]

EXAMPLES, SIZES, TARGET = 300, (64, 32, 32, 10), 0.05
STEPS = {2: 9_600, 8: 4_800, 32: 2_400, 128: 1_200, 300: 900}
EVERY = {2: 40, 8: 20, 32: 10, 128: 4, 300: 2}
LADDER = tuple(2.0 ** (half / 2) for half in range(-9, 8))
TUNING = 3

RUNS = [
    {"batch": batch, "momentum": momentum, "seed": seed}
    for seed in range(10)
    for momentum in (0.0, 0.5, 0.9)
    for batch in STEPS
]


@functools.cache
def _examples():
    images = digits()
    X = images.X.reshape(-1, 64)[:EXAMPLES]
    return (X - X.mean(axis=0)) / X.std(), one_hot(images.y[:EXAMPLES], 10)


def _start(key):
    keys = jax.random.split(key, 3)
    return [
        (jax.random.normal(key, (m, n)) / jnp.sqrt(m), jnp.zeros(n))
        for key, m, n in zip(keys, SIZES[:-1], SIZES[1:], strict=True)
    ]


def _loss(network, X, Y):
    *hidden, (W, b) = network
    for weights, bias in hidden:
        X = jnp.tanh(X @ weights + bias)
    return ((X @ W + b - Y) ** 2).sum(axis=1).mean() / 2


@functools.partial(jax.jit, static_argnums=4)
@functools.partial(jax.vmap, in_axes=(0, None, None, None, None))
def _losses(rate, momentum, seed, examples, batch):
    """The loss of all examples, after every EVERY steps."""
    X, Y = examples
    first, drawn = jax.random.split(jax.random.key(seed))
    network, rule = _start(first), sgd(rate, momentum)

    def step(carry, key):
        network, state = carry
        if batch == EXAMPLES:
            grads = jax.grad(_loss)(network, X, Y)
        else:
            chosen = jax.random.randint(key, (batch,), 0, EXAMPLES)
            grads = jax.grad(_loss)(network, X[chosen], Y[chosen])
        updates, state = rule.update(grads, state)
        return (apply_updates(network, updates), state), None

    def some(carry, key):
        carry, _ = jax.lax.scan(step, carry, jax.random.split(key, EVERY[batch]))
        return carry, _loss(carry[0], X, Y)

    looks = jax.random.split(drawn, STEPS[batch] // EVERY[batch])
    return jax.lax.scan(some, (network, rule.init(network)), looks)[1]


def measure(batch: int, momentum: float, seed: int) -> dict[str, float]:
    """Count the steps to the target for each effective rate of the ladder."""
    rates = (1 - momentum) * jnp.array(LADDER)
    curves = np.asarray(_losses(rates, jnp.asarray(momentum), seed, _examples(), batch))
    below = curves < TARGET
    steps = np.where(below.any(axis=1), (below.argmax(axis=1) + 1.0) * EVERY[batch], np.inf)
    return {f"steps_{rate:.3g}": count for rate, count in zip(LADDER, steps, strict=True)}
