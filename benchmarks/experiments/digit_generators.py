"""Digits of 8×8 pixels by five families of about 100,000 numbers each, after as many CPU seconds.

"vae" is a variational autoencoder with sixteen codes and a learned variance, "gan" has two players,
"flow" is four rounds of couplings, "diffusion" says the picture under the noise and draws without
fresh noise, "matching" says the velocity of the straight path. Three more change one thing:
"diffusion_velocity" and "matching_picture" what is said, "matching_weighted" only weighs the square
errors of "matching" as those of the picture. "real" are the digits that choose rates, "normal" a
normal law of pixels. All learn with Adam from batches of 64, its rate falling by a cosine; slopes
are clipped to a norm of 10. Rates were tried by threes until the best had a worse one on each side.

Three learn as "matching_picture" does, with its best rate, but from 10,240 pairs of a start and a
picture that are drawn before: "paired" are those nearest in all, among 256 at a time; in "reflow"
the picture is where a learned "matching_picture" takes the start, in "shuffled" it is that of
another start.

`numbers` counts what is learned, `learn_seconds` are CPU seconds of learning and `draw_ms` those of
500 digits, in thousandths, both without compiling. `tuned`, `energy`, `near`, `copied`, `sure`,
`entropy` and `fewest` are what `_digit_judge` says of 500 digits, 250 at a time, as many as it has
real ones; diffusion and matching draw them in 49 passes. `few_` is of four passes, `one_` of one.
`mixture_` is of a vae whose codes are drawn from ten normal laws fitted to those of the learned.
"""

import functools
import time

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree
from scipy.optimize import linear_sum_assignment
from sklearn.mixture import GaussianMixture

from benchmarks.experiments._digit_judge import drawn_from_normal, judged, parts
from benchmarks.experiments._digit_network import fitted
from benchmarks.experiments._digit_walks import MANY_PASSES, STRAIGHT, arrived
from benchmarks.experiments._generators import DRAWN, ONE_PASS, played, vae_codes, vae_decoded
from dl_lib import optim
from dl_lib.core import combine, partition

__all__ = ["RATES", "RUNS", "WAYS", "measure", "trained"]

PAIRED = ("paired", "reflow", "shuffled")
WALKS = MANY_PASSES | dict.fromkeys(PAIRED, STRAIGHT)
WAYS = ONE_PASS | WALKS
PASSES, LARGEST, PAIRS = 49, 10.0, 10_240
SHORT = {"few": 4, "one": 1}
JUDGED = ("tuned", "energy", "near", "copied", "sure", "entropy", "fewest")
BRIEF = ("tuned", "energy", "sure", "near")
UNUSED = 4 * (64 * 64 + 64)  # what the triangles of the flow leave out
RATES = dict.fromkeys(("vae", *MANY_PASSES), (0.003, 0.01, 0.03)) | {
    "gan": (0.0001, 0.0003, 0.001, 0.003),
    "flow": (0.00003, 0.0001, 0.0003, 0.001),
}
BEST = dict.fromkeys(WAYS, 0.01) | {"gan": 0.0003, "flow": 0.0001}


def _run(family, rate=0.0, seed=0) -> dict:
    return dict(family=family, rate=rate, seed=seed)


RUNS = [
    _run("real"),
    *(_run("normal", seed=seed) for seed in range(5)),
    *(_run(way, rate, seed) for seed in (0, 1) for way in RATES for rate in RATES[way]),
    *(_run(way, BEST[way], seed) for seed in (2, 3, 4) for way in RATES),
    *(_run(way, BEST[way], seed) for seed in range(5) for way in PAIRED),
]


def trained(X: Array, rate: Array, seed: Array, family: str) -> PyTree:
    """What a family has learned of the digits X."""
    way = WAYS[family]
    first, rest = jax.random.split(jax.random.key(seed))
    keys = jax.random.split(rest, way.steps)
    schedule, beta1 = optim.cosine_schedule(rate, way.steps), 0.5 if family == "gan" else 0.9
    rule = optim.chain(optim.clip_by_global_norm(LARGEST), optim.adam(schedule, beta1))
    network = way.start(first)
    if family == "gan":
        return played(network, X, rule, keys)
    parameters, others = partition(network) if family == "flow" else (network, None)

    def whole(parameters):
        return combine(parameters, others) if family == "flow" else parameters

    return whole(fitted(lambda p, key: way.loss(whole(p), X, key), parameters, rule, keys))


