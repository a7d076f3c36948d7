"""Spelling to sounds through one vector: what the vector costs, and which way of using it is best.

Words of 3 to 12 letters of the CMU dictionary are read by a GRU and pronounced by another, which
gets the last state of the first as its context c. Networks of all ways have the same weights and
the same number of them, read the same 32,000 words (in the runs of 2,000 steps 128,000) in the same
order, and differ only in what their name says:

"whole": c is the first state and is read again at every step; "start": c is the first state only;
"every step": the first state is 0; "reversed": the letters are read backward; "open 12", 24 or 48:
all entries of c but so many are 0; "following": what the decoder reads at step t is not c, but the
state of the encoder after letter t + 2; "own" and "half own": while learning, all or half of the
sounds that are fed back are the network's own. "copy" and "copy following" have to write the
letters themselves.

Each way is tried at three rates ("tuning") and runs at its best with three other seeds ("test"), on
words that were neither learned nor used to tune.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.experiments._pairs import edits, until_end
from dl_lib.core import Module
from dl_lib.data import pronunciations
from dl_lib.layers import GRU, Embedding, RNNDecoder
from dl_lib.losses import masked_cross_entropy
from dl_lib.optim import adam, apply_updates, chain, clip_by_global_norm, cosine_schedule

__all__ = ["RUNS", "measure"]

WIDTH, EMBEDDED, BATCH, STEPS = 96, 32, 64, 500
LETTERS, SOUNDS = range(3, 13), 16  # lengths of words; of pronunciations with their end, at most
START, END, FIRST = 0, 1, 2
JUDGED = 2_000  # words to tune by, and as many for the test
AHEAD = 2
RATES = (0.01, 0.02, 0.04)
# The best of the rates, by edits; the runs of 2,000 steps have the same.
WAYS = {
    "whole": 0.02,
    "start": 0.02,
    "every step": 0.02,
    "reversed": 0.02,
    "open 12": 0.02,
    "open 24": 0.02,
    "open 48": 0.02,
    "following": 0.01,
    "own": 0.02,
    "half own": 0.02,
    "copy": 0.02,
    "copy following": 0.01,
}


def _run(part, way, steps, rate, seed):
    return {"part": part, "way": way, "steps": steps, "rate": rate, "seed": seed}


RUNS = [_run("tuning", way, STEPS, rate, 0) for way in WAYS for rate in RATES]
RUNS += [_run("test", way, STEPS, best, seed) for seed in (1, 2, 3) for way, best in WAYS.items()]
RUNS += [
    _run("test", way, 4 * STEPS, WAYS[way], seed)
    for seed in (1, 2, 3)
    for way in ("whole", "following")
]


class Model(Module):
    """An encoder and a decoder, with all that can be changed about what lies between them."""

    letters: Embedding
    encoder: GRU
    decoder: RNNDecoder

    def contexts(self, x, lengths, changes):
        """The context of each step, and the state before the first."""
        outputs, (last,) = self.encoder.run(self.letters(x), None, lengths)
        last = last * (jnp.arange(WIDTH) < changes["open"])
        place = jnp.minimum(jnp.arange(SOUNDS) + AHEAD, lengths[:, None] - 1)
        following = jnp.take_along_axis(outputs, place[..., None], axis=1)
        again = jnp.where(changes["following"], following, last[:, None] * changes["again"])
        return again, last * changes["first"]

    def step(self, tokens, context, state):
        """The logits after one more token, and the state."""
        inputs = jnp.concatenate([self.decoder.embedding(tokens), context], axis=-1)
        outputs, (state,) = self.decoder.recurrent.run(inputs[:, None], (state,))
        return self.decoder.output(outputs[:, 0]), state

    def forced(self, x, lengths, y, changes):
        """The logits with the true tokens fed back."""
        again, state = self.contexts(x, lengths, changes)
        before = jnp.pad(y[:, :-1], ((0, 0), (1, 0)), constant_values=START)
        inputs = jnp.concatenate([self.decoder.embedding(before), again], axis=-1)
        outputs, _ = self.decoder.recurrent.run(inputs, (state,))
        return self.decoder.output(outputs)

    def own(self, x, lengths, y, changes, mine):
        """The logits with the model's own tokens fed back where `mine` says so."""
        again, state = self.contexts(x, lengths, changes)

        def advance(carry, inputs):
            token, state = carry
            context, true, own = inputs
            logits, state = self.step(token, context, state)
            return (jnp.where(own, jnp.argmax(logits, -1), true), state), logits

        carry = jnp.full(len(x), START), state
        times = jnp.moveaxis(again, 1, 0), y.T, jnp.broadcast_to(mine, y.shape).T
        return jnp.moveaxis(jax.lax.scan(advance, carry, times)[1], 0, 1)


