"""What tells a layer of attention where something stands."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module, decays, static
from dl_lib.functional import relative_bias, sinusoidal_positions, take
from dl_lib.layers.dropout import drop_in_training
from dl_lib.validation import require_axes, require_drop_rate

__all__ = ["PositionalEmbedding", "RelativeBias", "SinusoidalEncoding"]


class SinusoidalEncoding(Module):
    """Add the sinusoidal positional encoding.

    Equation
        Y = X + P, see `sinusoidal_positions`
    Args
        rate: probability of dropping an entry of the sum while training
        base: of the wavelengths
    Returns
        a layer that keeps the shape of its input, (..., time, width); `layer(x, first=i)` is for
        the positions from i on
    Raises
        ValueError: if `rate` is not a probability below 1, or no key reaches a training call
    Source
        Vaswani et al. 2017, section 3.5.
    Chapter
        attention/positional_encoding
    """

    rate: float = static()
    base: float = static()

    def __init__(self, rate: float = 0.0, base: float = 10000.0):
        require_drop_rate(rate)
        self.rate, self.base = float(rate), float(base)

    def __call__(
        self,
        x: Float[Array, "..."],
        ctx: Context | None = None,
        *,
        first: int | Int[Array, ""] = 0,
    ):
        require_axes("x", x, "..., time, width")
        y = x + sinusoidal_positions(*x.shape[-2:], self.base, first).astype(x.dtype)
        return drop_in_training(y, self.rate, ctx)


class PositionalEmbedding(Module):
    """Add a learned vector for each position.

    Equation
        yᵢ = xᵢ + P[i]
    Args
        length: the most positions there can be
        width: of the vectors
        key: random key for P, which is drawn from N(0, 0.02²)
    Returns
        a layer that keeps the shape of its input, (..., time, width) with time ≤ length;
        `layer(x, first=i)` is for the positions from i on. Under jit those there are not are NaN
    Raises
        ValueError: if a sequence is known to be too long, or of another width
    Source
        Gehring et al. 2017; drawn as in Radford et al. 2019.
    Chapter
        attention/positional_encoding
    """

    weight: Float[Array, "length width"] = decays()

    def __init__(self, length: int, width: int, *, key: Key[Array, ""]):
        self.weight = 0.02 * jax.random.normal(key, (length, width))

    def __call__(
        self,
        x: Float[Array, "..."],
        ctx: Context | None = None,
        *,
        first: int | Int[Array, ""] = 0,
    ):
        require_axes("x", x, "..., time, width")
        length, width = self.weight.shape
        if x.shape[-2] > length or x.shape[-1] != width:
            raise ValueError(
                f"x of shape {x.shape} does not fit {length} positions of width {width}"
            )
        return x + take(self.weight, first + jnp.arange(x.shape[-2]))


class RelativeBias(Module):
    """A learned number for each distance and head, for `score_bias` of multi-head attention.

    Equation
        B[h, i, j] = W[clip(j − i, −K, K) + K, h]
    Args
        reach: K, the largest distance with a number of its own
        heads: how many
    Returns
        a layer that maps queries (..., time, width) to (heads, time, time); it starts at zero
    Raises
        ValueError: if an input has fewer than two axes
    Source
        Raffel et al. 2020, section 2.1. Differs: clipped distances, as Shaw et al. 2018.
    Chapter
        attention/positional_encoding
    """

    weight: Float[Array, "distances heads"]

    def __init__(self, reach: int, heads: int):
        self.weight = jnp.zeros((2 * reach + 1, heads))

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        require_axes("x", x, "..., time, width")
        return relative_bias(self.weight, x.shape[-2], x.shape[-2])
