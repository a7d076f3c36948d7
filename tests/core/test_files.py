"""What is written appears whole, with the permissions and in the place that it should have."""

import hashlib
import os
import stat

import pytest

from dl_lib.core import save
from dl_lib.core.files import write_atomically
from dl_lib.data import glyph_images
from dl_lib.data.download import fetch
from dl_lib.data.remote_file import RemoteFile
from dl_lib.training import History
from dl_lib.training.checkpoint import write_checkpoint
from tests import put

WRITERS = {
    "bytes": lambda path: write_atomically(path, b"new"),
    "model": lambda path: save(path, {"x": put.ones(1)}),
    "checkpoint": lambda path: write_checkpoint(path, {"x": put.ones(1)}, {}),
    "history": lambda path: History().to_csv(path),
    "images": lambda path: glyph_images._keep(path, [1], [2], [3]),
}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o027, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture(params=WRITERS.values(), ids=WRITERS)
def write(request):
    return request.param


def test_a_new_file_has_the_mode_that_the_process_gives(tmp_path, write, umask):
    write(tmp_path / "a")
    assert mode(tmp_path / "a") == 0o666 & ~umask


def test_an_older_file_keeps_its_mode(tmp_path, write):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write(path)
    assert mode(path) == 0o640 and path.read_bytes() != b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_target_is_written(tmp_path, write, exists):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "a", tmp_path / "b"
    if exists:
        target.write_bytes(b"old")
    link.symlink_to(target)
    write(link)
    assert link.is_symlink() and target.read_bytes() not in (b"", b"old")
    assert {file.name for file in tmp_path.rglob("*")} == {"elsewhere", "a", "b"}


def test_a_download_keeps_the_link_and_the_mode_of_what_it_replaces(tmp_path, monkeypatch, umask):
    monkeypatch.setenv("DL_LIB_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("DL_LIB_MIRROR", str(tmp_path / "mirror"))
    for folder in ("cache", "mirror", "elsewhere"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mirror" / "a").write_bytes(b"whole")
    file = RemoteFile("a", (), f"sha256:{hashlib.sha256(b'whole').hexdigest()}", 5)
    link, target = tmp_path / "cache" / "a", tmp_path / "elsewhere" / "a"
    assert mode(fetch(file)) == 0o666 & ~umask
    link.rename(target)
    target.write_bytes(b"part")
    target.chmod(0o640)
    link.symlink_to(target)
    assert fetch(file).read_bytes() == b"whole"
    assert link.is_symlink() and target.read_bytes() == b"whole" and mode(target) == 0o640
