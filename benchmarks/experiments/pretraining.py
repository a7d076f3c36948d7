"""What text without labels is worth: from which library is a sentence, with few that are labeled?

The first sentences of docstrings are to be told apart, eight libraries, as many labels of each.
A small Transformer is trained on the labels alone ("none"), or first on what nobody has labeled,
the words of all other docstrings: "masked", four words of 16 are hidden and named from both sides;
"causal", each word is named from those before it. What the causal task owes to its text:
"shuffled", the words of each piece stand in any order; "scattered", the words of all texts do. And
without a step: "counts", the words' vectors are directions of the table of docstrings and words, by
singular values. Docstrings whose first sentence is used to tune or to judge are not read.
"head" says what the scores are read from: "cls", the vector of a token before the sentence; "last",
of the token behind it, and all look back only; "mean", the mean of the words' vectors.
Tuned ("tuning", on sentences set aside, once): six rates of pretraining by four of the steps on
200 labels. Judged ("test") with other seeds: they draw the weights, what is hidden, and the labels.
"bits" of a word that is asked for, in docstrings that were not read.
The words of a library's own name are left out of all texts.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from benchmarks.experiments._docstring_words import (
    LENGTH,
    SIZE,
    counted,
    drawn,
    numbered,
    texts,
)
from benchmarks.experiments._hidden_words import hidden
from benchmarks.experiments._streams import trained
from dl_lib.core import Module, edit
from dl_lib.functional import causal_mask, gelu, padding_mask
from dl_lib.layers import Embedding, LayerNorm, Linear, MultiHeadAttention
from dl_lib.losses import cross_entropy

__all__ = ["RUNS", "WIDTH", "Classifier", "Layer", "Stack", "measure"]

WIDTH, HEADS, DEPTH, STEPS, BATCH = 32, 4, 2, 2_000, 32
LABELS, FINE_STEPS = (48, 200, 800), 150
FINE_RATES = (0.001, 0.003, 0.01, 0.03)
RATES = (0.0001, 0.0003, *FINE_RATES)
# task, head, best of the rates
NETWORKS = [
    ("none", "cls", 0, 0.01),
    ("none", "mean", 0, 0.01),
    ("none", "last", 0, 0.01),
    ("masked", "cls", 0.001, 0.003),
    ("masked", "mean", 0.003, 0.01),
    ("causal", "last", 0.003, 0.01),
    ("shuffled", "last", 0.01, 0.01),
    ("scattered", "last", 0.0003, 0.01),
    ("counts", "mean", 0, 0.01),
]
NAMES = ("part", "task", "head", "rate", "fine_rate", "seed")


def _run(*settings):
    return dict(zip(NAMES, settings, strict=True))


RUNS = [
    _run("tuning", task, head, rate, 0, 0)
    for task, head, *_ in NETWORKS
    for rate in ((0,) if task in ("none", "counts") else RATES)
]
RUNS += [_run("test", *network, seed) for seed in range(1, 4) for network in NETWORKS]


class Layer(Module):
    """Attention and a small network, with a norm in front of each."""

    attention: MultiHeadAttention
    norms: tuple[LayerNorm, LayerNorm]
    wide: Linear
    narrow: Linear

    def __init__(self, key):
        one, two, three = jax.random.split(key, 3)
        self.attention = MultiHeadAttention(WIDTH, HEADS, key=one, rotary_base=100.0)
        self.norms = LayerNorm(WIDTH), LayerNorm(WIDTH)
        self.wide = Linear(WIDTH, 4 * WIDTH, key=two)
        self.narrow = Linear(4 * WIDTH, WIDTH, key=three)

    def __call__(self, h, mask):
        h = h + self.attention(self.norms[0](h), mask=mask)
        return h + self.narrow(gelu(self.wide(self.norms[1](h)), approximate=True))


class Stack(Module):
    """Vectors of words, and layers of attention that see what the mask lets them see."""

    words: Embedding
    layers: tuple[Layer, ...]
    norm: LayerNorm

    def __init__(self, *, key):
        first, *keys = jax.random.split(key, DEPTH + 1)
        small = jax.nn.initializers.normal(0.1)
        self.words = Embedding(SIZE, WIDTH, key=first, initializer=small)
        self.layers = tuple(Layer(k) for k in keys)
        self.norm = LayerNorm(WIDTH)

    def __call__(self, x: Int[Array, "batch time"], mask=None):
        h = self.words(x)
        for layer in self.layers:
            h = layer(h, mask)
        return self.norm(h)


class Classifier(Module):
    """A stack, and the scores of the libraries from its vector of <cls> or from the mean."""

    stack: Stack
    output: Linear

    def __init__(self, stack, *, key):
        self.stack, self.output = stack, Linear(WIDTH, 8, key=key)

    def __call__(self, x, lengths, head):
        mask = padding_mask(lengths, LENGTH)[:, None, None]
        h = self.stack(x, mask & causal_mask(LENGTH) if head == "last" else mask)
        if head != "mean":
            return self.output(h[jnp.arange(len(x)), lengths - 1 if head == "last" else 0])
        real = padding_mask(lengths, LENGTH)[..., None]
        return self.output((h * real).sum(1) / lengths[:, None])


def _surprise(stack, task, key, x):
    """Mean nats of the words that are asked for; scores are products with the words' vectors."""
    seen, at, wanted, mask = hidden(task, key, x)
    h = jnp.take_along_axis(stack(seen, mask), at[..., None], 1).reshape(-1, WIDTH)
    return cross_entropy(h @ stack.words.weight.T, wanted.reshape(-1))


