"""What a row of the table is, and what each of its sides must be able to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Row", "Side", "random"]


@dataclass
class Side:
    """The same work by one library, made in a process of its own.

    `work` has functions of no arguments that do it once and wait until it is done, by the name of
    the variant. `answer` returns values and gradients before any work was done, by names that all
    sides share. Our side gives the weights that the others begin with, and how many operations
    (`flops`) or bytes of traffic the work cannot do without.
    """

    work: Mapping[str, Callable[[], object]]
    answer: Callable[[], dict[str, np.ndarray]]
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    flops: float = 0.0
    bytes: float = 0.0


@dataclass(frozen=True)
class Row:
    """A row: what is measured in one sentence, our side, the peers, and what is aimed at."""

    does: str
    target: float  # ratio to the fastest peer on two cores
    ours: Callable[[], Side]
    peers: Mapping[str, Callable[[dict[str, np.ndarray]], Side]]
    tolerance: float = 2e-3


def random(*shape: int, seed: int = 0) -> np.ndarray:
    """Return standard normal numbers in float32, the same for all sides."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
