"""Letters of 16×16 pixels, drawn by convolutional adversarial networks and by others.

`kind` dcgan: generator and discriminator of `dl_lib.models`, 32 numbers a letter, 16 channels next
to the pictures, Adam with β₁ = ½ for both, `steps` steps of each with batches of 64. The others
change one thing. momentum: β₁ = .9. prompt: β₁ = 0. late: β₁ = 0, and the gradients of nine steps
ago. scales: the scales of batch norm are drawn around 0. he: kernels have He's variance. bare: he
without any norm, and biases in its place. relu: no leak in the discriminator. pool: resizing by
copies and means, with kernels of 3×3 between. dense: two layers of about as many numbers, He's
variance, no convolutions. vae: the generator decodes, and the discriminator's body encodes.

Seeds 0 and 1 choose the rate by `tuned`, seeds 2 to 5 are judged at it, by 500 letters each. real,
pixels and copies are letters that choose, a normal law of the pixels, and learned letters with a
little noise.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from benchmarks.experiments._digit_judge import normal_like
from benchmarks.experiments._letter_judge import LEARNED, SIDE, judged, parts
from benchmarks.experiments._letter_players import coder, latents, players
from dl_lib import optim
from dl_lib.core import apply
from dl_lib.functional import evidence_lower_bound, reparameterize
from dl_lib.losses import discriminator_loss, generator_loss

__all__ = ["RUNS", "measure"]

BATCH, DRAWN = 64, 500
MIDDLE = (0.001, 0.002, 0.004)
ENDS = {  # the best rate, and rates that were added where the best was the first or the last
    "dcgan": (0.008, (0.008, 0.016)),
    "momentum": (0.001, (0.0005,)),
    "prompt": (0.016, (0.008, 0.016, 0.032)),
    "late": (0.008, (0.008, 0.016)),
    "scales": (0.001, (0.0005,)),
    "he": (0.004, (0.008,)),
    "bare": (0.004, (0.008,)),
    "relu": (0.004, (0.008,)),
    "pool": (0.004, (0.008,)),
    "dense": (0.0005, (0.00025, 0.0005)),
    "vae": (0.004, (0.008,)),
}
TIMING = {"momentum": (0.9, 0), "prompt": (0.0, 0), "late": (0.0, 9), "vae": (0.9, 0)}


def _run(kind: str, rate: float = 0.0, seed: int = 0, steps: int = 600) -> dict:
    return {"kind": kind, "steps": steps, "rate": rate, "seed": seed}


RUNS = [
    _run("real", steps=0),
    *(_run(kind, seed=seed, steps=0) for kind in ("pixels", "copies") for seed in range(4)),
    *(
        _run(kind, rate, seed)
        for kind, (_, added) in ENDS.items()
        for rate in MIDDLE + added
        for seed in (0, 1)
    ),
    *(_run(kind, best, seed) for kind, (best, _) in ENDS.items() for seed in range(2, 6)),
]


def _batch(key: Array) -> tuple[Array, Array]:
    some, noise = jax.random.split(key)
    rows = jax.random.randint(some, (BATCH,), 0, LEARNED)
    return parts()[0][0][rows].reshape(-1, 1, SIDE, SIDE), latents(noise, BATCH)


def _played(state, rate, key, beta1):
    """Discriminator, then generator, against the same generated letters."""
    generator, discriminator, of_g, of_d = state
    rule = optim.adam(rate, beta1)
    x, z = _batch(key)

    def of_discriminator(discriminator):
        fake = jax.lax.stop_gradient(apply(generator, z, training=True)[0])
        real, after = apply(discriminator, x, training=True)
        made, after = apply(after, fake, training=True)
        return discriminator_loss(real, made), after

    def of_generator(generator):
        fake, after = apply(generator, z, training=True)
        return generator_loss(apply(discriminator, fake, training=True)[0]), after

    def stepped(loss, model, memory):
        slope, after = jax.grad(loss, has_aux=True)(model)
        adams, waiting = memory
        line = jax.tree.map(lambda old, new: jnp.concatenate([old, new[None]]), waiting, slope)
        first, waiting = (jax.tree.map(lambda x, p=p: x[p], line) for p in (0, slice(1, None)))
        updates, adams = rule.update(first, adams, model)
        return optim.apply_updates(after, updates), (adams, waiting)

    discriminator, of_d = stepped(of_discriminator, discriminator, of_d)
    generator, of_g = stepped(of_generator, generator, of_g)
    return generator, discriminator, of_g, of_d


def _coded(state, rate, key, beta1):
    """A step of the bound, with the body as encoder and the generator as decoder."""
    both, memory = state
    rule = optim.adam(rate, beta1)
    x, _ = _batch(key)

    def loss(both):
        decoder, spread, encoder = both
        read, encoder = apply(encoder, x, training=True)
        loc, log_scale = jnp.split(read.reshape(BATCH, -1), 2, axis=1)
        draw = reparameterize(loc, log_scale, key)
        made, decoder = apply(decoder, draw[..., None, None], training=True)
        flat = x.reshape(BATCH, -1), made.reshape(BATCH, -1)
        bound = evidence_lower_bound(*flat, jnp.exp(spread), loc, log_scale)
        return -jnp.mean(bound), (decoder, spread, encoder)

    slope, after = jax.grad(loss, has_aux=True)(both)
    updates, memory = rule.update(slope, memory, both)
    return optim.apply_updates(after, updates), memory


@functools.cache
def _step(kind: str):
    beta1 = TIMING.get(kind, (0.5, 0))[0]
    one = _coded if kind == "vae" else _played
    return jax.jit(functools.partial(one, beta1=beta1), donate_argnums=0)


def generator_of(kind: str, steps: int, rate: float, seed: int):
    """A generator after its training."""
    first, rest = jax.random.split(jax.random.key(seed))
    start = optim.adam(1.0).init
    if kind == "vae":
        decoder, encoder = coder(first)
        both = decoder, jnp.log(0.1), encoder
        state = both, start(both)
    else:
        both = players(kind, first)
        lag = TIMING.get(kind, (0.5, 0))[1]
        waiting = [jax.tree.map(lambda x: jnp.zeros((lag, *x.shape)), model) for model in both]
        state = *both, *zip(map(start, both), waiting, strict=True)
    for key in jax.random.split(rest, steps):  # a loop: convolutions are slower in a scan
        state = _step(kind)(state, rate, key)
    return state[0][0] if kind == "vae" else state[0]


def measure(kind: str, steps: int, rate: float, seed: int) -> dict[str, float]:
    """Train, draw, and have the letters judged."""
    (learned, chosen, _), _ = parts()
    rng = np.random.default_rng(seed)
    if kind == "real":
        return judged(chosen)
    if kind == "pixels":
        return judged(normal_like(learned, DRAWN, seed))
    if kind == "copies":
        copies = np.asarray(learned)[rng.integers(0, LEARNED, DRAWN)]
        noisy = copies + 0.1 * rng.standard_normal(copies.shape)
        return judged(jnp.asarray(noisy.clip(-1, 1), jnp.float32))
    model = generator_of(kind, steps, rate, seed)
    return judged(_drawn(model, jax.random.key(1_000 + seed)).reshape(DRAWN, -1))


@jax.jit
def _drawn(model, key):
    return model(latents(key, DRAWN))
