"""The letters and the optimizer of the small networks that are compared with one another."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from dl_lib.data import Dataset, glyphs
from dl_lib.optim import adam, cosine_schedule

__all__ = ["SIZE", "CosineAdam", "letters"]

SIZE = 16  # pixels of a side
MEAN, DEVIATION = 0.21, 0.24  # of the pixels to learn from


@functools.cache
def letters(number: int, seed: int, size: int = SIZE) -> Dataset:
    """Return letters whose pixels have about mean 0 and deviation 1."""
    drawn = glyphs(number, size, seed)
    return dataclasses.replace(drawn, X=(drawn.X - MEAN) / DEVIATION)


@dataclasses.dataclass(frozen=True)
class CosineAdam:
    """`adam(cosine_schedule(rate, steps))`; all rates share a compiled step."""

    rate: float = dataclasses.field(compare=False)
    steps: int

    def init(self, parameters: PyTree) -> tuple:
        return jnp.float32(self.rate), jnp.int32(0), adam(1.0).init(parameters)

    def update(self, gradient: PyTree, state: tuple, parameters: PyTree = None) -> tuple:
        rate, count, memory = state
        updates, memory = adam(1.0).update(gradient, memory, parameters)
        factor = rate * cosine_schedule(1.0, self.steps)(count)
        return jax.tree.map(lambda u: factor * u, updates), (rate, count + 1, memory)
