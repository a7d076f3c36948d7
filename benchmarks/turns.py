"""How two sides are timed: in turns, in short blocks.

On a machine that does other things too, a time means little and a ratio of two times measured side
by side means much. What is reported is the ratio of the medians over the blocks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Block", "Duel", "duel", "steady"]

Block = Callable[[int], float]  # from a number of calls to the seconds that each took


@dataclass(frozen=True)
class Duel:
    """The seconds of a call in each block, of our side and of the other."""

    ours: list[float]
    theirs: list[float]

    @property
    def ratio(self) -> float:
        """Our median over theirs."""
        return float(np.median(self.ours) / np.median(self.theirs))

    @property
    def quartiles(self) -> tuple[float, float]:
        """Of the ratios of blocks that stood side by side."""
        low, high = np.percentile(np.divide(self.ours, self.theirs), [25, 75])
        return float(low), float(high)


def steady(block: Block, times: int = 2) -> float:
    """Return the least of a few calls: compiled, with nothing in the way."""
    return min(block(1) for _ in range(times))


def duel(
    ours: Block,
    theirs: Block,
    once: tuple[float, float],
    seconds: float,
    least: int = 7,
    block_seconds: float = 0.25,
    clock: Callable[[], float] = time.perf_counter,
) -> Duel:
    """Let two sides take turns for so many seconds, and for so many rounds at least.

    `once` says about how long a call of each takes: a block has as many as fit into it.
    """
    calls = [max(1, round(block_seconds / taken)) for taken in once]
    sides = list(zip((ours, theirs), calls, ([], []), strict=True))
    turns, end = list(sides), clock() + seconds
    while len(sides[0][2]) < least or clock() < end:
        for block, count, times in turns:
            block(1 + count // 10)  # fills the caches that the other side has emptied
            times.append(block(count))
        turns.reverse()  # each goes first in turn, so that what comes before a block favors nobody
    return Duel(*(times for *_, times in sides))
