"""Dropout as a layer: of entries, of channels, of whole branches."""

from collections.abc import Callable

from jaxtyping import Array, Float

from dl_lib.core import Context, Module, static
from dl_lib.functional import dropout, spatial_dropout, stochastic_depth
from dl_lib.validation import require_drop_rate

__all__ = ["Dropout", "SpatialDropout", "StochasticDepth", "drop_in_training"]


def drop_in_training(
    x: Float[Array, "..."],
    rate: float,
    ctx: Context | None,
    drop: Callable[[Array, float, Array], Array] = dropout,
) -> Float[Array, "..."]:
    """Dropout of a layer that has a rate, which may be 0 and need no key.

    Args
        x: any shape
        rate: probability of dropping
        ctx: context of the layer
        drop: `dropout`, or another function of x, rate and key
    Returns
        same shape as `x`; `x` itself outside of training
    Raises
        ValueError: if no key reaches a training call
    Chapter
        mlp/dropout
    """
    return drop(x, rate, ctx.key()) if rate and ctx is not None and ctx.training else x


class Dropout(Module):
    """Set inputs to zero at random while training; do nothing otherwise.

    Equation
        y = m ⊙ x / (1 − rate),  m ~ Bernoulli(1 − rate)
    Args
        rate: probability of dropping, 0 ≤ rate < 1
    Returns
        a layer that keeps the shape of its input
    Raises
        ValueError: if `rate` is not a probability below 1, or no key reaches a training call
    Source
        Srivastava et al. 2014. Differs: scaled while training, as everybody does today.
    Chapter
        mlp/dropout
    """

    rate: float = static()

    def __init__(self, rate: float):
        require_drop_rate(rate)
        self.rate = float(rate)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return drop_in_training(x, self.rate, ctx)


class SpatialDropout(Module):
    """Set whole channels to zero at random while training; do nothing otherwise.

    Equation
        y = m ⊙ x / (1 − rate),  m_nc ~ Bernoulli(1 − rate), the same at all positions
    Args
        rate: probability of dropping, 0 ≤ rate < 1
    Returns
        a layer that maps (batch, channels, ...) to the same shape
    Raises
        ValueError: if `rate` is not a probability below 1, or no key reaches a training call
    Source
        Tompson et al. 2015.
    Chapter
        mlp/dropout
    """

    rate: float = static()

    def __init__(self, rate: float):
        require_drop_rate(rate)
        self.rate = float(rate)

    def __call__(self, x: Float[Array, "batch channels ..."], ctx: Context | None = None):
        return drop_in_training(x, self.rate, ctx, spatial_dropout)


class StochasticDepth(Module):
    """A residual branch that some examples skip while training.

    Equation
        y = x + m f(x) / (1 − rate),  m_n ~ Bernoulli(1 − rate);  y = x + f(x) otherwise
    Args
        layer: f, which keeps the shape of its input
        rate: probability of leaving the branch out, 0 ≤ rate < 1
    Returns
        a layer that keeps the shape of its input
    Raises
        ValueError: if `rate` is not a probability below 1, or no key reaches a training call
    Source
        Huang et al. 2016. Differs: scaled while training and not at test time.
    Chapter
        mlp/dropout
    """

    layer: Module
    rate: float = static()

    def __init__(self, layer: Module, rate: float):
        require_drop_rate(rate)
        self.layer, self.rate = layer, float(rate)

    def __call__(self, x: Float[Array, "batch ..."], ctx: Context | None = None):
        return x + drop_in_training(self.layer(x, ctx), self.rate, ctx, stochastic_depth)
