"""Ways to draw digits of 8×8 pixels in one pass: how each starts, learns and draws.

A way is a `Way`: `start(key)` makes what is learned, `loss(net, X, key)` draws its batch from the
digits X, and `draw(net, key, passes)` gives DRAWN digits, in so many passes of the network if there
is a choice. A GAN has no one loss: `played` trains its two networks.
"""

import functools
import itertools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from benchmarks.experiments._digit_judge import parts
from benchmarks.experiments._digit_network import he_layers
from dl_lib.functional import (
    evidence_lower_bound,
    leaky_relu,
    reparameterize,
    swish,
)
from dl_lib.layers import ActNorm, AffineCoupling, InvertibleLinear, NormalizingFlow
from dl_lib.losses import discriminator_loss, generator_loss
from dl_lib.optim import Optimizer

__all__ = [
    "BATCH",
    "CODES",
    "DRAWN",
    "ONE_PASS",
    "Way",
    "dense",
    "played",
    "some",
    "vae_codes",
    "vae_decoded",
    "wide",
]

BATCH, DRAWN, CODES = 64, 500, 16


class Way(NamedTuple):
    """One way to draw; `steps` take about three CPU seconds, as measured together."""

    steps: int
    start: Callable[[Array], PyTree]
    loss: Callable[[PyTree, Array, Array], Array] | None
    draw: Callable[[PyTree, Array, int], Float[Array, "drawn 64"]]


def dense(layers: PyTree, h: Array, activation: Callable = swish) -> Array:
    """What dense layers make of h, with an activation between them."""
    for W, b in layers[:-1]:
        h = activation(h @ W + b)
    W, b = layers[-1]
    return h @ W + b


def wide(key: Array, *widths: int) -> PyTree:
    """Dense layers between these widths."""
    return he_layers(key, list(itertools.pairwise(widths)))


def some(X: Array, key: Array) -> Array:
    """A batch."""
    return X[jax.random.randint(key, (BATCH,), 0, len(X))]


# A variational autoencoder: sixteen codes, and the variance of a pixel is learned.
def _vae_start(key):
    first, second = jax.random.split(key)
    encoder, decoder = wide(first, 64, 184, 184, 2 * CODES), wide(second, CODES, 184, 184, 64)
    return encoder, decoder, jnp.log(0.1)


def vae_codes(network: PyTree, X: Array, key: Array) -> tuple[Array, Array, Array]:
    """Mean, logarithm of the scale, and a draw of the codes of X."""
    loc, log_scale = jnp.split(dense(network[0], X), 2, axis=1)
    return loc, log_scale, reparameterize(loc, log_scale, key)


def vae_decoded(network: PyTree, codes: Array) -> Float[Array, "drawn 64"]:
    """Pictures of these codes."""
    return jnp.clip(dense(network[1], codes), -1, 1)


def _vae_loss(network, X, key):
    which, noise = jax.random.split(key)
    x = some(X, which)
    loc, log_scale, codes = vae_codes(network, x, noise)
    variance = jnp.exp(network[2])
    return -jnp.mean(evidence_lower_bound(x, dense(network[1], codes), variance, loc, log_scale))


def _vae_draw(network, key, passes):
    return vae_decoded(network, jax.random.normal(key, (DRAWN, CODES)))


# Two players, whose activations leak.
def _gan_start(key):
    first, second = jax.random.split(key)
    return wide(first, CODES, 190, 190, 64), wide(second, 64, 190, 190, 1)


def _generated(generator, codes):
    return jnp.tanh(dense(generator, codes))


def _told(discriminator, x):
    return dense(discriminator, x, functools.partial(leaky_relu, slope=0.2))


def played(players: PyTree, X: Array, rule: Optimizer, keys: Array) -> PyTree:
    """Both players after a step of each for every key: first who tells, then who generates."""

    def step(carry, key):
        (generator, discriminator), (its_state, other_state) = carry
        which, noise, other_noise = jax.random.split(key, 3)
        real = some(X, which)
        fake = _generated(generator, jax.random.normal(noise, (BATCH, CODES)))

        def of_discriminator(network):
            return discriminator_loss(_told(network, real), _told(network, fake))

        slope = jax.grad(of_discriminator)(discriminator)
        updates, other_state = rule.update(slope, other_state, discriminator)
        discriminator = jax.tree.map(jnp.add, discriminator, updates)
        codes = jax.random.normal(other_noise, (BATCH, CODES))

        def of_generator(network):
            return generator_loss(_told(discriminator, _generated(network, codes)))

        updates, its_state = rule.update(jax.grad(of_generator)(generator), its_state, generator)
        generator = jax.tree.map(jnp.add, generator, updates)
        return ((generator, discriminator), (its_state, other_state)), None

    return jax.lax.scan(step, (players, tuple(map(rule.init, players))), keys)[0][0]


def _gan_draw(players, key, passes):
    return _generated(players[0], jax.random.normal(key, (DRAWN, CODES)))


# A flow of four rounds, of whole numbers from 0 to 16 with an even number added.
def _spread(x, key):
    return jnp.round((x + 1) * 8) + jax.random.uniform(key, x.shape)


def _flow_start(key):
    layers = []
    for one in jax.random.split(key, 4):
        first, second = jax.random.split(one)
        layers += [
            ActNorm(64),
            InvertibleLinear(64, key=first),
            AffineCoupling(64, 104, key=second),
        ]
    return NormalizingFlow(*layers, ActNorm(64)).fitted(_spread(parts()[0][0], key))


def _flow_loss(flow, X, key):
    which, added = jax.random.split(key)
    return -jnp.mean(flow.log_prob(_spread(some(X, which), added)))


def _flow_draw(flow, key, passes):
    return jnp.floor(jnp.clip(flow.sample(key, (DRAWN, 64)), 0, 16)) / 8 - 1


ONE_PASS = {
    "vae": Way(3_600, _vae_start, _vae_loss, _vae_draw),
    "gan": Way(2_300, _gan_start, None, _gan_draw),
    "flow": Way(2_500, _flow_start, _flow_loss, _flow_draw),
}
