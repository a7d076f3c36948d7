"""One line on the terminal that says how far a download or a training run is."""

import os
import shutil
import sys
import time

__all__ = ["ByteProgress", "Progress"]


class Progress:
    """A line of stderr, for a person at a terminal; silent in notebooks, tests and pipes.

    With DL_LIB_STATIC=1 nothing is written: what is stored with a page must not depend on when it
    ran.
    """

    def __init__(self, show: bool = True):
        silent = os.environ.get("DL_LIB_STATIC", "0") not in ("", "0")
        stderr = sys.stderr  # None without a console, closed in a process that is about to end
        terminal = stderr is not None and not stderr.closed and stderr.isatty()
        self._visible = bool(show) and not silent and terminal
        self._begun = self._last = time.monotonic()
        self._text = ""

    def show(self, what: str, text: str = "", share: float | None = None, now: bool = False):
        """Say what is done, at most ten times a second; the text stays until there is another."""
        self._text = text or self._text
        if not self._visible or (time.monotonic() - self._last <= 0.1 and not now):
            return
        self._last = time.monotonic()
        filled = round(20 * min(share or 0, 1))
        bar = "" if share is None else "━" * filled + " " * (21 - filled)
        line = f"{bar}{what}  {self._last - self._begun:.0f} s  {self._text}"
        width = shutil.get_terminal_size().columns - 1  # a longer line would wrap, and stay behind
        sys.stderr.write("\r\x1b[K" + line[:width])
        sys.stderr.flush()

    def close(self):
        """End the line."""
        if self._visible:
            sys.stderr.write("\n")


class ByteProgress(Progress):
    """Counts the bytes of a file that have come, of a total that may be unknown."""

    def __init__(self, name: str, total: int | None, done: int = 0):
        super().__init__()
        self._name, self._total, self._done = name, total, done

    def __enter__(self) -> "ByteProgress":
        return self

    def __exit__(self, *exception):
        self.add(0, now=True)
        self.close()

    def add(self, count: int, now: bool = False):
        """Count bytes that have come."""
        self._done += count
        what, share = f"{self._name} {self._done / 1e6:,.1f} MB", None
        if self._total:
            what, share = f"{what} of {self._total / 1e6:,.1f} MB", self._done / self._total
        self.show(what, share=share, now=now)
