"""Which query may look at which key: masks that are True where it may."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key

from dl_lib.validation import require_count, require_nonnegative, require_positive

__all__ = [
    "bigbird_mask",
    "causal_mask",
    "global_mask",
    "local_mask",
    "longformer_mask",
    "padding_mask",
    "random_mask",
    "strided_mask",
]


def causal_mask(
    queries: int, keys: int | None = None, offset: int | Int[Array, ""] | None = None
) -> Bool[Array, "queries keys"]:
    """Look at the past and at oneself, never at the future.

    Equation
        mᵢⱼ = 1 if j ≤ i + offset
    Args
        queries: how many
        keys: how many; None for as many as queries
        offset: position of the first query among the keys, for decoding with stored keys; None for
            keys − queries, so that the last query is the last key and sees all
    Returns
        (queries, keys), lower triangular where there are as many of both
    Raises
        ValueError: if a number is negative, or there are more queries than keys and no offset
    Source
        Vaswani et al. 2017, section 3.2.3. Differs from PyTorch's `is_causal`, whose first query is
        always the first key.
    Chapter
        attention/attention_scoring
    """
    keys = queries if keys is None else keys
    for name, value in (("queries", queries), ("keys", keys)):
        require_nonnegative(name, value)
    if offset is None:
        offset = keys - queries
        if offset < 0:
            raise ValueError(f"{queries} causal queries need as many keys or more, got {keys}")
    require_nonnegative("offset", offset)
    return jnp.arange(keys) <= jnp.arange(queries)[:, None] + offset


def padding_mask(lengths: Int[Array, "..."], size: int) -> Bool[Array, "... size"]:
    """Look at the tokens, not at the padding behind them.

    For scores (batch, heads, queries, keys) take `padding_mask(lengths, keys)[:, None, None, :]`.

    Equation
        mⱼ = 1 if j < length
    Args
        lengths: number of valid entries, (batch,), or (batch, queries) for one a query
        size: length of the padded axis
    Returns
        the shape of `lengths`, then (size,)
    Raises
        ValueError: if a length is no integer, or is known and negative or exceeds the size
    Chapter
        attention/attention_scoring
    """
    require_count("lengths", lengths, size)
    return jnp.arange(size) < lengths[..., None]


def local_mask(length: int, reach: int) -> Bool[Array, "length length"]:
    """Look at neighbors: a band around the diagonal.

    Equation
        mᵢⱼ = 1 if |i − j| ≤ w
    Args
        length: of the sequence
        reach: w, so that a window holds 2w + 1 positions, fewer at the ends
    Returns
        (length, length)
    Raises
        ValueError: if w or the length is negative
    Chapter
        attention/efficient_attention
    """
    require_nonnegative("length", length)
    require_nonnegative("reach", reach)
    position = jnp.arange(length)
    return jnp.abs(position[:, None] - position) <= reach


def strided_mask(length: int, stride: int) -> Bool[Array, "length length"]:
    """Look at every k-th position, counted from oneself.

    Equation
        mᵢⱼ = 1 if (i − j) mod k = 0
    Args
        length: of the sequence
        stride: k
    Returns
        (length, length)
    Raises
        ValueError: if k is not positive, or the length is negative
    Source
        Child et al. 2019, section 4.2.
    Chapter
        attention/efficient_attention
    """
    require_nonnegative("length", length)
    require_positive("stride", stride)
    position = jnp.arange(length)
    return (position[:, None] - position) % stride == 0


def global_mask(length: int, tokens: int) -> Bool[Array, "length length"]:
    """A few tokens look everywhere, and everybody looks at them.

    Equation
        mᵢⱼ = 1 if i < g or j < g
    Args
        length: of the sequence
        tokens: g, the first so many positions
    Returns
        (length, length), symmetric
    Raises
        ValueError: if g is negative or exceeds the length
    Chapter
        attention/efficient_attention
    """
    require_count("tokens", tokens, length)
    special = jnp.arange(length) < tokens
    return special[:, None] | special


def random_mask(length: int, count: int, key: Key[Array, ""]) -> Bool[Array, "length length"]:
    """Every query looks at a few keys drawn at random, without replacement.

    Args
        length: of the sequence
        count: r, how many keys a query
        key: random key
    Returns
        (length, length), with r allowed keys in each row
    Raises
        ValueError: if r is negative or exceeds the length
    Chapter
        attention/efficient_attention
    """
    require_count("count", count, length)
    order = jnp.argsort(jax.random.uniform(key, (length, length)))  # a permutation in each row
    rows = jnp.arange(length)[:, None]
    return jnp.zeros((length, length), bool).at[rows, order[:, :count]].set(True)


def longformer_mask(length: int, reach: int, tokens: int) -> Bool[Array, "length length"]:
    """The Longformer pattern: neighbors and global tokens.

    Equation
        M = local ∨ global
    Args
        length: of the sequence
        reach: w of `local_mask`
        tokens: g of `global_mask`
    Returns
        (length, length), with about n (2w + 1 + 2g) allowed pairs
    Raises
        ValueError: if w is negative, or g is negative or exceeds the length
    Source
        Beltagy, Peters & Cohan 2020.
    Chapter
        attention/efficient_attention
    """
    return local_mask(length, reach) | global_mask(length, tokens)


def bigbird_mask(
    length: int, reach: int, tokens: int, count: int, key: Key[Array, ""]
) -> Bool[Array, "length length"]:
    """The BigBird pattern: neighbors, global tokens and random keys.

    Equation
        M = local ∨ global ∨ random
    Args
        length: of the sequence
        reach: w of `local_mask`
        tokens: g of `global_mask`
        count: r of `random_mask`
        key: random key
    Returns
        (length, length), with at most n (2w + 1 + 2g + r) allowed pairs
    Raises
        ValueError: if a number is negative, or g or r exceeds the length
    Source
        Zaheer et al. 2020, section 2. Differs: single tokens, where the paper's code has blocks.
    Chapter
        attention/efficient_attention
    """
    return longformer_mask(length, reach, tokens) | random_mask(length, count, key)
