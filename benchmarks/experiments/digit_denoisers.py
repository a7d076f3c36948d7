"""Networks that find a digit of 8×8 pixels under noise, and digits drawn with them.

A network with three hidden layers of 256 learns `images` digits, drowned in noise to a level drawn
anew each time. Its `output` is read as the clean picture, as the noise, or as the velocity; its
`loss` is the square error of the picture or of the noise that follow from it. With it 500 digits
are drawn in 49 steps, with fresh noise (`ddpm`) and without (`ddim`), each guess clipped to the
range of pixels. `tuned_` is their energy distance to 250 digits on which rates are chosen,
`energy_` that to 250 others, `alike_` the share whose ten nearest of 1,297 real digits are of one
kind. `nearer` and `copied` tell, of those
without fresh noise, which share has its nearest among the learned rather than among as many that
no network has seen, and which lies within 1 of a learned one; `learned` and `unseen` are the square
errors a pixel on the learned digits and on 500 unseen ones.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.experiments._digit_network import LEARNED, fitted, he_layers, pictures
from dl_lib import optim
from dl_lib.functional import (
    clean_from_noise,
    clean_from_velocity,
    cosine_noise_schedule,
    noise_from_clean,
    noised,
    sample_diffusion,
    swish,
)
from dl_lib.metrics import energy_distance, nearest_distance

__all__ = ["RATES", "RUNS", "measure"]

BATCH, HIDDEN, DRAWN = 64, 256, 500
SIZES = (64 + 10, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 64)
RATES = (0.001, 0.003, 0.01, 0.03)
FORMS = (("clean", "clean"), ("velocity", "clean"), ("velocity", "noise"), ("noise", "noise"))


def _run(images=LEARNED, output="clean", loss="clean", rate=0.01, steps=2_000, seed=0) -> dict:
    return dict(images=images, output=output, loss=loss, rate=rate, steps=steps, seed=seed)


RUNS = [
    *(_run(output=o, loss=v, rate=r, seed=s) for o, v in FORMS for r in RATES for s in range(2)),
    *(_run(output=o, loss=v, seed=s) for o, v in FORMS for s in range(2, 5)),
    *(_run(images=n, seed=s) for n in (50, 150, 400) for s in range(5)),
    *(_run(rate=0.003, steps=8_000, seed=s) for s in range(2)),
]


def _answer(layers: PyTree, noisy: Float[Array, "batch 64"], kept: Array) -> Array:
    angles = jnp.arccos(jnp.sqrt(kept)) * 2.0 ** jnp.arange(1, 6)
    clock = jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)
    h = jnp.concatenate([noisy, jnp.broadcast_to(clock, (len(noisy), 10))], axis=1)
    for W, b in layers[:-1]:
        h = swish(h @ W + b)
    W, b = layers[-1]
    return h @ W + b


def _clean(layers: PyTree, noisy: Array, kept: Array, output: str) -> Array:
    said = _answer(layers, noisy, kept)
    if output == "clean":
        return said
    found = clean_from_noise if output == "noise" else clean_from_velocity
    return found(noisy, said, kept)


@functools.partial(jax.jit, static_argnames=("output", "weight", "steps"))
def _trained(X, count, rate, seed, output, weight, steps) -> PyTree:
    levels = cosine_noise_schedule(1_000)

    def loss(layers, key):
        which, when, what = jax.random.split(key, 3)
        clean = X[jax.random.randint(which, (BATCH,), 0, count)]
        kept = levels[jax.random.randint(when, (BATCH, 1), 1, len(levels))]
        noise = jax.random.normal(what, clean.shape)
        noisy = noised(clean, noise, kept)
        guess = _clean(layers, noisy, kept, output)
        if weight == "clean":
            return jnp.mean((guess - clean) ** 2)
        return jnp.mean((noise_from_clean(noisy, guess, kept) - noise) ** 2)

    first, rest = jax.random.split(jax.random.key(seed))
    rule = optim.adam(optim.cosine_schedule(rate, steps))
    return fitted(loss, he_layers(first, SIZES), rule, jax.random.split(rest, steps))


@functools.partial(jax.jit, static_argnames="output")
def _drawn(layers, seed, freshness, output) -> Float[Array, "drawn 64"]:
    start, way = jax.random.split(jax.random.key(1_000 + seed))
    return sample_diffusion(
        lambda noisy, kept: jnp.clip(_clean(layers, noisy, kept, output), -1, 1),
        jax.random.normal(start, (DRAWN, 64)),
        cosine_noise_schedule(1_000)[:1_000:20],
        way,
        freshness,
    )


@functools.partial(jax.jit, static_argnames="output")
def _error(layers, X, output) -> Float[Array, ""]:
    """Square error a pixel, each picture at ten levels."""
    levels = cosine_noise_schedule(1_000)[50:1_000:100]
    noise = jax.random.normal(jax.random.key(0), (len(levels), *X.shape))

    def at(kept, noise):
        return jnp.mean((_clean(layers, noised(X, noise, kept), kept, output) - X) ** 2)

    return jnp.mean(jax.vmap(at)(levels, noise))


def _alike(drawn: Array) -> float:
    X, y = pictures()
    squares = jnp.sum(X[:LEARNED] ** 2, axis=1) - 2 * drawn @ X[:LEARNED].T
    digit = y[np.argsort(np.asarray(squares), axis=1)[:, :10]]
    return float(np.mean((digit == digit[:, :1]).all(axis=1)))


def measure(images: int, output: str, loss: str, rate: float, steps: int, seed: int) -> dict:
    """One network, and what is drawn with it."""
    X = jnp.asarray(pictures()[0])
    unseen = X[LEARNED:]
    layers = _trained(X, images, rate, seed, output, loss, steps)
    found = {}
    for name, freshness in (("ddim", 0.0), ("ddpm", 1.0)):
        drawn = _drawn(layers, seed, freshness, output)
        found[f"tuned_{name}"] = float(energy_distance(drawn, unseen[:250]))
        found[f"energy_{name}"] = float(energy_distance(drawn, unseen[250:]))
        found[f"alike_{name}"] = _alike(drawn)
    drawn = _drawn(layers, seed, 0.0, output)
    as_many = min(images, len(unseen))
    learned, others = (nearest_distance(drawn, some[:as_many]) for some in (X, unseen))
    found["nearer"] = float(jnp.mean(learned < others))
    found["copied"] = float(jnp.mean(nearest_distance(drawn, X[:images]) < 1))
    found["learned"] = float(_error(layers, X[:images], output))
    found["unseen"] = float(_error(layers, unseen, output))
    return {name: round(value, 4) for name, value in found.items()}
