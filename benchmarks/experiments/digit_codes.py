"""Digits of 8×8 pixels through a few numbers, and digits drawn from such numbers.

`kind` pca: the main components. plain: an autoencoder with 128 hidden units on either side. vae:
the same, whose encoder names a mean and a scale for each number; `variance` is that of a pixel
given the numbers, 0 if it is learned, too. `chosen` and `error` are square errors a pixel on the
digits that choose rates and on those that judge; of a vae `chosen` is minus the bound in nats and
`error` is that of the decoded means, `divergence` is the sum over numbers, and `live` counts the
numbers of more than .05. With 16 numbers or more and the rate .01, 500 digits are decoded from
numbers of the standard normal law (`standard_`), of one normal law fitted to the codes of the
learned digits (`normal_`), and of ten (`mixture_`). The kinds real, pixels and copies are judged
beside them, under `standard_`: digits that choose, a normal law of the pixels, and learned digits
with a little noise.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree
from sklearn.mixture import GaussianMixture

from benchmarks.experiments._digit_judge import drawn_from_normal, judged, noisy_copies, parts
from benchmarks.experiments._digit_network import fitted, he_layers
from dl_lib import optim
from dl_lib.functional import evidence_lower_bound, reparameterize, standard_normal_kl

__all__ = ["RUNS", "measure"]

BATCH, HIDDEN, STEPS, DRAWN = 64, 128, 4_000, 500
RATES = (0.003, 0.01, 0.03)
JUDGED = ("energy", "sure", "entropy", "near", "copied")


def _run(kind, codes=16, variance=0.0, rate=0.01, seed=0) -> dict:
    return dict(kind=kind, codes=codes, variance=variance, rate=rate, seed=seed)


LENGTHS, VARIANCES = (2, 4, 8, 16, 32), (0.0, 0.03, 0.1, 0.3)
RUNS = [
    _run("real", 64, rate=0.0),
    *(_run(kind, 64, rate=0.0, seed=s) for kind in ("pixels", "copies") for s in range(5)),
    *(_run("pca", k, rate=0.0) for k in LENGTHS[:3]),
    *(_run("pca", k, rate=0.0, seed=s) for k in LENGTHS[3:] for s in range(5)),
    *(_run("plain", k, rate=r, seed=s) for k in LENGTHS for r in RATES for s in (0, 1)),
    *(_run("plain", k, seed=s) for k in LENGTHS for s in (2, 3, 4)),
    *(_run("vae", 16, v, r, s) for v in VARIANCES for r in RATES for s in (0, 1)),
    *(_run("vae", 16, v, seed=s) for v in VARIANCES for s in (2, 3, 4)),
    *(_run("vae", 16, 1.0, seed=s) for s in range(5)),
    *(_run("plain", 2, rate=0.03, seed=s) for s in (2, 3, 4)),
    *(_run("plain", 2, rate=0.1, seed=s) for s in (0, 1)),
    *(_run("vae", 16, 1.0, r, s) for r in (0.003, 0.03) for s in (0, 1)),
]


def _started(key: Array, codes: int, kind: str) -> PyTree:
    out = 2 * codes if kind == "vae" else codes
    sizes = (64, HIDDEN), (HIDDEN, out), (codes, HIDDEN), (HIDDEN, 64)
    return he_layers(key, sizes)


def _two(layers: PyTree, x: Array) -> Array:
    (W1, b1), (W2, b2) = layers
    return jax.nn.relu(x @ W1 + b1) @ W2 + b2


def _encoded(layers: PyTree, X: Array, codes: int) -> tuple[Array, Array]:
    mean = jnp.mean(parts()[0][0], axis=0)
    said = _two(layers[:2], X - mean)
    return said[:, :codes], said[:, codes:]


def _decoded(layers: PyTree, z: Array) -> Array:
    return _two(layers[2:], z) + jnp.mean(parts()[0][0], axis=0)


def _loss(network, X, key, kind, codes, variance):
    layers, log_variance = network
    loc, log_scale = _encoded(layers, X, codes)
    if kind == "plain":
        return jnp.mean((_decoded(layers, loc) - X) ** 2)
    spread = jnp.where(variance > 0, variance, jnp.exp(log_variance))
    decoded = _decoded(layers, reparameterize(loc, log_scale, key))
    return -jnp.mean(evidence_lower_bound(X, decoded, spread, loc, log_scale))


@functools.partial(jax.jit, static_argnames=("kind", "codes"))
def _trained(X, rate, variance, seed, kind, codes) -> tuple[PyTree, Array]:
    def loss(network, key):
        which, noise = jax.random.split(key)
        some = X[jax.random.randint(which, (BATCH,), 0, len(X))]
        return _loss(network, some, noise, kind, codes, variance)

    first, rest = jax.random.split(jax.random.key(seed))
    network = _started(first, codes, kind), jnp.log(0.1)
    rule = optim.adam(optim.cosine_schedule(rate, STEPS))
    return fitted(loss, network, rule, jax.random.split(rest, STEPS))


def _drawn_codes(codes: Float[np.ndarray, "n codes"], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "standard": rng.standard_normal((DRAWN, codes.shape[1])),
        "normal": rng.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), DRAWN),
        "mixture": GaussianMixture(10, reg_covar=1e-3, random_state=seed)
        .fit(codes)
        .sample(DRAWN)[0],
    }


def _verdicts(decode, codes, seed) -> dict:
    said = {}
    for name, z in _drawn_codes(codes, seed).items():
        verdict = judged(jnp.clip(decode(jnp.asarray(z, jnp.float32)), -1, 1))
        said |= {f"{name}_{what}": verdict[what] for what in JUDGED}
    return said


def _beside(kind, seed) -> dict:
    if kind == "real":
        samples = parts()[0][1]
    else:
        samples = (drawn_from_normal if kind == "pixels" else noisy_copies)(DRAWN, seed)
    return {f"standard_{what}": judged(samples)[what] for what in JUDGED}


def measure(kind: str, codes: int, variance: float, rate: float, seed: int) -> dict:
    """One way to code, and what is drawn by it; 0 stands for what does not apply."""
    found = dict.fromkeys(("chosen", "error", "divergence", "live", "learned_variance"), 0.0)
    found |= {f"{law}_{what}": 0.0 for law in ("standard", "normal", "mixture") for what in JUDGED}
    if kind in ("real", "pixels", "copies"):
        return found | _beside(kind, seed)
    learned, chosen, others = parts()[0]
    mean = jnp.mean(learned, axis=0)
    if kind == "pca":
        axes = jnp.linalg.svd(learned - mean, full_matrices=False)[2][:codes]
        encode, decode = (lambda X: (X - mean) @ axes.T), (lambda z: z @ axes + mean)
    else:
        layers, log_variance = _trained(learned, rate, variance, seed, kind, codes)
        encode = lambda X: _encoded(layers, X, codes)[0]  # noqa: E731
        decode = functools.partial(_decoded, layers)
    for name, X in (("chosen", chosen), ("error", others)):
        found[name] = float(jnp.mean((decode(encode(X)) - X) ** 2))
    numbers = encode(learned)
    if kind == "vae":
        network, key = (layers, log_variance), jax.random.key(seed)
        keys = jax.random.split(key, 20)
        losses = [_loss(network, chosen, key, kind, codes, variance) for key in keys]
        divergence = jnp.mean(standard_normal_kl(*_encoded(layers, chosen, codes)), axis=0)
        found["chosen"], found["divergence"] = float(np.mean(losses)), float(divergence.sum())
        found["live"] = int((divergence > 0.05).sum())
        found["learned_variance"] = float(jnp.exp(log_variance))
        numbers = reparameterize(*_encoded(layers, learned, codes), key)
    if codes >= 16 and rate in (0.0, 0.01):
        found |= _verdicts(decode, np.asarray(numbers, float), seed)
    return {name: round(value, 4) for name, value in found.items()}
