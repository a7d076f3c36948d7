"""What a memory of images is worth: the next frame of a film of which frames are missing.

A letter of 6 by 6 pixels moves one pixel down or up and one to the right or left from frame to
frame, and is thrown back by the edges of a field of 12 by 12. Every frame but the first two is
missing, all black, with probability one third. A ConvLSTM is asked at each frame for the next one
as it truly was; so are convolutions of the same number of weights that see the last frame or the
last two. "black" and "last frame" are answers without a network. Each network is tried at the same
rates ("tuning", on films of their own) and runs at its best with three other seeds ("test"). Found
is the mean squared error of the last frame of each film: by all seven frames before ("in_order"),
by the same with the first six shuffled, and by the last few alone ("read_1", ...). "ConvLSTM, any
order" has learned from films whose first six frames come in another order each time, and
"ConvLSTM, one answer" from films in order; both are asked for the last frame alone.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.core import Module, parameter_count
from dl_lib.data import glyphs
from dl_lib.functional import relu
from dl_lib.layers import Conv2d, ConvLSTM
from dl_lib.losses import mse
from dl_lib.optim import adam, apply_updates, chain, clip_by_global_norm, cosine_schedule

__all__ = ["RUNS", "build", "films", "forecast", "measure"]

SIDE, LETTER, FRAMES, MISSING = 12, 6, 8, 1 / 3
STEPS, BATCH = 300, 16
RATES = (0.0025, 0.005, 0.015, 0.045)
# hidden channels, how many frames are seen at once, and the best of the rates
NETWORKS = {
    "1 frame": (13, 1, 0.015),
    "2 frames": (12, 2, 0.005),
    "ConvLSTM": (6, 0, 0.015),
    "ConvLSTM, one answer": (6, 0, 0.045),
    "ConvLSTM, any order": (6, 0, 0.015),
}
READ = (1, 2, 3, 4, 5)


def _run(part, network, rate, seed):
    return {"part": part, "network": network, "rate": rate, "seed": seed}


RUNS = [_run("test", answer, 0.0, 0) for answer in ("black", "last frame")]
RUNS += [_run("tuning", network, rate, 0) for network in NETWORKS for rate in RATES]
RUNS += [_run("tuning", network, 0.135, 0) for network in NETWORKS if "," in network]
RUNS += [
    _run("test", network, best, seed)
    for seed in range(1, 4)
    for network, (*_, best) in NETWORKS.items()
]


@functools.cache
def _letters():
    """Return small letters, (600, 6, 6), each with 1 where it is brightest."""
    X = np.asarray(glyphs(600, size=2 * LETTER, noise=0, hardness=0, letters="CFHLTUX").X)
    small = X.reshape(-1, LETTER, 2, LETTER, 2).mean(axis=(2, 4))
    return small / small.max(axis=(1, 2), keepdims=True)


def films(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return films as they were and as they are shown, (number, 8, 1, 12, 12)."""
    random, span = np.random.default_rng(seed), SIDE - LETTER
    letters = _letters()[random.integers(600, size=number)]
    places = random.integers(0, span + 1, size=(number, 2))
    speeds = random.choice([-1, 1], size=(number, 2))
    true = np.zeros((number, FRAMES, 1, SIDE, SIDE), np.float32)
    for t in range(FRAMES):
        for film, letter, (row, column) in zip(true, letters, places, strict=True):
            film[t, 0, row : row + LETTER, column : column + LETTER] = letter
        ahead = places + speeds
        speeds = np.where((ahead < 0) | (ahead > span), -speeds, speeds)
        places = places + speeds
    there = (random.random((number, FRAMES)) >= MISSING) | (np.arange(FRAMES) < 2)
    return true, true * there[:, :, None, None, None]


def build(network: str, key: jax.Array) -> tuple[Module, ...]:
    """Return the layers of a network."""
    hidden, seen, _ = NETWORKS[network]
    a, b, c = jax.random.split(key, 3)
    last = Conv2d(hidden, 1, 3, padding="same", key=c)
    if not seen:
        return ConvLSTM(1, hidden, 3, key=a), last
    first = Conv2d(seen, hidden, 3, padding="same", key=a)
    return first, Conv2d(hidden, hidden, 3, padding="same", key=b), last


def forecast(model: tuple[Module, ...], x: jax.Array) -> jax.Array:
    """Return the forecast after each frame of x, (number, time, 1, 12, 12)."""
    flat = (-1, *x.shape[2:])
    if isinstance(model[0], ConvLSTM):
        outputs = model[0](x)
        return model[1](outputs.reshape(-1, *outputs.shape[2:])).reshape(x.shape)
    frames = x.reshape(flat)
    if model[0].weight.shape[1] == 2:
        before = jnp.concatenate([jnp.zeros_like(x[:, :1]), x[:, :-1]], axis=1)
        frames = jnp.concatenate([before.reshape(flat), frames], axis=1)
    return model[2](relu(model[1](relu(model[0](frames))))).reshape(x.shape)


def _trained(network, model, true, shown, seed, rate):
    """Take a step for each batch; the rate falls to zero along half a cosine."""
    asked = slice(None) if "," not in network else slice(-1, None)
    optimizer = chain(clip_by_global_norm(1.0), adam(cosine_schedule(rate, STEPS)))

    @jax.jit
    def step(model, memory, true, shown):
        slopes = jax.grad(lambda m: mse(forecast(m, shown)[:, asked], true[:, asked]))(model)
        updates, memory = optimizer.update(slopes, memory)
        return apply_updates(model, updates), memory

    memory = optimizer.init(model)
    random = np.random.default_rng(seed)
    for places in random.integers(len(true), size=(STEPS, BATCH)):
        past = shown[places, :-1]
        if "any order" in network:
            orders = random.permuted(np.tile(np.arange(FRAMES - 2), (BATCH, 1)), axis=1)
            past[:, :-1] = past[np.arange(BATCH)[:, None], orders]
        model, memory = step(model, memory, true[places, 1:], past)
    return model


def measure(part: str, network: str, rate: float, seed: int) -> dict[str, float]:
    """Learn from 2,000 films, and judge the last frames of 500 others."""
    true, shown = films(500, 100 if part == "tuning" else 101)
    order = np.random.default_rng(0).permutation(FRAMES - 2)
    past = shown[:, :-1]
    shuffled = np.concatenate([past[:, order], past[:, -1:]], axis=1)
    if network in NETWORKS:
        model = build(network, jax.random.key(seed))
        model = _trained(network, model, *films(2_000, 102), seed, rate)
        answer = functools.partial(forecast, model)
    else:
        model, answer = (), {"black": jnp.zeros_like, "last frame": jnp.asarray}[network]

    def error(frames):
        return round(float(mse(answer(jnp.asarray(frames))[:, -1], true[:, -1])), 5)

    found = {"in_order": error(past), "shuffled": error(shuffled)}
    found |= {f"read_{k}": error(past[:, -k:]) for k in READ}
    return found | {"numbers": parameter_count(model)}
