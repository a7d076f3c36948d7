"""Looking into archives without unpacking them, so that nothing in them can escape to the disk."""

import contextlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

__all__ = ["open_member"]


@contextlib.contextmanager
def open_member(path: Path, *endings: str) -> Iterator[TextIO]:
    """Open one text file inside a zip archive, found by how its name ends.

    Args
        path: the archive
        endings: what the name may end in, the preferred one first
    Returns
        a context manager that gives the text as a stream; lines end in a line feed only
    Raises
        ValueError: if the archive has no such file, or is no zip archive
    Chapter
        rnn/language_models
    """
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path.name} is no zip archive: {error}") from error
    with archive:
        # Archives made on a Mac hold a shadow of every file.
        names = [name for name in archive.namelist() if "__MACOSX" not in name]
        found = [n for ending in endings for n in names if f"/{n}".endswith(f"/{ending}")]
        if not found:
            known = ", ".join(names[:9])
            raise ValueError(f"{path.name} holds no {' or '.join(endings)}, but {known}")
        with io.TextIOWrapper(archive.open(found[0]), encoding="utf-8", newline="\n") as stream:
            yield stream
