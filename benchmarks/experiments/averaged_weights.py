"""What is left of five networks when their weights are averaged, at six rates and from six starts.

Ten networks with 32 hidden units learn a thousand digits of 8×8 pixels, all at each step, 300 steps
long; five more see a hundred of them each. The first five are averaged twice, their weights and
their predictions. The ten make five pairs. How much the middle of a pair loses against the mean of
the two, the barrier, is taken in the order as trained, in fifty random orders, in the order that
brings the weights together, and once more after the scores of the middle have been stretched to the
spread that those of the two have. The best weights of an ensemble of the five and the five who have
seen a hundred digits are found on 300 digits, and their lead over the five alike is that on 497.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree
from scipy.optimize import linear_sum_assignment

from dl_lib.data import digits
from dl_lib.functional import relu, softmax
from dl_lib.initializers import he_normal
from dl_lib.losses import cross_entropy

__all__ = ["RUNS", "measure"]

RATES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.2)
RUNS = [{"rate": rate, "seed": seed} for rate in RATES for seed in range(6)]
UNITS, STEPS, ORDERS = 32, 300, 50


@functools.cache
def _digits() -> tuple[jax.Array, jax.Array]:
    images = digits().flat()
    order = np.random.default_rng(0).permutation(len(images))
    return jnp.asarray(np.asarray(images.X)[order]), jnp.asarray(np.asarray(images.y)[order])


def _started(key: jax.Array) -> PyTree:
    first, second = jax.random.split(key)
    W, V = he_normal()(first, (64, UNITS)), he_normal()(second, (UNITS, 10))
    return {"W": W, "b": jnp.zeros(UNITS), "V": V, "c": jnp.zeros(10)}


def _scores(p, X):
    return relu(X @ p["W"] + p["b"]) @ p["V"] + p["c"]


@jax.jit
def _trained(keys, shares, rate, X, y):
    def loss(p, share):
        return share @ cross_entropy(_scores(p, X), y, reduction="none")

    def one(key, share):
        def step(p, _):
            return jax.tree.map(lambda x, s: x - rate * s, p, jax.grad(loss)(p, share)), None

        return jax.lax.scan(step, _started(key), None, STEPS)[0]

    return jax.vmap(one)(keys, shares)


def _ordered(p, order):
    return {"W": p["W"][:, order], "b": p["b"][order], "V": p["V"][order], "c": p["c"]}


def _matching(p, q):
    S = p["W"].T @ q["W"] + jnp.outer(p["b"], q["b"]) + p["V"] @ q["V"].T
    return linear_sum_assignment(-np.asarray(S))[1]


@jax.jit
def _barriers(p, q, orders, X, y):
    """The barrier in each order, and that of the middle whose scores are stretched."""

    def spread(scores):
        return (scores - scores.mean(axis=1, keepdims=True)).std()

    two = _scores(p, X), _scores(q, X)
    mean, usual = (sum(map(f, two)) / 2 for f in (lambda s: cross_entropy(s, y), spread))

    def one(order):
        half = jax.tree.map(lambda a, b: (a + b) / 2, p, _ordered(q, order))
        scores = _scores(half, X)
        stretched = scores * usual / spread(scores)
        return cross_entropy(scores, y) - mean, cross_entropy(stretched, y) - mean

    return jax.lax.map(one, orders)


def _best_weights(said, steps=20_000):
    """The best weights of an ensemble, each multiplied by its ratio until nothing changes."""
    w = np.full(said.shape[1], 1 / said.shape[1])
    for _ in range(steps):
        w = w * (said / (said @ w)[:, None]).mean(axis=0)
    return w


def _judged(scores, y):
    return float(cross_entropy(scores, y)), float((scores.argmax(axis=1) == y).mean())


def measure(rate: float, seed: int) -> dict[str, float]:
    """Train fifteen networks and average them in every way."""
    X, y = _digits()
    learn, aside, test = slice(0, 1_000), slice(1_000, 1_300), slice(1_300, None)
    shares = np.full((15, 1_000), 0.001)
    shares[10:] = np.kron(np.eye(10)[:5], np.full(100, 0.01))
    keys = jax.random.split(jax.random.key(seed), 15)
    nets = _trained(keys, shares, rate, X[learn], y[learn])
    people = [jax.tree.map(lambda a, i=i: a[i], nets) for i in range(15)]

    rng, pairs = np.random.default_rng(seed), []
    for p, q in zip(people[:10:2], people[1:10:2], strict=True):
        orders = [np.arange(UNITS), _matching(p, q)]
        orders += [rng.permutation(UNITS) for _ in range(ORDERS)]
        plain, stretched = map(np.asarray, _barriers(p, q, np.stack(orders), X[learn], y[learn]))
        pairs.append((*plain[:2], plain[2:].mean(), plain[2:].min(), *stretched[:2]))
    trained, matched, random, lowest, opened, stretched = np.array(pairs).T

    singles = np.array([_judged(_scores(p, X[test]), y[test]) for p in people[:5]])
    first, *others = people[:5]
    plain = jax.tree.map(lambda *a: sum(a) / 5, first, *others)
    others = [_ordered(q, _matching(first, q)) for q in others]
    ordered = jax.tree.map(lambda *a: sum(a) / 5, first, *others)

    pool = people[:5] + people[10:]
    said = np.stack([softmax(_scores(p, X)) for p in pool])[:, np.arange(len(y)), y].T
    said, alike = said.astype(float), np.repeat([0.2, 0.0], 5)
    w = _best_weights(said[aside])
    lead = np.log(said[test] @ w) - np.log(said[test] @ alike)
    found = {
        "single_loss": singles[:, 0].mean(),
        "single_right": singles[:, 1].mean(),
        "best_loss": singles[:, 0].min(),
        "predictions_loss": float(-np.log(said[test] @ alike).mean()),
        "weights_right": _judged(_scores(plain, X[test]), y[test])[1],
        "ordered_right": _judged(_scores(ordered, X[test]), y[test])[1],
        "trained": trained.mean(),
        "random": random.mean(),
        "matched": matched.mean(),
        "trained_stretched": opened.mean(),
        "matched_stretched": stretched.mean(),
        "lowest_random_over_matched": (lowest / matched).min(),
        "highest_share": (matched / trained).max(),
        "experts_with_weight": (w > 1e-3).sum(),
        "weight_of_novices": w[5:].sum(),
        "lead": lead.mean(),
        "lead_error": lead.std() / len(lead) ** 0.5,
    }
    return {name: round(float(value), 4) for name, value in found.items()}
