"""The search for a probable sequence, one token after another."""

import itertools
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from dl_lib.text._tokens import require_end
from dl_lib.validation import whole_number

__all__ = ["beam_search", "exhaustive_search", "greedy_search"]

# step(tokens, state) -> (log-probabilities of the next token, state); tokens (beams,), and every
# array of the state has the beams first, except for numbers, which count for all of them.
Step = Callable[[Int[Array, "beams"], PyTree], tuple[Float[Array, "beams tokens"], PyTree]]


def beam_search(
    step: Step,
    state: PyTree,
    start: int,
    length: int,
    beams: int,
    end: int | None = None,
    length_power: float | int = 0.75,
) -> tuple[Int[Array, "beams length"], Float[Array, "beams"], Int[Array, "beams"]]:
    """Keep the k most probable beginnings at every step.

    Equation
        score = (1 / L^α) Σ_t log P(y_t | y_1, …, y_{t−1}),  L the length with the end token
    Args
        step: step(tokens, state) -> (log_probs, state), with tokens (beams,), log_probs
            (beams, tokens), and the beams first in every array of the state but its numbers
        state: before the first token, with `beams` equal entries
        start: the token before the first
        length: T′, the number of tokens
        beams: k
        end: the token after which a sequence is over and keeps its probability; None if none is
        length_power: α; sums of logarithms are negative, so a larger α favors long sequences
    Returns
        sequences, (beams, length), best first, filled up with the end token; their scores; and
        their lengths. Beams that could not be filled have score −∞
    Raises
        ValueError: if the length or the number of beams is not positive, or the end is no token
        TypeError: if one of these is no integer
    Source
        Wu et al. 2016 for a division by the length; theirs is ((5 + L) / 6)^α, this is L^α.
    Chapter
        rnn/decoding
    """
    length, beams = whole_number("length", length), whole_number("beams", beams)

    def extend(carry: tuple, _: None) -> tuple:
        tokens, state, totals, over, lengths = carry
        log_probs, state = step(tokens, state)
        size = log_probs.shape[-1]
        require_end(end, size)
        if end is not None:
            stay = jnp.where(jnp.arange(size) == end, 0.0, -jnp.inf)
            log_probs = jnp.where(over[:, None], stay, log_probs)
        totals, places = jax.lax.top_k((totals[:, None] + log_probs).ravel(), beams)
        parents, tokens = jnp.divmod(places, size)
        lengths = lengths[parents] + ~over[parents]
        over = over[parents] if end is None else over[parents] | (tokens == end)
        state = jax.tree.map(lambda x: x[parents] if jnp.ndim(x) else x, state)
        return (tokens, state, totals, over, lengths), (tokens, parents)

    # All beams begin alike: only the first may be continued, or they would stay alike.
    first = jnp.full(beams, start)
    given = jax.eval_shape(step, first, state)[0].dtype
    totals = jnp.where(jnp.arange(beams) == 0, 0.0, -jnp.inf)
    totals = totals.astype(jnp.promote_types(given, jnp.float32))  # a sum of many small numbers
    nothing = jnp.zeros(beams, bool), jnp.zeros(beams, jnp.int32)
    carry = (first, state, totals, *nothing)
    (_, _, totals, _, lengths), history = jax.lax.scan(extend, carry, None, length)
    scores = totals / lengths.astype(totals.dtype) ** length_power
    order = jnp.argsort(-scores, stable=True)
    return _trace_back(*history)[order], scores[order], lengths[order]


def greedy_search(
    step: Step, state: PyTree, start: int, length: int, end: int | None = None
) -> tuple[Int[Array, "length"], Float[Array, ""], Int[Array, ""]]:
    """Take the most probable token at every step: a beam search with one beam.

    Equation
        y_t = argmax_y P(y | y_1, …, y_{t−1})
    Args
        step: as for `beam_search`, with one beam
        state: before the first token, with one entry
        start: the token before the first
        length: the number of tokens
        end: the token after which the sequence is over; None if none is
    Returns
        the sequence, (length,), filled up with the end token; its log-probability; its length
    Raises
        ValueError: if the length is not positive, or the end is no token
        TypeError: if one of these is no integer
    Chapter
        rnn/decoding
    """
    sequences, scores, lengths = beam_search(step, state, start, length, 1, end, 0)
    return sequences[0], scores[0], lengths[0]


def exhaustive_search(
    step: Step, state: PyTree, start: int, length: int, tokens: int
) -> tuple[Int[Array, "length"], Float[Array, ""]]:
    """Try all sequences, tokens^length of them: what beam search is measured against.

    Equation
        y = argmax Σ_t log P(y_t | y_1, …, y_{t−1})  over all |Y|^T′ sequences
    Args
        step: as for `beam_search`, with as many beams as there are sequences
        state: before the first token, with one entry
        start: the token before the first
        length: T′, the number of tokens
        tokens: |Y|, how many tokens there are
    Returns
        the most probable sequence, (length,), and its log-probability
    Raises
        ValueError: if there are more than a million sequences, or none
        TypeError: if a number is no integer
    Chapter
        rnn/decoding
    """
    length, tokens = whole_number("length", length), whole_number("tokens", tokens)
    if tokens**length > 1_000_000:
        raise ValueError(f"{tokens}^{length} = {tokens**length:.2g} sequences are too many to try")
    every = jnp.asarray(list(itertools.product(range(tokens), repeat=length)))
    repeated = partial(jnp.repeat, repeats=len(every), axis=0)
    state = jax.tree.map(lambda x: repeated(x) if jnp.ndim(x) else x, state)
    current, total = jnp.full(len(every), start), jnp.zeros(len(every))
    for place in range(length):
        log_probs, state = step(current, state)
        current = every[:, place]
        total = total + jnp.take_along_axis(log_probs, current[:, None], axis=1)[:, 0]
    best = jnp.argmax(total)
    return every[best], total[best]


def _trace_back(
    tokens: Int[Array, "length beams"], parents: Int[Array, "length beams"]
) -> Int[Array, "beams length"]:
    def back(place: Int[Array, "beams"], one: tuple) -> tuple:
        tokens, parents = one
        return parents[place], tokens[place]

    last = jnp.arange(tokens.shape[1])
    return jax.lax.scan(back, last, (tokens, parents), reverse=True)[1].T
