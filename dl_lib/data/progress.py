"""A progress bar for downloads: one line in a terminal, nothing anywhere else."""

import sys
import time

__all__ = ["Progress"]


class Progress:
    """Shows how much of a file has come; silent where nobody watches (notebooks, tests, logs).

    Args
        name: what is fetched; empty for no bar
        total: its size in bytes, where it is known
        done: bytes that came earlier
    Chapter
        linear_networks/softmax_regression
    """

    def __init__(self, name: str, total: int | None, done: int = 0):
        self.name, self.total, self.done = name, total, done
        self._shown = 0.0
        self._visible = bool(name) and sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception):
        if self._visible:
            self._show()
            print(file=sys.stderr)

    def add(self, count: int):
        """Count bytes that have come."""
        self.done += count
        if self._visible and time.monotonic() - self._shown > 0.1:
            self._show()

    def _show(self):
        self._shown = time.monotonic()
        done = f"{self.done / 1e6:,.1f} MB"
        if self.total:
            filled = int(30 * min(self.done / self.total, 1))
            done = f"[{'#' * filled:30}] {done} of {self.total / 1e6:,.1f} MB"
        print(f"\r{self.name} {done}", end="", file=sys.stderr, flush=True)
