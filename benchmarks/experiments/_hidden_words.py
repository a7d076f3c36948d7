"""Questions that a text answers itself: what is hidden of it, and where it is asked for."""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from benchmarks.experiments._docstring_words import LENGTH, MASK, RESERVED, SIZE
from dl_lib.functional import causal_mask

__all__ = ["hidden"]


def hidden(task: str, key: Array, x: Int[Array, "batch time"]) -> tuple:
    """Return what goes in, at which places something is asked, what is right, and the mask."""
    return _TASKS[task](key, x)


def _masked(key, x):
    places, kind, other, _ = jax.random.split(key, 4)
    at = jax.lax.top_k(jax.random.uniform(places, x.shape), LENGTH // 4)[1]
    wanted = jnp.take_along_axis(x, at, 1)
    u = jax.random.uniform(kind, at.shape)
    drawn = jax.random.randint(other, at.shape, len(RESERVED), SIZE)
    put = jnp.where(u < 0.8, MASK, jnp.where(u < 0.9, drawn, wanted))
    return x.at[jnp.arange(len(x))[:, None], at].set(put), at, wanted, None


def _causal(key, x, shuffled=False):
    if shuffled:
        x = jax.random.permutation(key, x, axis=1, independent=True)
    at = jnp.broadcast_to(jnp.arange(LENGTH - 1), (len(x), LENGTH - 1))
    return x, at, x[:, 1:], causal_mask(LENGTH)


_TASKS = {
    "masked": _masked,
    "causal": _causal,
    "scattered": _causal,
    "shuffled": functools.partial(_causal, shuffled=True),
}
