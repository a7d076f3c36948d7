"""What experiments with pairs of sequences share: numbers, a reader and a writer, decoding."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from dl_lib.core import Module, apply, static
from dl_lib.functional import masked_softmax, padding_mask
from dl_lib.layers import GRU, AdditiveAttention, Embedding, GRUCell, Linear
from dl_lib.losses import masked_cross_entropy
from dl_lib.text import generate
from dl_lib.training import objective

__all__ = [
    "END",
    "FIRST",
    "START",
    "EncoderDecoder",
    "Memory",
    "edits",
    "numbered",
    "translated",
    "translation_loss",
    "until_end",
    "weights_of",
]

END, START, FIRST = 0, 1, 2  # numbers of a target; its symbols begin at the third
PART = 500  # sequences that are written together


class Memory(NamedTuple):
    """What the reader leaves to the writer."""

    states: Float[Array, "batch source width"]
    keys: Float[Array, "batch source hidden"]  # what attention makes of the states, once for all
    mask: Bool[Array, "batch source"]
    last: Float[Array, "batch width"]


class EncoderDecoder(Module):
    """A GRU in both directions that reads, and a GRU that writes with a context at each step.

    `context` says what that is: the last states of both directions ("last"), the mean of all
    ("mean"), or a weighted mean by additive attention ("attention").
    """

    source: Embedding
    encoder: GRU
    bridge: Linear
    target: Embedding
    attention: AdditiveAttention | None
    cell: GRUCell
    output: Linear
    context: str = static()

    def __init__(
        self,
        sizes: tuple[int, int],
        embedded: int,
        read: int,
        written: int,
        context: str,
        key: Key[Array, ""],
    ):
        keys = jax.random.split(key, 7)
        self.source = Embedding(sizes[0], embedded, key=keys[0])
        self.encoder = GRU(embedded, read, key=keys[1], bidirectional=True)
        self.bridge = Linear(2 * read, written, key=keys[2])
        self.target = Embedding(sizes[1], embedded, key=keys[3])
        self.cell = GRUCell(embedded + 2 * read, written, key=keys[4])
        self.output = Linear(written + 2 * read, sizes[1], key=keys[5])
        self.context = context
        self.attention = None
        if context == "attention":
            self.attention = AdditiveAttention(written, 2 * read, read, key=keys[6])

    def initial(
        self, source: Int[Array, "batch source"], length: int, lengths: Int[Array, " batch"]
    ):
        """The state that the writer begins with, and the memory, whatever the length to write."""
        states, ((forward, backward),) = self.encoder.run(self.source(source), None, lengths)
        last = jnp.concatenate([forward, backward], axis=-1)
        keys = states @ self.attention.key_weight if self.attention else states[..., :0]
        mask = padding_mask(lengths, source.shape[1])
        return jnp.tanh(self.bridge(last)), Memory(states, keys, mask, last)

    def weights(self, state: Float[Array, "batch written"], memory: Memory):
        """How much of each state of the reader goes into the context."""
        if self.attention is None:
            return masked_softmax(jnp.zeros(memory.mask.shape), memory.mask)
        queries = (state @ self.attention.query_weight)[:, None]
        scores = jnp.tanh(queries + memory.keys) @ self.attention.score_weight
        return masked_softmax(scores, memory.mask)

    def step(self, token: Int[Array, " batch"], state: tuple):
        """Logits of the next token, as `generate` asks for them."""
        hidden, memory = state
        seen, hidden = self._advance(token, hidden, memory)
        return self.output(seen), (hidden, memory)

    def _advance(self, token, hidden, memory):
        """What the output layer sees, and the next state."""
        context = memory.last
        if self.context != "last":
            weights = self.weights(hidden, memory)
            context = jnp.einsum("bs,bsw->bw", weights, memory.states)
        hidden = self.cell(jnp.concatenate([self.target(token), context], -1), state=hidden)
        return jnp.concatenate([hidden, context], -1), hidden

    def __call__(self, source, ctx=None, *, lengths, target):
        hidden, memory = self.initial(source, target.shape[1], lengths)

        def step(hidden, token):
            return self._advance(token, hidden, memory)[::-1]

        _, seen = jax.lax.scan(step, hidden, target.T)
        return self.output(jnp.moveaxis(seen, 0, 1))  # of all steps at once


def shifted(target: Int[Array, "batch time"]) -> Int[Array, "batch time"]:
    """What stands before each token of the target."""
    return jnp.pad(target[:, :-1], ((0, 0), (1, 0)), constant_values=START)


@objective
def translation_loss(model: Module, batch: tuple, key: jax.Array, training: bool) -> tuple:
    """Mean surprise at the tokens of the targets, the first end among them and nothing behind."""
    source, lengths, target = batch
    inputs = {"lengths": lengths, "target": shifted(target)}
    logits, model = apply(model, source, key=key, training=training, **inputs)
    ends = target == END
    counts = jnp.cumsum(ends, axis=1) - ends == 0  # no end before
    return masked_cross_entropy(logits, target, counts), model


def numbered(
    sequences: Sequence[Sequence], symbols: Sequence, length: int, first: int = 0
) -> Int[np.ndarray, "n length"]:
    """Each sequence as the places of its symbols, from `first` on, filled up with zeros."""
    places = {symbol: place for place, symbol in enumerate(symbols, first)}
    rows = np.zeros((len(sequences), length), np.int32)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = [places[symbol] for symbol in sequence]
    return rows


def until_end(tokens: Sequence[int], end: int = END) -> list[int]:
    """The tokens before the first end."""
    tokens = list(map(int, tokens))
    return tokens[: tokens.index(end)] if end in tokens else tokens


def translated(
    model: Module, source: Int[np.ndarray, "n source"], lengths: Int[np.ndarray, " n"], most: int
) -> list[list[int]]:
    """What the model writes, always the most probable token, at most so many."""
    written = []
    for start in range(0, len(source), PART):
        part = np.resize(source[start : start + PART], (PART, source.shape[1]))
        rows = _write(model, part, np.resize(lengths[start : start + PART], PART), most)
        written += [until_end(row) for row in np.asarray(rows)]
    return written[: len(source)]


@jax.jit(static_argnames="most")
def _write(model, source, lengths, most):
    begin = jnp.full((len(source), 1), START)
    return generate(model.step, model.initial(source, most, lengths), begin, most, end=END)


@jax.jit
def weights_of(
    model: EncoderDecoder,
    source: Int[Array, "batch source"],
    lengths: Int[Array, " batch"],
    target: Int[Array, "batch time"],
) -> Float[Array, "batch time source"]:
    """The weights of attention when these targets are written."""
    hidden, memory = model.initial(source, target.shape[1], lengths)

    def step(hidden, token):
        _, (after, _) = model.step(token, (hidden, memory))
        return after, model.weights(hidden, memory)

    return jnp.moveaxis(jax.lax.scan(step, hidden, shifted(target).T)[1], 0, 1)


def edits(found: Sequence, wanted: Sequence) -> int:
    """Return the fewest tokens to change, leave out or put in, to make one of the other."""
    row = list(range(len(wanted) + 1))
    for i, a in enumerate(found, 1):
        above, row = row, [i]
        for j, b in enumerate(wanted, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]
