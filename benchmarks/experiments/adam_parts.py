"""What each part of Adam is worth, and the optimizers of the library on five problems.

"letters": a GPT of two blocks guesses the next letter of the language reference of Python, in
pieces of 32; 12,800 pieces are read in all, `batch` of them a step, so that large batches take few
steps. "digits": a network with a hidden layer, handwritten digits of 8×8 pixels.
"words": the library that a docstring is from, by a linear classifier of the words in its first
sentence. "scaled" and "units": the parabola of least squares for 442 patients, with columns divided
by their deviations or in their own units, all patients in each step, from the same starts.

`loss` is in bits for the first three, and for the parabolas the share of the loss that is left. The
rate falls to zero along half a cosine. Rates are powers of two (`power`): those of each rule and
problem are tried with seed 0 on data set aside ("tuning"), and the best runs with four other seeds
on other data ("test"). The parabolas have no data to set aside; there other seeds are other starts,
and a rate is judged by the geometric mean from eight of them.

Rules that take Adam apart: "squares", no mean of the gradients; "uncorrected", the averages as they
are; "sign", of the gradient, and "sign of mean"; "one per array" and "one in all", the mean of the
squares is taken over an array or all of them; "warm" is a rate that rises over the first tenth.
"exchanged": Adam at the best rate of "uncorrected" and the other way round, with the same seeds.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from benchmarks.experiments._adam_rules import RULES
from benchmarks.experiments._docstring_words import numbered, texts
from benchmarks.experiments._language import tenths, windows
from benchmarks.experiments._streams import trained
from dl_lib.core import Module
from dl_lib.data import diabetes, digits
from dl_lib.layers import Linear
from dl_lib.losses import cross_entropy
from dl_lib.models import GPT

__all__ = ["RUNS", "letters_network", "measure"]

LENGTH, STEPS, PIECES = 32, 400, 12_800  # letters of a piece; steps; pieces of letters in all


LIBRARY = list(RULES)[:8]
# The first and the last power of two that is tried, by problem and batch.
LADDERS = {
    ("letters", 32): {
        "sgd": (-2, 1),
        "momentum": (-3, -1),
        "adagrad": (-7, -3),
        "rmsprop": (-9, -5),
        "adadelta": (0, 4),
        "adam": (-8, -6),
        "amsgrad": (-8, -6),
        "yogi": (-8, -4),
        "squares": (-9, -5),
        "uncorrected": (-11, -7),
        "uncorrected, warm": (-10, -6),
        "warm": (-8, -6),
        "sign": (-11, -5),
        "sign of mean": (-10, -6),
        "one per array": (-8, -6),
        "one in all": (-9, -5),
    },
    ("letters", 8): {"momentum": (-4, -2), "adam": (-9, -6)},
    ("letters", 128): {"momentum": (-4, -1), "adam": (-8, -5)},
}
# The best power of two for each rule.
FAST = {
    ("digits", 32): (-1, -3, -3, -5, 2, -5, -5, -4),
    ("words", 32): (2, -1, -2, -5, 4, -5, -5, -4),
    ("scaled", 442): (-1, -1, 0, -3, 5, 0, 0, 0),
    ("units", 442): (-10, -10, -2, -4, 4, -3, -3, -3),
}
BEST = {task: dict(zip(LIBRARY, powers, strict=True)) for task, powers in FAST.items()}
LADDERS |= {
    task: {rule: (power - 3, power + 1) for rule, power in best.items()}
    for task, best in BEST.items()
}
BEST["letters", 32] = dict(
    zip(RULES, (-1, -2, -5, -7, 2, -7, -7, -6, -7, -10, -8, -7, -6, -8, -7, -7), strict=True)
)
BEST["letters", 8] = {"momentum": -3, "adam": -7}
BEST["letters", 128] = {"momentum": -2, "adam": -7}


def _run(part, task, batch, rule, power, seed):
    found = {"part": part, "task": task, "batch": batch, "rule": rule, "power": power}
    return found | {"seed": seed}


RUNS = [
    _run("tuning", *task, rule, power, 0)
    for task, ladders in LADDERS.items()
    for rule, (first, last) in ladders.items()
    for power in range(first, last + 1)
]
RUNS += [
    _run("test", *task, rule, power, seed)
    for task, best in BEST.items()
    for rule, power in best.items()
    for seed in range(1, 5)
]
RUNS += [
    _run("exchanged", "letters", 32, rule, BEST["letters", 32][other], seed)
    for rule, other in (("adam", "uncorrected"), ("uncorrected", "adam"))
    for seed in range(1, 5)
]


class _Words(Module):
    """Scores of libraries: the sum of a row of a table for each word."""

    weight: Array
    bias: Array

    def __call__(self, x: Int[Array, "batch length"]):
        return (self.weight[x] * (x > 0)[..., None]).sum(1) + self.bias


class _Digits(Module):
    first: Linear
    second: Linear

    def __call__(self, x):
        return self.second(jax.nn.relu(self.first(x)))


def letters_network(key: jax.Array) -> GPT:
    """Return a GPT of two blocks of width 32 for 27 letters."""
    return GPT(27, None, 32, 4, 2, key=key, bias=False, rotary_base=10_000.0)


def _digits_network(key):
    one, two = jax.random.split(key)
    return _Digits(Linear(64, 64, key=one), Linear(64, 10, key=two))


@functools.cache
def _data(task):
    """Return inputs and targets to learn from, to tune by and to judge by."""
    if task == "letters":
        learned, *others = (windows(part, LENGTH + 1) for part in tenths())
        parts = [learned, *(part[::LENGTH][:400] for part in others)]
        return [(jnp.asarray(p[:, :-1]), jnp.asarray(p[:, 1:])) for p in parts]
    if task == "digits":
        table = digits()
        order = np.random.default_rng(0).permutation(len(table.y))
        cut = np.split(order, [1_200, 1_500])
        X = np.asarray(table.X).reshape(len(order), -1)
        return [(jnp.asarray(X[c]), jnp.asarray(table.y[c])) for c in cut]
    rows = texts().pool, texts().tuning, texts().test
    parts = [numbered(part, False, len(part)) for part in rows]
    return [(x, y) for x, _, y in parts]


def _network(task, key):
    if task == "letters":
        return letters_network(key)
    if task == "digits":
        return _digits_network(key)
    return _Words(jnp.zeros((2_000, 8)), jnp.zeros(8))


def _bits(model, x, y):
    return cross_entropy(model(x), y) / jnp.log(2)


@functools.partial(jax.jit, static_argnames=("task", "batch", "rule"))
def _learn(task, batch, rule, rate, key, x, y):
    one, two = jax.random.split(key)
    steps = PIECES // batch if task == "letters" else STEPS

    def loss(model, key, _):
        chosen = jax.random.randint(key, (batch,), 0, len(x))
        return _bits(model, x[chosen], y[chosen]), ()

    keys = jax.random.split(two, steps)
    return trained(loss, _network(task, one), keys, rate, rule=RULES[rule])


@functools.partial(jax.jit, static_argnames="rule")
def _descend(H, start, rate, rule):
    def loss(error, _, __):
        return error @ H @ error / 2, ()

    end = trained(loss, start, jnp.arange(STEPS), rate, rule=RULES[rule])
    return (end @ H @ end) / (start @ H @ start)


def _left(task, rule, rate, seed):
    """Return the share of the loss of the parabola that is left, from the start of this seed."""
    X = np.asarray(diabetes().X, float)
    X, deviation = X - X.mean(0), X.std(0)
    start = np.asarray(jax.random.normal(jax.random.key(seed), (10,)))
    if task == "scaled":
        X, deviation = X / deviation, 1
    H = jnp.asarray(X.T @ X / len(X), jnp.float32)
    start = jnp.asarray(start / deviation, jnp.float32)
    return float(_descend(H, start, rate, rule))


def measure(part: str, task: str, batch: int, rule: str, power: int, seed: int) -> dict:
    """Train once, and return the loss on data of this part."""
    rate = 2.0**power
    if task in ("scaled", "units"):
        starts = [seed, *range(5, 12)] if part == "tuning" else [seed]
        left = [_left(task, rule, rate, start) for start in starts]
        return {"loss": float(f"{np.exp(np.log(left).mean()):.3g}")}
    learned, tuning, test = _data(task)
    model = _learn(task, batch, rule, rate, jax.random.key(seed), *learned)
    judged = tuning if part == "tuning" else test
    return {"loss": round(float(_bits(model, *judged)), 4)}
