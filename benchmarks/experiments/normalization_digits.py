"""What normalization is worth in twelve dense layers: one thing changed at a time, rates tuned.

Every variant is tried at seven rates with three seeds on digits set aside ("tuning"), then at the
best of them with five other seeds on test digits ("test").
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.data import digits
from dl_lib.functional import relu
from dl_lib.losses import cross_entropy

__all__ = ["RUNS", "measure"]

LAYERS, UNITS, BATCH, STEPS = 12, 64, 64, 300
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
# How a layer's values are normalized; what else is changed; and the best rate by the tuning runs.
VARIANTS: dict[tuple[str, str], float | None] = {
    ("none", "nothing"): 0.03,
    ("batch", "nothing"): 1.0,
    ("center", "nothing"): 0.3,
    ("scale", "nothing"): 0.1,
    ("layer", "nothing"): 0.1,
    ("rms", "nothing"): 0.1,
    ("batch", "frozen"): 1.0,
    ("batch", "held"): 1.0,
    ("batch", "moved"): 1.0,
    ("none", "1200 steps"): 0.03,
    ("batch", "1200 steps"): 1.0,
}


def _run(part, normalization, change, rate, seed):
    return {
        "part": part,
        "normalization": normalization,
        "change": change,
        "rate": rate,
        "seed": seed,
    }


RUNS = [
    _run("tuning", *variant, rate, seed)
    for variant in VARIANTS
    for rate in RATES
    for seed in (10, 11, 12)
]
RUNS += [
    _run("test", *variant, best, seed)
    for variant, best in VARIANTS.items()
    if best is not None
    for seed in range(5)
]


def _normalize(how, z, rows):
    """Normalize all of z; what is taken over a batch is taken over its first rows."""
    if how == "none":
        return z
    center, scale = how not in {"scale", "rms"}, how != "center"
    axis = 1 if how in ("layer", "rms") else 0
    seen = z if axis else z[:rows]
    z = z - seen.mean(axis, keepdims=True) if center else z
    seen = z if axis else z[:rows]
    return z / jnp.sqrt((seen**2).mean(axis, keepdims=True) + 1e-5) if scale else z


def _scores(model, x, how, rows, noise=None):
    def layer(h, parts):
        (W, gamma, beta), noise = parts
        z = gamma * _normalize(how, h @ W, rows) + beta
        z = z if noise is None else noise[0] * z + noise[1]
        return relu(z), None

    *hidden, V, c = model
    h, _ = jax.lax.scan(layer, x, (tuple(hidden), noise))
    return h @ V + c


def _start(key):
    first, last = jax.random.split(key)
    W = jnp.sqrt(2 / UNITS) * jax.random.normal(first, (LAYERS, UNITS, UNITS))
    V = jnp.sqrt(1 / UNITS) * jax.random.normal(last, (UNITS, 10))
    affine = jnp.ones((LAYERS, UNITS)), jnp.zeros((LAYERS, UNITS))
    return W, *affine, V, jnp.zeros(10)


def _noise(key):
    """A factor and a shift for each unit, other ones at each step."""
    factor, shift = jax.random.split(key)
    factor = jax.random.uniform(factor, (LAYERS, UNITS), minval=0.5, maxval=1.5)
    shift = jax.random.uniform(shift, (LAYERS, UNITS), minval=-0.5, maxval=0.5)
    return jnp.stack([factor, shift], axis=1)


@functools.partial(jax.jit, static_argnames=("how", "change"))
def _trained(data, held, rate, seed, how, change):
    (X, y), (X_held, y_held) = data, held
    model = _start(jax.random.key(seed))
    lengths = jnp.linalg.norm(model[0], axis=1, keepdims=True)

    def loss(model, rows, noise):
        return cross_entropy(_scores(model, X[rows], how, BATCH, noise), y[rows])

    def step(model, key):
        draw, move = jax.random.split(key)
        rows = jax.random.randint(draw, BATCH, 0, len(X))
        noise = _noise(move) if change == "moved" else None
        value, slopes = jax.value_and_grad(loss)(model, rows, noise)
        W, gamma, beta, V, c = jax.tree.map(lambda p, g: p - rate * g, model, slopes)
        if change == "frozen":
            gamma, beta = model[1:3]
        if change == "held":
            W = W * lengths / jnp.linalg.norm(W, axis=1, keepdims=True)
        return (W, gamma, beta, V, c), value

    keys = jax.random.split(jax.random.key(100 + seed), 1200 if change == "1200 steps" else STEPS)
    model, values = jax.lax.scan(step, model, keys)
    out = _scores(model, jnp.concatenate([X, X_held]), how, len(X))[len(X) :]
    longer = jnp.linalg.norm(model[0], axis=1).mean() / lengths.mean()
    return (out.argmax(axis=1) == y_held).mean(), values[-50:].mean(), longer


@functools.cache
def _digits():
    everything = digits().flat()
    order = np.random.default_rng(0).permutation(len(everything.y))
    X, y = np.asarray(everything.X)[order], np.asarray(everything.y)[order]
    X = (X - X[:1400].mean(axis=0)) / X[:1400].std()
    return jnp.asarray(X), jnp.asarray(y)


def measure(part: str, normalization: str, change: str, rate: float, seed: int) -> dict[str, float]:
    """Train for 300 steps on 1,100 or 1,400 digits, and count on 300 or 397 others."""
    X, y = _digits()
    first, end = (1100, 1400) if part == "tuning" else (1400, len(y))
    data, held = (X[:first], y[:first]), (X[first:end], y[first:end])
    found = _trained(data, held, rate, seed, normalization, change)
    accuracy, loss, longer = (round(float(value), 4) for value in found)
    return {"accuracy": accuracy, "loss": loss, "longer": longer}
