"""Fetch a file once, from whichever place has it: checked, resumable, and whole or not at all."""

import errno
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from dl_lib.core.files import put_in_place
from dl_lib.data._progress import ByteProgress
from dl_lib.data.cache import cache_folder
from dl_lib.data.locking import alone
from dl_lib.data.remote_file import RemoteFile

__all__ = ["DownloadError", "fetch"]

_BLOCK = 1 << 18
_TRIES = 3  # a connection that breaks is taken up again this often
_TIMEOUT = 30  # seconds without a sign of life
# Some servers refuse the name that urllib gives itself.
_AGENT = "dl_lib (https, checksummed downloads for a book)"


class DownloadError(RuntimeError):
    """A file could not be fetched; the message says what was tried and what can stand in.

    Chapter
        linear_networks/softmax_regression
    """


class _SourceFailedError(Exception):
    """One place did not have the file; there may be others."""


def fetch(file: RemoteFile) -> Path:
    """Return the path of a file in the cache, after fetching it if it is not there.

    The place named by the environment variable `DL_LIB_MIRROR`, a folder or an address, is
    looked at first, then the file's own addresses. What arrives is kept as `….part` until it is
    complete and its checksum is right; only then does it get its name. A broken connection is
    taken up where it broke, also by a later call. Two processes that want the same file fetch it
    once.

    Args
        file: what to fetch
    Returns
        where it is: `cache_folder() / file.name`
    Raises
        DownloadError: if no place has it, all of it and unchanged, or the disk is full
    Chapter
        linear_networks/softmax_regression
    """
    path = cache_folder() / file.name
    if _is_complete(path, file):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone(cache_folder() / ".locks" / file.name.replace("/", "-")):
            if not _is_complete(path, file):  # another process may just have fetched it
                _fetch_from_somewhere(file, path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full" if full else f"cannot write there ({error.strerror or error})"
        raise DownloadError(
            f"could not keep {file.name} in {cache_folder()}: {reason}. "
            "Name a folder with room for it in DL_LIB_DATA."
        ) from error
    return path


def _is_complete(path, file):
    # Only checked files ever get this name, so the size is enough against later accidents.
    return path.is_file() and file.size in (None, path.stat().st_size)


def _fetch_from_somewhere(file, path):
    path = path.resolve()  # what a link points to is what arrives
    part = path.with_name(path.name + ".part")
    problems = []
    for source in _sources(file):
        try:
            _fetch_from(source, part, file)
        except _SourceFailedError as problem:
            problems.append(f"  {source}: {problem}")
        except OSError:  # the disk, not the source: no other source can help
            part.unlink(missing_ok=True)
            raise
        else:
            put_in_place(part, path)
            return
    raise DownloadError(_say_what_was_tried(file, problems, part))


def _sources(file) -> Iterator[Path | str]:
    mirror = os.environ.get("DL_LIB_MIRROR", "")
    if mirror.startswith(("http://", "https://")):
        yield f"{mirror.rstrip('/')}/{file.name}"
    elif mirror:
        yield Path(mirror).expanduser() / file.name
    yield from file.urls


def _fetch_from(source, part, file):
    """Leave the whole, checked file at `part`, or say why not."""
    if isinstance(source, Path):
        _copy(source, part, file)
        return _check(part, file)
    for attempt in range(_TRIES):
        before = _size(part)
        try:
            _download(source, part, file)
            return _check(part, file)
        except _SourceFailedError:
            # Worth another try only if something came, or what we took up was of another file.
            resumed_badly = before > 0 and not part.exists()
            if attempt == _TRIES - 1 or not (_size(part) > before or resumed_badly):
                raise
    return None


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _copy(source, part, file):
    try:
        stream = source.open("rb")
    except OSError as error:
        raise _SourceFailedError(error.strerror or str(error)) from error
    with stream, part.open("wb") as out:
        _pour(stream, out, file.most)


def _download(url, part, file):
    """Receive the file, or what is missing of it, and append it to `part`."""
    if _size(part) > file.most:
        part.unlink()  # of another file
    start = _size(part)
    if start and start == file.size:
        return  # nothing is missing
    headers = {"User-Agent": _AGENT, **({"Range": f"bytes={start}-"} if start else {})}
    try:
        response = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=_TIMEOUT
        )
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)  # we have more than they: start again
            raise _SourceFailedError(f"HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise _SourceFailedError(f"no connection ({reason})") from error
    with response:
        continues = response.status == http.client.PARTIAL_CONTENT and _starts_at(response, start)
        if response.status == http.client.PARTIAL_CONTENT and not continues:
            raise _SourceFailedError("the server sent another part of the file than was asked for")
        start = start if continues else 0  # a server without ranges sends the whole file
        total = file.size if response.length is None else start + response.length
        if total and total > file.most:
            raise _SourceFailedError(f"{total:,} bytes on offer, expected at most {file.most:,}")
        with (
            part.open("ab" if continues else "wb") as out,
            ByteProgress(file.name, total, start) as bar,
        ):
            _pour(response, out, file.most, bar.add)
    if total and _size(part) < total:
        raise _SourceFailedError(f"the connection broke after {_size(part):,} of {total:,} bytes")


def _starts_at(response, start):
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _pour(stream, out, most, tell=lambda count: None):
    """Copy until the stream ends, or gives more than there can be."""
    while out.tell() <= most:
        try:
            block = stream.read(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise _SourceFailedError(f"the connection broke ({error})") from error
        if not block:
            break
        out.write(block)
        tell(len(block))
    out.flush()
    os.fsync(out.fileno())  # on the disk before it gets its name


def _check(part, file):
    """Compare length and checksum; what is not the file we know is deleted."""
    if _size(part) > file.most:
        part.unlink()
        raise _SourceFailedError(f"does not end: expected at most {file.most:,} bytes")
    algorithm, _, expected = file.checksum.partition(":")
    with part.open("rb") as stream:
        found = hashlib.file_digest(stream, algorithm).hexdigest()
    if found != expected:
        size = _size(part)
        part.unlink()
        raise _SourceFailedError(
            f"wrong checksum: expected {algorithm} {expected}, got {found} ({size:,} bytes)"
        )


def _say_what_was_tried(file, problems, part):
    lines = [f"could not fetch {file.name}. Tried:", *problems]
    if part.exists():
        lines.append(f"The {_size(part):,} bytes that came are kept; the next call goes on there.")
    if file.stand_in:
        lines.append(f"Without a network, {file.stand_in} can stand in: no download needed.")
    lines.append(
        "If you have the file, name a folder that holds it under this name, or an address, in "
        "DL_LIB_MIRROR."
    )
    return "\n".join(lines)
