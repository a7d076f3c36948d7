"""How far the grading is, on one line of a terminal, or a line for each step elsewhere."""

import sys
import time

__all__ = ["Progress"]

WIDTH = 30


class Progress:
    """Counts submissions on stderr."""

    def __init__(self, total: int):
        self._total, self._done, self._begun = total, 0, time.monotonic()
        self._terminal = sys.stderr.isatty()

    def step(self, what: str) -> None:
        """Say that one more is done."""
        self._done += 1
        seconds = time.monotonic() - self._begun
        line = f"{self._done} of {self._total}  {seconds:.0f} s  {what}"
        if self._terminal:
            bar = "━" * (WIDTH * self._done // self._total)
            line = f"\r\x1b[K{bar:{WIDTH}} {line[:48]}"
        sys.stderr.write(line if self._terminal else line + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self._terminal:
            sys.stderr.write("\n")
