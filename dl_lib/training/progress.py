"""One line on the terminal that says how far training is."""

import os
import shutil
import sys
import time
from collections.abc import Mapping

__all__ = ["Progress"]


class Progress:
    """Report on training in one line of stderr, for a person at a terminal and nobody else.

    Where stderr is no terminal (a notebook, a test, a pipe) or DL_LIB_STATIC=1 is set, nothing is
    written: what is stored with a page must not depend on when it ran.

    Args
        epochs: how many there will be
        steps: steps of an epoch
        show: False writes nothing
    Chapter
        linear_networks/linear_regression
    """

    def __init__(self, epochs: int, steps: int, show: bool = True):
        silent = os.environ.get("DL_LIB_STATIC", "0") not in ("", "0")
        self._show = show and not silent and sys.stderr.isatty()
        self._epochs, self._steps, self._measures = epochs, steps, ""
        self._begun = self._last = time.monotonic()

    def step(self, epoch: int, step: int) -> None:
        """Say that a step has ended, at most ten times a second.

        Args
            epoch: number of the epoch, from 1
            step: number of steps done in it
        """
        if self._show and time.monotonic() - self._last > 0.1:
            self._write(epoch, step)

    def epoch(self, epoch: int, measures: Mapping[str, float]) -> None:
        """Say that an epoch has ended.

        Args
            epoch: number of the epoch, from 1
            measures: what was measured
        """
        self._measures = "  ".join(f"{name} {value:.4g}" for name, value in measures.items())
        if self._show and (time.monotonic() - self._last > 0.1 or epoch == self._epochs):
            self._write(epoch, self._steps)

    def close(self) -> None:
        """End the line."""
        if self._show:
            sys.stderr.write("\n")

    def _write(self, epoch, step):
        self._last = time.monotonic()
        done = (epoch - 1 + step / self._steps) / self._epochs
        bar = "━" * round(20 * done) + " " * (20 - round(20 * done))
        seconds = f"{self._last - self._begun:.0f} s"
        line = f"{bar} epoch {epoch}/{self._epochs}  {seconds}  {self._measures}"
        width = shutil.get_terminal_size().columns - 1  # a longer line would wrap, and stay behind
        sys.stderr.write("\r\x1b[K" + line[:width])
        sys.stderr.flush()
