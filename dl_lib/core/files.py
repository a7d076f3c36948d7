"""Files that appear whole or not at all."""

import os
import secrets
import stat
from pathlib import Path

__all__ = ["put_in_place", "write_atomically"]


def write_atomically(path: str | os.PathLike, content: bytes) -> None:
    """Write a file that appears whole or not at all.

    A new file may be read by whom the process lets read its files (its umask); an older one keeps
    its permissions, and a link its target, which is what is written.

    Args
        path: where to write
        content: the bytes of the file
    Raises
        OSError: if the disk is full or the folder cannot be written; an older file stays
    Chapter
        builders_guide/saving_loading
    """
    path = Path(path).resolve()
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # without it a power cut could leave a renamed empty file
        put_in_place(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def put_in_place(partial: Path, path: Path) -> None:
    """Give a finished file its name, and the permissions of the file that had the name before.

    Args
        partial: the finished file, on the disk of `path`
        path: its name; no link
    Raises
        OSError: if the folder cannot be written; an older file stays
    Chapter
        builders_guide/saving_loading
    """
    if path.exists():
        before, now = (stat.S_IMODE(file.stat().st_mode) for file in (path, partial))
        if before != now:
            partial.chmod(before)
    partial.replace(path)
