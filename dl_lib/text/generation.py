"""Writing on: choose the next token, append it, repeat."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree, ScalarLike

from dl_lib.functional import softmax
from dl_lib.text._tokens import require_end
from dl_lib.validation import require_axes, whole_number

__all__ = ["generate", "next_token_probabilities"]


def next_token_probabilities(
    logits: Float[Array, "... vocabulary"],
    temperature: ScalarLike = 1.0,
    top_k: int | None = None,
) -> Float[Array, "... vocabulary"]:
    """The distribution that the next token is drawn from.

    Equation
        Pᵢ = mᵢ pᵢ / Σⱼ mⱼ pⱼ,  p = softmax(o / T),  mᵢ = 1 if oᵢ is one of the k largest, else 0
    Args
        logits: o, (..., vocabulary)
        temperature: T > 0; towards 0 the most probable token is certain, towards ∞ all are alike
        top_k: k; None for all. What equals the k-th largest stays too
    Returns
        same shape as `logits`, sums to one
    Raises
        ValueError: if a known temperature is not positive, or k is not between 1 and the vocabulary
    Source
        Fan, Lewis & Dauphin 2018 for the k most probable.
    Chapter
        rnn/seq2seq
    """
    probabilities = softmax(logits, temperature=temperature)
    if top_k is None:
        return probabilities
    if not 1 <= top_k <= logits.shape[-1]:
        raise ValueError(f"top_k must lie in 1..{logits.shape[-1]}, got {top_k}")
    top_k = whole_number("top_k", top_k)
    smallest = jax.lax.top_k(logits, top_k)[0][..., -1:]
    probabilities = jnp.where(logits >= smallest, probabilities, 0)
    return probabilities / jnp.sum(probabilities, axis=-1, keepdims=True)


def generate(
    step: Callable[[Int[Array, "batch"], PyTree], tuple[Float[Array, "batch tokens"], PyTree]],
    state: PyTree,
    prompt: Int[Array, "batch time"],
    length: int,
    key: Key[Array, ""] | None = None,
    temperature: ScalarLike | None = None,
    top_k: int | None = None,
    end: int | None = None,
) -> Int[Array, "batch length"]:
    """Write on from a prompt, one token after another, all in one scan.

    Equation
        y_t ~ P(· | y_1, …, y_{t−1}), see `next_token_probabilities`;  without a key their argmax
    Args
        step: step(tokens, state) -> (logits, state), as for `beam_search`: it takes (batch,) tokens
            and knows all before them from the state, the state of an RNN or stored keys and values
        state: before the first token
        prompt: what is there already, (batch, time), with one token or more
        length: how many tokens to write
        key: random key to draw with; None takes the most probable token
        temperature: of the draw; None for 1
        top_k: draw from so many only; None for all
        end: the token after which a sequence is over and is filled up with it; None if none is
    Returns
        the new tokens, (batch, length)
    Raises
        ValueError: if there is no prompt or the length is not positive, the end is no token, or a
            temperature or a k is to shape draws for which there is no key
        TypeError: if the prompt holds no integers, or a number is no integer
    Source
        Graves 2013.
    Chapter
        rnn/seq2seq
    """
    require_axes("prompt", prompt, "batch, time")
    if not jnp.issubdtype(prompt.dtype, jnp.integer):
        raise TypeError(f"prompt must hold the numbers of tokens, integers, got {prompt.dtype}")
    length, time = whole_number("length", length, least=0), prompt.shape[1]
    if length < 1 or time < 1:
        raise ValueError(
            f"length must be positive and the prompt not empty, got {length} and {time} tokens"
        )
    if key is None and not (temperature is None and top_k is None):
        raise ValueError("temperature and top_k are for random draws: they need a key")

    def extend(carry: tuple, inputs: tuple) -> tuple:
        token, state, over = carry
        given, written, key = inputs
        logits, state = step(token, state)
        require_end(end, logits.shape[-1])
        new = _choose(logits, key, temperature, top_k).astype(prompt.dtype)
        new = jnp.where(written, new, given)  # what the prompt says comes next is not chosen
        if end is not None:
            new = jnp.where(over, end, new)
            over = over | (written & (new == end))
        return (new, state, over), new

    steps = time - 1 + length
    given = jnp.pad(prompt[:, 1:].T, ((0, length), (0, 0)))
    written = jnp.arange(steps) >= time - 1
    keys = None if key is None else jax.random.split(key, steps)
    carry = prompt[:, 0], state, jnp.zeros(prompt.shape[0], bool)
    _, tokens = jax.lax.scan(extend, carry, (given, written, keys))
    return tokens[time - 1 :].T


def _choose(
    logits: Float[Array, "batch tokens"],
    key: Key[Array, ""] | None,
    temperature: ScalarLike | None,
    top_k: int | None,
) -> Int[Array, "batch"]:
    if key is None:
        return jnp.argmax(logits, axis=-1)
    temperature = 1.0 if temperature is None else temperature
    return jax.random.categorical(
        key, jnp.log(next_token_probabilities(logits, temperature, top_k))
    )
