"""One process at a time, whoever comes second waits; a process that dies gives its lock back."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

__all__ = ["alone"]


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock for as long as the block runs; others who want it wait.

    The file stays behind, empty: to delete it would let a third process lock a new one while a
    second still waits for the old. On a file system without locks the block runs without.

    Args
        path: a file that stands for the lock; its folder is made
    Returns
        a context manager
    Raises
        OSError: if the file cannot be made
    Chapter
        linear_networks/softmax_regression
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        with contextlib.suppress(OSError):
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)
            else:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        yield  # closing the file gives the lock back
