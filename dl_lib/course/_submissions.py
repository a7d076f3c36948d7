"""What came back: notebooks in folders and zip archives, named by whoever named them."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["Submission", "read_submissions"]

LARGEST = 2**28  # bytes of one file: 100 MB of prints fit, a bomb does not
MOST_FILES = 10_000  # in one archive
DEEPEST = 3  # archives in archives


@dataclass
class Submission:
    """One file that was handed in.

    Args
        student: its name in the table of points
        file: where it was found
        read: gives its bytes; raises ValueError where there are none
    """

    student: str
    file: str
    read: Callable[[], bytes]


def read_submissions(source: Path) -> list[Submission]:
    """List the notebooks of a folder or an archive, and what came from students who sent none.

    A notebook alone in its folder, or in an archive, has the name of that; else its own.
    """
    if source.is_dir():
        found = list(_in_folder(source))
    elif source.suffix.lower() == ".zip" and source.is_file():
        found = list(_in_archive(PurePosixPath(), lambda: _read(source)))
    else:
        raise ValueError(f"{source}: expected a folder or a zip archive")
    found = [(name, read) for name, read in found if not _is_hidden(name)]
    if not found:
        raise ValueError(f"{source}: nothing in it")
    folders = [name.parent for name, _ in found if _is_notebook(name)]
    chosen, taken = [], set()
    for name, read in found:
        if not _is_notebook(name) and name.parent in folders and name.parent.name:
            continue  # a picture or a table beside the notebook of a student
        alone = name.parent.name and folders.count(name.parent) <= 1
        student = wanted = str(name.parent if alone else name.with_suffix(""))
        copies = 1
        while student.lower() in taken:
            copies += 1
            student = f"{wanted} ({copies})"
        taken.add(student.lower())
        chosen.append(Submission(student, str(name), read if _is_notebook(name) else _refuse(read)))
    return sorted(chosen, key=lambda submission: submission.student)


def _is_notebook(name):
    return name.suffix.lower() == ".ipynb"


def _is_hidden(name):
    return any(part.startswith(".") or part == "__MACOSX" for part in name.parts)


def _in_folder(folder):
    for path in sorted(folder.rglob("*")):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if not path.is_file() or _is_hidden(name):
            continue
        read = _reader(path)
        if path.suffix.lower() == ".zip":
            yield from _in_archive(name.with_suffix(""), read)
        else:
            yield name, read


def _reader(path):
    return lambda: _read(path)


def _read(path):
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise ValueError(f"{path.name} has {size:,} bytes, at most {LARGEST:,} are read")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from None


def _in_archive(name, read, depth=1) -> Iterator:
    """The files of an archive; one that cannot be opened is itself what was handed in."""
    try:
        with _open(name, read) as archive:
            members = [m.filename for m in archive.infolist() if not m.is_dir()]
    except ValueError as error:
        yield name.with_suffix(".zip"), _raise(error)
        return
    if len(members) > MOST_FILES or depth > DEEPEST:
        reason = f"{len(members):,} files" if depth <= DEEPEST else "archives in archives"
        yield name.with_suffix(".zip"), _raise(ValueError(f"{name}.zip is refused: {reason}"))
        return
    for member in sorted(members):
        # Nothing is unpacked, so a name with .. or a root in it leads nowhere.
        parts = [part for part in PurePosixPath(member).parts if part not in ("/", "..")]
        inside = name.joinpath(*parts)
        give = _member(name, read, member)
        if inside.suffix.lower() == ".zip":
            yield from _in_archive(inside.with_suffix(""), give, depth + 1)
        else:
            yield inside, give


def _open(name, read):
    try:
        return zipfile.ZipFile(io.BytesIO(read()))
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise ValueError(f"{name}.zip is no zip archive: {error}") from None


def _member(name, read, member):
    def give():
        with _open(name, read) as archive:
            if (size := archive.getinfo(member).file_size) > LARGEST:
                raise ValueError(f"{member} has {size:,} bytes, at most {LARGEST:,} are read")
            try:
                with archive.open(member) as file:
                    return file.read(LARGEST)
            except Exception as error:  # encrypted, damaged, or packed in a way unknown here
                raise ValueError(f"{member} cannot be unpacked: {error}") from None

    return give


def _raise(error):
    def give():
        raise error

    return give


def _refuse(read):
    def give():
        read()  # a broken archive says so itself
        raise ValueError("no notebook (.ipynb) was handed in")

    return give
