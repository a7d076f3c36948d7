"""What each part of a Transformer is worth: one is taken away at a time.

Phrases with numbers, dates and amounts, are translated from English to French: the halves of the
records of `synthetic_translations` that name a number, at most 12 tokens in both languages, none
twice; 4,000 to learn, 400 to tune by, 1,000 for the test. The network has two layers on either
side, width 32, and the norms first in each branch; "norm behind" has them behind the sums, as first
published. All parts are computed in every run, by one program, and a switch multiplies what is
taken away by zero. What the names don't say: "bare" has embeddings, places, cross-attention and
sums only; "linear" has no ReLU in its networks; without a "mask" the writer learns with all of the
target in sight, and writes, like all, with what it has written; "cold" has the full rate from the
first step on, where the others take 40 steps to get there. "recurrent" is a GRU with attention, of
as many parameters within 2 percent.

400 steps with 32 phrases each, by Adam, gradients no longer than 1, a rate that falls along half a
cosine. Every network is tried at four rates or more ("tuning", by the bits of a token with the
truth before it), the best inside the ladder, and runs at it with three other seeds ("test").
"masked" are these bits where a network trained without a mask is judged with it, "learned" those of
the last 20 steps, "exact" the share of phrases written without a fault.
"""

import functools
import random
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from benchmarks.experiments._pairs import (
    END,
    FIRST,
    START,
    EncoderDecoder,
    numbered,
    shifted,
    until_end,
)
from benchmarks.experiments._switches import Switches, forward
from benchmarks.experiments.translation import tokens
from dl_lib.core import Module, parameter_count
from dl_lib.data import synthetic_translations
from dl_lib.losses import masked_cross_entropy
from dl_lib.metrics import corpus_bleu
from dl_lib.models import Transformer
from dl_lib.optim import adam, apply_updates, chain, clip_by_global_norm

__all__ = ["RUNS", "arrays", "bits", "build", "measure", "phrases"]

LONGEST, RECORDS, LEARNED, TUNING, TEST = 12, 4_000, 4_000, 400, 1_000
SHAPE = WIDTH, HEADS, HIDDEN, DEPTH = 32, 4, 64, 2
STEPS, BATCH, WARM = 400, 32, 40
LADDER = (0.006, 0.012, 0.024, 0.048)
LOWER = (0.003, 0.006, 0.012, 0.024)
ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
MORE = "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = frozenset(f"{ONES} {MORE}".split())


FIRST_NETWORKS = {
    "whole": {},
    "no cross-attention": {"cross": 0.0},
    "no residuals": {"residual": 0.0},
    "no places": {"read_places": 0.0, "write_places": 0.0},
    "no places, reader": {"read_places": 0.0},
    "no places, writer": {"write_places": 0.0},
    "no self-attention, reader": {"read_self": 0.0},
    "no self-attention, writer": {"write_self": 0.0},
    "no self-attention, no places, writer": {"write_self": 0.0, "write_places": 0.0},
    "bare": {"read_self": 0.0, "write_self": 0.0, "feed": 0.0, "norm": 0.0},
    "no mask": {"mask": 0.0},
    "no feed-forward": {"feed": 0.0},
    "linear": {"relu": 0.0},
    "cold": {},
    "recurrent": {},
}
BEHIND_NETWORKS = {
    "no norms": {"norm": 0.0},
    "norm behind": {"first": 0.0},
    "norm behind, cold": {"first": 0.0},
    "norm behind, no feed-forward": {"first": 0.0, "feed": 0.0},
    "norm behind, no self-attention, reader": {"first": 0.0, "read_self": 0.0},
}
NETWORKS = FIRST_NETWORKS | BEHIND_NETWORKS
LADDERS = dict.fromkeys(FIRST_NETWORKS, LADDER) | dict.fromkeys(BEHIND_NETWORKS, LOWER)
LADDERS["recurrent"] = (*LADDER, 0.096)
LADDERS["no residuals"] = (0.0003, 0.001, 0.003, 0.006, 0.012)
BEST = dict.fromkeys(NETWORKS, 0.012) | {
    "no cross-attention": 0.024,
    "no residuals": 0.006,
    "no self-attention, reader": 0.024,
    "no mask": 0.024,
    "recurrent": 0.048,
    "norm behind, cold": 0.006,
}


def _run(part, network, rate, seed):
    return {"part": part, "network": network, "rate": rate, "seed": seed}


RUNS = [_run("tuning", network, rate, 0) for network, rates in LADDERS.items() for rate in rates]
RUNS += [_run("test", network, rate, seed) for network, rate in BEST.items() for seed in (1, 2, 3)]


class Phrases(NamedTuple):
    """Pairs of token lists for each part, and the tokens of either language."""

    learned: list
    tuning: list
    test: list
    english: list[str]
    french: list[str]