@functools.cache
def _compiled(family: str):
    X = jnp.zeros((PAIRS, 128)) if family in PAIRED else parts()[0][0]
    learn = jax.jit(functools.partial(trained, family=family)).lower(X, jnp.float32(0), 0).compile()
    return learn, jax.jit(WAYS[family].draw, static_argnums=2)


@functools.lru_cache(maxsize=1)
def _starts_and_ends(seed: int) -> tuple[Array, Array]:
    """Starts, and where a network that was matched takes them."""
    learn, _ = _compiled("matching_picture")
    network = learn(parts()[0][0], jnp.float32(BEST["matching_picture"]), seed)
    start = jax.random.normal(jax.random.key(100 + seed), (PAIRS, 64))
    return start, jax.jit(arrived, static_argnums=2)(network, start, PASSES)


def _pairs(family: str, seed: int) -> Array:
    """A start and a picture in each row; all of a seed have the same starts."""
    start, ends = _starts_and_ends(seed)
    if family == "paired":
        learned = np.asarray(parts()[0][0])
        drawn = learned[np.random.default_rng(seed).integers(0, len(learned), PAIRS)]
        blocks = (np.split(np.asarray(x), PAIRS // 256) for x in (start, drawn))
        nearest = [x[linear_sum_assignment(-z @ x.T)[1]] for z, x in zip(*blocks, strict=True)]
        ends = jnp.concatenate(nearest)
    return jnp.concatenate([start, ends[::-1] if family == "shuffled" else ends], axis=1)


def _timed(f, *args) -> tuple:
    started = time.process_time()
    found = jax.block_until_ready(f(*args))
    return found, time.process_time() - started


def _halves(samples: Array) -> dict:
    halves = [judged(half) for half in jnp.split(samples, 2)]
    return {name: np.mean([half[name] for half in halves]) for name in JUDGED}


def _from_ten_laws(network, seed) -> dict:
    key = jax.random.key(seed)
    codes = np.asarray(vae_codes(network, parts()[0][0], key)[2], float)
    law = GaussianMixture(10, reg_covar=1e-3, random_state=seed).fit(codes)
    drawn = np.random.default_rng(seed).permutation(law.sample(DRAWN)[0])  # they come law by law
    about = _halves(vae_decoded(network, jnp.asarray(drawn, jnp.float32)))
    return {f"mixture_{name}": about[name] for name in BRIEF}


def measure(family: str, rate: float, seed: int) -> dict:
    """One family, learned once, and what is drawn by it; 0 stands for what does not apply."""
    others = [f"{way}_{name}" for way in ("mixture", *SHORT) for name in BRIEF]
    found = dict.fromkeys(("numbers", "learn_seconds", "draw_ms", *JUDGED, *others), 0.0)
    if family in ("real", "normal"):
        chosen = parts()[0][1]
        said = judged(chosen) if family == "real" else _halves(drawn_from_normal(DRAWN, seed))
        return found | {name: round(float(said[name]), 4) for name in JUDGED}
    learn, draw = _compiled(family)
    given = jax.block_until_ready(_pairs(family, seed) if family in PAIRED else parts()[0][0])
    network, found["learn_seconds"] = _timed(learn, given, jnp.float32(rate), seed)
    floats = [x.size for x in jax.tree.leaves(network) if jnp.issubdtype(x.dtype, jnp.floating)]
    found["numbers"] = sum(floats) - (UNUSED if family == "flow" else 0)
    key = jax.random.key(1_000 + seed)
    found |= _halves(draw(network, key, PASSES))
    found["draw_ms"] = 1_000 * min(_timed(draw, network, key, PASSES)[1] for _ in range(5))
    for name, passes in SHORT.items() if family in WALKS else ():
        about = _halves(draw(network, key, passes))
        found |= {f"{name}_{what}": about[what] for what in BRIEF}
    if family == "vae":
        found |= _from_ten_laws(network, seed)
    return {name: round(float(value), 4) for name, value in found.items()}