@functools.partial(jax.jit, static_argnames=("task", "steps"))
def pretrain(stack: Stack, words: Array, rate: float, key: Array, *, task: str, steps: int):
    """Return the stack after so many steps on pieces drawn from the text."""

    def loss(stack, key, _):
        where, how = jax.random.split(key)
        start = jax.random.randint(where, (BATCH, 1), 0, len(words) - LENGTH)
        return _surprise(stack, task, how, words[start + jnp.arange(LENGTH)]), ()

    return trained(loss, stack, jax.random.split(key, steps), rate)


@functools.partial(jax.jit, static_argnames="task")
def _bits(stack, words, *, task):
    x = words[: 1_000 * LENGTH].reshape(-1, LENGTH)
    return _surprise(stack, task, jax.random.key(0), x) / jnp.log(2)


@functools.partial(jax.jit, static_argnames="head")
def fine_tune(model: Classifier, rows: tuple, draws: Array, rate: float, *, head):
    """Return the classifier after a step for each row of `draws`, numbers of labeled sentences."""
    x, lengths, y = rows

    def loss(model, at, _):
        return cross_entropy(model(x[at], lengths[at], head), y[at]), ()

    return trained(loss, model, draws, rate)


@functools.partial(jax.jit, static_argnames="head")
def right(model: Classifier, rows: tuple, *, head) -> Array:
    """Return the share of sentences whose library has the highest score."""
    x, lengths, y = rows
    return (model(x, lengths, head).argmax(1) == y).mean()


def _accuracy(stack, labels, fine_rate, seed, judged, head):
    rows = numbered(drawn(labels, seed), head == "last", max(LABELS))
    draws = np.random.default_rng(seed).integers(0, labels, (FINE_STEPS, 32))
    model = Classifier(stack, key=jax.random.key(seed + 100))
    model = fine_tune(model, rows, jnp.asarray(draws), fine_rate, head=head)
    judged = numbered(judged, head == "last", len(judged))
    return float(right(model, judged, head=head))


@functools.cache
def _stack(task, rate, seed):
    """The stack, pretrained, and its bits in words that it has not learned from."""
    one, two = jax.random.split(jax.random.key(seed))
    stack = Stack(key=one)
    if task == "none":
        return stack, np.nan
    if task == "counts":
        return edit(stack, {"words.weight": jnp.asarray(counted(WIDTH))}), np.nan
    words, fresh = texts().words, texts().fresh
    if task == "scattered":
        words, fresh = map(np.random.default_rng(seed).permutation, (words, fresh))
    stack = pretrain(stack, jnp.asarray(words), rate, two, task=task, steps=STEPS)
    return stack, float(_bits(stack, jnp.asarray(fresh), task=task))


def measure(part: str, task: str, head: str, rate: float, fine_rate: float, seed: int) -> dict:
    """Pretrain, fine-tune, and return the shares of right answers, of each rate or of each draw."""
    stack, bits = _stack(task, rate, seed)
    found = {"bits": bits}
    for each in FINE_RATES:  # blank where nothing is tuned
        found[f"right_at_{each}"] = np.nan
        if part == "tuning":
            share = _accuracy(stack, 200, each, 10, texts().tuning, head)
            found[f"right_at_{each}"] = share
    for labels in LABELS:
        found[f"right_of_{labels}"] = np.nan
        if part == "test":
            found[f"right_of_{labels}"] = _accuracy(
                stack, labels, fine_rate, seed, texts().test, head
            )
    return {name: round(float(value), 4) for name, value in found.items()}
