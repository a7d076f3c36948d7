"""The judge of drawn digits of 8×8 pixels: one for all pages that draw them.

Pixels go from −1 to 1. The first LEARNED digits are for learning, the next 250 for choosing rates,
the last 250 for judging. A network that knows the learned ones says what each drawn one is.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from benchmarks.experiments._digit_network import LEARNED, fitted, pictures, scores, started
from dl_lib import optim
from dl_lib.losses import cross_entropy
from dl_lib.metrics import energy_distance, nearest_distance

__all__ = [
    "LEARNED",
    "SURE",
    "drawn_from_normal",
    "judged",
    "noisy_copies",
    "normal_like",
    "parts",
    "said",
    "verdict",
]

CHOSEN, STEPS, SURE = 250, 600, 0.9


@functools.cache
def parts() -> tuple[list[Float[Array, "n 64"]], list[Int[Array, " n"]]]:
    """Digits to learn, to choose by and to judge by, and their classes."""
    X, y = pictures()
    cuts = [LEARNED, LEARNED + CHOSEN]
    return [jnp.asarray(x) for x in np.split(X, cuts)], [jnp.asarray(x) for x in np.split(y, cuts)]


@functools.cache
def _expert() -> PyTree:
    (X, *_), (y, *_) = parts()
    return _trained(X, y)


@jax.jit
def _trained(X, y) -> PyTree:
    def loss(network, key):
        rows = jax.random.randint(key, (128,), 0, LEARNED)
        return cross_entropy(scores(network, X[rows]), y[rows])

    first, rest = jax.random.split(jax.random.key(0))
    rule = optim.adam(optim.cosine_schedule(0.01, STEPS))
    return fitted(loss, started(first), rule, jax.random.split(rest, STEPS))


def said(samples: Float[Array, "samples 64"]) -> Float[Array, "samples 10"]:
    """Probabilities of the ten digits, as the network has them."""
    return jax.nn.softmax(scores(_expert(), samples))


def judged(samples: Float[Array, "samples 64"]) -> dict[str, float]:
    """The verdict on drawn digits."""
    return verdict(samples, parts()[0], said(samples))


def verdict(
    samples: Float[Array, "samples pixels"],
    real: Sequence[Float[Array, "n pixels"]],
    probabilities: Float[Array, "samples classes"],
) -> dict[str, float]:
    """What there is to say of drawn pictures; of all but `tuned` real ones are the best to beat.

    `real` are those to learn, to choose by and to judge by. `tuned` and `energy` are energy
    distances to those that choose and to those that judge, `near` is the median distance to the
    nearest learned one and `copied` the share within 1 of one, `sure` the share of which the
    network is sure by nine in ten, `entropy` that of the classes among all (log 10 at best), and
    `fewest` the share of the rarest class.
    """
    learned, chosen, others = real
    nearest = nearest_distance(samples, learned)
    classes = jnp.mean(probabilities, axis=0)
    found = {
        "tuned": energy_distance(samples, chosen),
        "energy": energy_distance(samples, others),
        "near": jnp.median(nearest),
        "copied": jnp.mean(nearest < 1),
        "sure": jnp.mean(jnp.max(probabilities, axis=1) > SURE),
        "entropy": -jnp.sum(classes * jnp.log(classes + 1e-12)),
        "fewest": jnp.min(classes),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def drawn_from_normal(count: int, seed: int) -> Float[Array, "count 64"]:
    """A baseline: a normal law with the mean and the covariance of the learned digits."""
    return normal_like(parts()[0][0], count, seed)


def normal_like(X: Float[Array, "n pixels"], count: int, seed: int) -> Float[Array, "count pixels"]:
    """Draws of the normal law with the mean and the covariance of some pictures."""
    X, rng = np.asarray(X, float), np.random.default_rng(seed)
    drawn = rng.multivariate_normal(X.mean(axis=0), np.cov(X.T, bias=True), count, method="eigh")
    return jnp.asarray(drawn.clip(-1, 1), jnp.float32)


def noisy_copies(count: int, seed: int, noise: float = 0.1) -> Float[Array, "count 64"]:
    """A baseline: learned digits again, with a little noise."""
    X, rng = np.asarray(parts()[0][0]), np.random.default_rng(seed)
    copies = X[rng.integers(0, len(X), count)]
    noisy = copies + noise * rng.standard_normal(copies.shape)
    return jnp.asarray(noisy.clip(-1, 1), jnp.float32)