@functools.cache
def _words():
    """Return spellings, lengths, sounds and letters in an order drawn once, as arrays."""
    pairs = pronunciations(stress=False)
    pairs = [pair for pair in pairs if len(pair[0]) in LETTERS and len(pair[1]) < SOUNDS]
    pairs = [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))]
    names = sorted({sound for _, sounds in pairs for sound in sounds})
    x = np.zeros((len(pairs), LETTERS[-1]), np.int32)
    sounds, copies = np.full((2, len(pairs), SOUNDS), END, np.int32)
    for i, (word, spoken) in enumerate(pairs):
        x[i, : len(word)] = [ord(letter) - ord("a") for letter in word]
        copies[i, : len(word)] = x[i, : len(word)] + FIRST
        sounds[i, : len(spoken)] = [names.index(sound) + FIRST for sound in spoken]
    return x, np.array([len(word) for word, _ in pairs]), sounds, copies


@functools.partial(jax.jit, static_argnames="feeds")
def _train(model, data, batches, rate, share, key, changes, feeds):
    steps = len(batches)
    optimizer = chain(clip_by_global_norm(1.0), adam(1.0))

    def loss(model, x, lengths, y, key):
        mask = jnp.cumsum(y == END, axis=1) <= 1
        if feeds:
            mine = jax.random.bernoulli(key, share, y.shape)
            logits = model.own(x, lengths, y, changes, mine)
        else:
            logits = model.forced(x, lengths, y, changes)
        return masked_cross_entropy(logits, y, mask)

    def advance(carry, inputs):
        model, state = carry
        batch, count, key = inputs
        gradient = jax.grad(loss)(model, *(part[batch] for part in data), key)
        updates, state = optimizer.update(gradient, state, model)
        factor = rate * cosine_schedule(1.0, steps)(count)
        model = apply_updates(model, jax.tree.map(lambda u: factor * u, updates))
        return (model, state), None

    inputs = batches, jnp.arange(steps), jax.random.split(key, steps)
    (model, _), _ = jax.lax.scan(advance, (model, optimizer.init(model)), inputs)
    return model


@jax.jit
def _write(model, x, lengths, y, changes):
    free = model.own(x, lengths, y, changes, jnp.array(True))
    return jnp.argmax(free, -1), jnp.argmax(model.forced(x, lengths, y, changes), -1)


def measure(part: str, way: str, steps: int, rate: float, seed: int) -> dict[str, float]:
    """Train and return shares of wrong sounds: by edits, by length, and with the truth fed back."""
    spellings, lengths, sounds, copies = _words()
    targets = copies if "copy" in way else sounds
    if way == "reversed":
        places = np.maximum(lengths[:, None] - 1 - np.arange(LETTERS[-1]), 0)
        spellings = np.take_along_axis(spellings, places, axis=1)
    changes = {
        "open": float(way.removeprefix("open ")) if "open" in way else float(WIDTH),
        "following": "following" in way,
        "again": float(way != "start"),
        "first": float(way != "every step"),
    }
    first, second, third, fourth = jax.random.split(jax.random.key(seed), 4)
    model = Model(
        Embedding(26, EMBEDDED, key=first),
        GRU(EMBEDDED, WIDTH, key=second),
        RNNDecoder(FIRST + 39, EMBEDDED, WIDTH, key=third),
    )
    learned = np.random.default_rng(seed).permutation(np.arange(2 * JUDGED, len(lengths)))
    batches = np.resize(learned, (steps, BATCH))
    share = 0.5 if way == "half own" else 1.0
    data = spellings, lengths, targets
    model = _train(model, data, batches, rate, share, fourth, changes, feeds="own" in way)
    judged = slice(JUDGED, 2 * JUDGED) if part == "tuning" else slice(JUDGED)
    x, n, y = (part[judged] for part in data)
    written, guessed = map(np.asarray, _write(model, x, n, y, changes))
    return _judge(written, guessed, y, n)


def _judge(written, guessed, y, lengths):
    wanted = [until_end(row, END) for row in y]
    wrong = np.array([edits(until_end(a, END), b) for a, b in zip(written, wanted, strict=True)])
    sizes = np.array([len(b) for b in wanted])
    missed = guessed != y
    long = lengths >= 9
    early = missed[long, :3].mean()
    late = np.mean(
        [row[n - 3 : n].mean() for row, n in zip(missed[long], sizes[long], strict=True)]
    )
    result = {"words": float(np.mean(wrong == 0)), "sounds": float(wrong.sum() / sizes.sum())}
    result |= {"early": float(early), "late": float(late)}
    for n in LETTERS:
        here = lengths == n
        result[f"sounds_{n}"] = float(wrong[here].sum() / sizes[here].sum())
    return result
