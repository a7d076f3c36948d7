"""Dropout as a layer."""

from jaxtyping import Array, Float

from dl_lib.core import Context, Module, static
from dl_lib.functional import dropout

__all__ = ["Dropout"]


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
        if not 0 <= rate < 1:
            raise ValueError(f"rate is the probability of dropping, 0 <= rate < 1; got {rate}")
        self.rate = float(rate)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        if ctx is None or not ctx.training:
            return x
        return dropout(x, self.rate, ctx.key())
