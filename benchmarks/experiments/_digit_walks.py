"""Digits of 8×8 pixels drawn in many passes: by a diffusion, and by the flow that is matched.

Both have one network, which sees a picture under noise and the angle that says how much of it is
noise. What it says is read as the picture or as a velocity.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from benchmarks.experiments._generators import BATCH, DRAWN, Way, dense, some, wide
from dl_lib.functional import (
    clean_from_velocity,
    cosine_noise_schedule,
    noised,
    sample_diffusion,
    sample_flow,
    straight_path,
)

__all__ = ["MANY_PASSES", "STRAIGHT", "arrived"]

LEVELS = 1_000


def _said(network, noisy, angle):
    angles = angle * 2.0 ** jnp.arange(1, 6)
    clock = jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)
    clock = jnp.broadcast_to(clock, (len(noisy), 10))
    return dense(network, jnp.concatenate([noisy, clock], axis=1))


def _denoiser_start(key):
    return wide(key, 74, 192, 192, 192, 64)


def _diffusion_clean(network, noisy, kept, reads):
    said = _said(network, noisy, jnp.arccos(jnp.sqrt(kept)))
    return said if reads == "picture" else clean_from_velocity(noisy, said, kept)


def _diffusion_loss(network, X, key, reads):
    which, when, what = jax.random.split(key, 3)
    clean = some(X, which)
    levels = cosine_noise_schedule(LEVELS)
    kept = levels[jax.random.randint(when, (BATCH, 1), 1, LEVELS + 1)]
    noisy = noised(clean, jax.random.normal(what, clean.shape), kept)
    error = jnp.mean((_diffusion_clean(network, noisy, kept, reads) - clean) ** 2, axis=1)
    weight = 1.0 if reads == "picture" else 1 / (1 - kept[:, 0])
    return jnp.mean(weight * error)


def _diffusion_draw(network, key, passes, reads):
    first, rest = jax.random.split(key)
    levels = cosine_noise_schedule(LEVELS)
    return sample_diffusion(
        lambda noisy, kept: jnp.clip(_diffusion_clean(network, noisy, kept, reads), -1, 1),
        jax.random.normal(first, (DRAWN, 64)),
        levels[jnp.round(jnp.linspace(0, 0.98 * LEVELS, passes + 1)).astype(int)],
        rest,
        0.0,
    )


def _matching_velocity(network, x, t, reads):
    said = _said(network, x, jnp.pi / 2 * (1 - t))
    return (jnp.clip(said, -1, 1) - x) / (1 - t) if reads == "picture" else said


def _matched(network, z, x, key, reads, weighs):
    t = jax.random.uniform(key, (BATCH, 1))
    point, velocity = straight_path(z, x, t)
    said = _said(network, point, jnp.pi / 2 * (1 - t))
    if reads == "picture":
        return jnp.mean((said - x) ** 2)
    return jnp.mean(((1 - t) ** 2 if weighs == "picture" else 1.0) * (said - velocity) ** 2)


def _matching_loss(network, X, key, reads, weighs):
    which, when, what = jax.random.split(key, 3)
    x = some(X, which)
    return _matched(network, jax.random.normal(what, x.shape), x, when, reads, weighs)


def _pairs_loss(network, pairs, key):
    which, when = jax.random.split(key)
    z, x = jnp.split(some(pairs, which), 2, axis=1)
    return _matched(network, z, x, when, "picture", "picture")


def arrived(network: PyTree, start: Array, passes: int, reads: str = "picture") -> Array:
    """Where starts end by a matched network, in so many steps."""
    times = jnp.linspace(0, 1, passes + 1)
    field = functools.partial(_matching_velocity, network, reads=reads)
    return jnp.clip(sample_flow(field, start, times), -1, 1)


def _matching_draw(network, key, passes, reads):
    return arrived(network, jax.random.normal(key, (DRAWN, 64)), passes, reads)


def _diffusion(reads):
    loss, draw = (functools.partial(f, reads=reads) for f in (_diffusion_loss, _diffusion_draw))
    return Way(4_000, _denoiser_start, loss, draw)


def _matching(reads, weighs):
    loss = functools.partial(_matching_loss, reads=reads, weighs=weighs)
    return Way(4_000, _denoiser_start, loss, functools.partial(_matching_draw, reads=reads))


MANY_PASSES = {
    "diffusion": _diffusion("picture"),
    "matching": _matching("velocity", "velocity"),
    "diffusion_velocity": _diffusion("velocity"),
    "matching_picture": _matching("picture", "picture"),
    "matching_weighted": _matching("velocity", "picture"),
}

# What is given to these are pairs of a start and a picture.
STRAIGHT = Way(
    4_000,
    _denoiser_start,
    _pairs_loss,
    functools.partial(_matching_draw, reads="picture"),
)