@functools.cache
def phrases() -> Phrases:
    """Return the halves of records that name a number and are not too long."""
    found = {}
    for record in synthetic_translations(RECORDS):
        for half in zip(*(text.split(";") for text in record), strict=True):
            english, french = map(tokens, half)
            numeral = not NUMBERS.isdisjoint(english) or any(map(str.isdigit, english))
            if numeral and len(english) <= LONGEST and len(french) < LONGEST:
                found.setdefault(tuple(english), french)
    pairs = [(list(english), french) for english, french in found.items()]
    random.Random(0).shuffle(pairs)
    test, tuning = pairs[:TEST], pairs[TEST : TEST + TUNING]
    learned = pairs[TEST + TUNING :][:LEARNED]
    used = [*test, *tuning, *learned]
    known = (sorted({token for pair in used for token in pair[side]}) for side in (0, 1))
    return Phrases(learned, tuning, test, *known)


def arrays(part: list) -> tuple:
    """Return sources, their lengths, and targets with an end."""
    sources = numbered([english for english, _ in part], phrases().english, LONGEST)
    lengths = np.array([len(english) for english, _ in part], np.int32)
    targets = numbered([french for _, french in part], phrases().french, LONGEST, FIRST)
    return tuple(map(jnp.asarray, (sources, lengths, targets)))


def build(network: str, key: Array) -> Module:
    """Return the network of this name before it has learned."""
    sizes = len(phrases().english), FIRST + len(phrases().french)
    if network == "recurrent":
        return EncoderDecoder(sizes, 32, 24, 27, "attention", key)
    return Transformer(sizes[0], *SHAPE, key=key, target_vocabulary=sizes[1], norm_first=True)


def _scores(model, source, lengths, before, s):
    if isinstance(model, EncoderDecoder):
        return model(source, lengths=lengths, target=before)
    return forward(model, source, lengths, before, s)


def surprise(model: Module, batch: tuple, s: Switches) -> Float[Array, ""]:
    """Return the mean bits of a token of the targets, the first end among them."""
    source, lengths, target = batch
    ends = target == END
    counts = jnp.cumsum(ends, axis=1) - ends == 0
    scores = _scores(model, source, lengths, shifted(target), s)
    return masked_cross_entropy(scores, target, counts) / jnp.log(2)


bits = jax.jit(surprise)


@jax.jit
def learn(model, data, places, rate, warm, s):
    """Return the model after a step for each row of places, and the bits of each step."""
    rule = chain(clip_by_global_norm(1.0), adam(1.0))

    def advance(carry, numbered_places):
        (model, memory), (number, chosen) = carry, numbered_places
        batch = tuple(array[chosen] for array in data)
        value, slopes = jax.value_and_grad(surprise)(model, batch, s)
        updates, memory = rule.update(slopes, memory, model)
        factor = rate * jnp.minimum(1, (number + 1) / warm)
        factor = factor * (1 + jnp.cos(jnp.pi * number / len(places))) / 2
        model = apply_updates(model, jax.tree.map(lambda u: factor * u, updates))
        return (model, memory), value

    steps = jnp.arange(len(places)), places
    (model, _), values = jax.lax.scan(advance, (model, rule.init(model)), steps)
    return model, values


@jax.jit
def written(model, source, lengths, s):
    """Return the most probable tokens, each with those before it, (batch, steps)."""
    s = s._replace(mask=jnp.ones(()))

    def step(before, place):
        token = _scores(model, source, lengths, before, s)[:, place].argmax(-1)
        return before.at[:, place + 1].set(token, mode="drop"), token

    before = jnp.full((len(source), LONGEST), START)
    return jax.lax.scan(step, before, jnp.arange(LONGEST))[1].T


def measure(part: str, network: str, rate: float, seed: int) -> dict[str, float]:
    """Learn to translate phrases with these parts, and judge what is known and written."""
    first, order = jax.random.split(jax.random.key(seed))
    s = Switches(*map(jnp.float32, Switches(**NETWORKS[network])))
    warm = jnp.float32(1 if "cold" in network else WARM)
    places = jax.random.randint(order, (STEPS, BATCH), 0, LEARNED)
    model, values = learn(
        build(network, first), arrays(phrases().learned), places, jnp.float32(rate), warm, s
    )
    judged = phrases().tuning if part == "tuning" else phrases().test
    data = arrays(judged)
    rows = np.asarray(written(model, *data[:2], s))
    texts = [[phrases().french[n - FIRST] for n in until_end(row) if n >= FIRST] for row in rows]
    right = [text == french for text, (_, french) in zip(texts, judged, strict=True)]
    found = {
        "bits": bits(model, data, s),
        "masked": bits(model, data, s._replace(mask=jnp.ones(()))),
        "learned": values[-20:].mean(),
        "exact": np.mean(right),
        "bleu": 100 * corpus_bleu(texts, [[french] for _, french in judged]),
        "parameters": parameter_count(model),
    }
    return {name: round(float(value), 4) for name, value in found.items()}
