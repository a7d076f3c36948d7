"""Positions, which attention itself does not see."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from dl_lib.functional.attention._padding import per_sequence
from dl_lib.functional.numerics import through_float32
from dl_lib.functional.vectors.indexing import take
from dl_lib.validation import require_axes, require_nonnegative, require_positive

__all__ = [
    "relative_bias",
    "relative_positions",
    "rotary",
    "sinusoidal_positions",
]


def sinusoidal_positions(
    length: int, width: int, base: float | int = 10000.0, first: int | Int[Array, ""] = 0
) -> Float[Array, "length width"]:
    """Sinusoidal positional encoding: clocks from fast to slow, each a sine beside its cosine.

    Equation
        P[i, 2j] = sin(i ωⱼ),  P[i, 2j + 1] = cos(i ωⱼ),  ωⱼ = base^(−2j/d),
        with d + 1 in the exponent in place of an odd d
    Args
        length: how many positions, i = first, ..., first + length − 1
        width: d; an odd one ends with a sine
        base: the wavelengths run from 2π to 2π base^((d−2)/d)
        first: the position of the first row
    Returns
        (length, width)
    Raises
        ValueError: if the width or the base is not positive, or the length is negative
    Source
        Vaswani et al. 2017, section 3.5.
    Chapter
        attention/positional_encoding
    """
    require_nonnegative("length", length)
    require_positive("width", width)
    require_positive("base", base)
    angle = _angles(first + jnp.arange(length), width + width % 2, base)
    pairs = jnp.stack([jnp.sin(angle), jnp.cos(angle)], axis=-1)
    return pairs.reshape(length, width + width % 2)[:, :width]


@through_float32
def rotary(
    x: Float[Array, "... time width"],
    positions: Int[Array, "..."] | None = None,
    base: float | int = 10000.0,
) -> Float[Array, "... time width"]:
    """Rotary positions: turn each pair of entries by an angle that grows with the position.

    Turned queries and keys have dot products that depend on the distance of their positions only.

    Equation
        (y₂ⱼ, y₂ⱼ₊₁) = R(i ωⱼ) (x₂ⱼ, x₂ⱼ₊₁),  R(a) = [cos a, −sin a; sin a, cos a],
        ωⱼ = base^(−2j/d)
    Args
        x: queries or keys, (..., time, d) with d even
        positions: i, (time,), or with a row for each sequence, (batch, time), whatever comes
            between, for example heads; None for 0, 1, 2, ...
        base: as in `sinusoidal_positions`
    Returns
        same shape as `x`, with the norms of its rows
    Raises
        ValueError: if the width is odd, or the positions do not fit
    Source
        Su et al. 2021, equation 34. Differs from the code of GPT-NeoX and LLaMA in Hugging Face,
        which pairs entry j with entry j + d/2.
    Chapter
        attention/positional_encoding
    """
    if x.shape[-1] % 2:
        raise ValueError(f"rotary positions turn pairs, so the width must be even: {x.shape}")
    positions = jnp.arange(x.shape[-2]) if positions is None else positions
    angle = _angles(per_sequence("positions", positions, x), x.shape[-1], base)
    cos, sin = jnp.cos(angle).astype(x.dtype), jnp.sin(angle).astype(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = jnp.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)
    return turned.reshape(x.shape)


def relative_positions(
    queries: int, keys: int, reach: int, offset: int | Int[Array, ""] = 0
) -> Int[Array, "queries keys"]:
    """Number the distances from −reach to reach, those beyond as the last ones.

    Equation
        rᵢⱼ = clip(j − i − offset, −K, K) + K
    Args
        queries: how many
        keys: how many
        reach: K
        offset: position of the first query among the keys, for decoding with stored keys
    Returns
        (queries, keys), from 0 to 2K
    Raises
        ValueError: if a number is negative
    Source
        Shaw, Uszkoreit & Vaswani 2018, section 3.2.
    Chapter
        attention/positional_encoding
    """
    given = (("queries", queries), ("keys", keys), ("reach", reach), ("offset", offset))
    for name, value in given:
        require_nonnegative(name, value)
    distance = jnp.arange(keys) - jnp.arange(queries)[:, None] - offset
    return jnp.clip(distance, -reach, reach) + reach


def relative_bias(
    table: Float[Array, "distances heads"],
    queries: int,
    keys: int,
    offset: int | Int[Array, ""] = 0,
) -> Float[Array, "heads queries keys"]:
    """A learned number for each distance and head, to add to the scores.

    Equation
        B[h, i, j] = table[clip(j − i − offset, −K, K) + K, h]
    Args
        table: (2K + 1, heads)
        queries: how many
        keys: how many
        offset: position of the first query among the keys, for decoding with stored keys
    Returns
        (heads, queries, keys)
    Raises
        ValueError: if the table has an even number of rows, or a number is negative
    Source
        Raffel et al. 2020, section 2.1. Differs: clipped distances, as Shaw et al. 2018, in place
        of logarithmic bins.
    Chapter
        attention/positional_encoding
    """
    require_axes("table", table, "distances, heads")
    if table.shape[0] % 2 == 0:
        raise ValueError(f"a table from −K to K has 2K + 1 rows, got {table.shape[0]}")
    index = relative_positions(queries, keys, table.shape[0] // 2, offset)
    return jnp.moveaxis(take(table, index), -1, 0)


def _angles(positions, width, base):
    frequency = jnp.asarray(base, float) ** (-2 * jnp.arange(width // 2) / width)
    return positions[..., None] * frequency
