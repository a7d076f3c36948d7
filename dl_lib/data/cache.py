"""The folder where data sets are kept, and how a file gets there: whole, or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

__all__ = ["cache_folder", "write_atomically"]


def cache_folder() -> Path:
    """The folder where downloaded and rendered data are kept.

    The environment variable `DL_LIB_DATA` names it; without it, it is `dl_lib` in the user's cache
    folder (`XDG_CACHE_HOME`, or `~/.cache`). It is made when something is first written.

    Returns
        the folder, which may not exist yet
    Chapter
        linear_networks/softmax_regression
    """
    chosen = os.environ.get("DL_LIB_DATA")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "dl_lib"


@contextlib.contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Write a file so that others see all of it or nothing, whatever goes wrong on the way.

        with write_atomically(path) as temporary:
            np.savez(temporary, ...)

    Two processes may do this for the same path at once: each writes a file of its own, and the
    last one to finish wins.

    Args
        path: where the file shall be; its folder is made
    Returns
        a context manager that gives the name to write to
    Raises
        OSError: if the disk is full or the folder not writable; nothing is left behind
    Chapter
        builders_guide/saving_loading
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(8)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)  # on one file system this happens at once or not at all
    finally:
        temporary.unlink(missing_ok=True)
