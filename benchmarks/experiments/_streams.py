"""What experiments that train in one scan share: the steps, and texts read with a state carried."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from dl_lib.functional import one_hot
from dl_lib.losses import cross_entropy
from dl_lib.optim import adam, apply_updates, chain, clip_by_global_norm, cosine_schedule

__all__ = ["at_start", "perplexity", "streams", "surprise", "trained"]


def _clipped_adam(schedule):
    return chain(clip_by_global_norm(1.0), adam(schedule))


def trained(
    loss: Callable,
    model: PyTree,
    batches: PyTree,
    rate: Float[Array, ""] | float,
    states: PyTree = (),
    rule: Callable = _clipped_adam,
) -> Any:
    """Take a step for each batch; the rate falls to zero along half a cosine.

    `loss(model, batch, states)` returns what is to fall and the states for the next batch.
    """
    steps = len(jax.tree.leaves(batches)[0])
    optimizer = rule(cosine_schedule(1.0, steps))

    def advance(carry, batch):
        model, states, memory = carry
        slopes, states = jax.grad(loss, has_aux=True)(model, batch, states)
        updates, memory = optimizer.update(slopes, memory, model)
        updates = jax.tree.map(lambda u: rate * u, updates)
        return (apply_updates(model, updates), states, memory), None

    return jax.lax.scan(advance, (model, states, optimizer.init(model)), batches)[0][0]


def streams(
    letters: Int[np.ndarray, "time"], number: int, length: int
) -> Int[Array, "windows two streams length"]:
    """Return the text in so many streams, in windows: letters, and the letters after them."""
    count = (len(letters) - 1) // (number * length)
    pairs = np.stack([letters[:-1], letters[1:]])[:, : number * count * length]
    return jnp.asarray(pairs.reshape(2, number, count, length).transpose(2, 0, 1, 3))


def surprise(model: tuple, pair: Int[Array, "two streams length"], states: tuple) -> tuple:
    """Return the mean surprise at a window, and the states behind it."""
    recurrent, output = model
    outputs, states = recurrent.run(one_hot(pair[0], output.weight.shape[1]), states)
    return cross_entropy(output(outputs), pair[1]), states


def at_start(model: tuple, windows: Int[Array, "windows two streams length"]) -> tuple:
    """Return the states before the first window."""
    return tuple(cell.initial(windows.shape[2]) for cell in model[0].cells)


@jax.jit
def perplexity(model: tuple, judged: Int[Array, "windows two streams length"]) -> Array:
    """Return exp of the mean surprise at all windows, read one after another."""

    def further(states, pair):
        return surprise(model, pair, states)[::-1]

    return jnp.exp(jax.lax.scan(further, at_start(model, judged), judged)[1].mean())
