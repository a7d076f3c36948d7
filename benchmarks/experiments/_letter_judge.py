"""The judge of drawn letters of 16×16 pixels, and the letters themselves.

The first LEARNED letters are for learning, the next 500 for choosing rates, the last 500 for
judging. A network that knows the learned ones says what each drawn one is.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from benchmarks.experiments._digit_judge import verdict
from benchmarks.experiments._digit_network import fitted, he_layers
from dl_lib import optim
from dl_lib.data import glyphs
from dl_lib.functional import relu
from dl_lib.losses import cross_entropy

__all__ = ["CHOSEN", "LEARNED", "SIDE", "judged", "parts", "said"]

SIDE, LEARNED, CHOSEN, STEPS = 16, 2_000, 500, 600


@functools.cache
def parts() -> tuple[list[Float[Array, "n 256"]], list[Int[Array, " n"]]]:
    """Letters to learn, to choose by and to judge by, from −1 to 1, and which they are."""
    drawn = glyphs(LEARNED + 2 * CHOSEN, SIDE, noise=0.0, hardness=0.5)
    cuts = [LEARNED, LEARNED + CHOSEN]
    X = 2 * np.asarray(drawn.X).reshape(len(drawn), -1) - 1
    return [jnp.asarray(x) for x in np.split(X, cuts)], [
        jnp.asarray(y) for y in np.split(np.asarray(drawn.y), cuts)
    ]


def _two(layers: PyTree, x: Array) -> Array:
    (W1, b1), (W2, b2) = layers
    return relu(x @ W1 + b1) @ W2 + b2


@functools.cache
def _expert() -> PyTree:
    (X, *_), (y, *_) = parts()

    def loss(network, key):
        rows = jax.random.randint(key, (128,), 0, LEARNED)
        return cross_entropy(_two(network, X[rows]), y[rows])

    first, rest = jax.random.split(jax.random.key(0))
    network = he_layers(first, [(SIDE**2, 128), (128, 10)])
    rule = optim.adam(optim.cosine_schedule(0.003, STEPS))
    return jax.jit(lambda keys: fitted(loss, network, rule, keys))(jax.random.split(rest, STEPS))


def said(samples: Float[Array, "samples 256"]) -> Float[Array, "samples 10"]:
    """Probabilities of the ten letters, as a network has them that knows the learned ones."""
    return jax.nn.softmax(_two(_expert(), samples))


def judged(samples: Float[Array, "samples 256"]) -> dict[str, float]:
    """The verdict on drawn letters."""
    return verdict(samples, parts()[0], said(samples))
