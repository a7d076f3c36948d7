"""The folder where data sets are kept."""

import os
from pathlib import Path

__all__ = ["cache_folder"]


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
