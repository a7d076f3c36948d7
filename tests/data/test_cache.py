import errno
from pathlib import Path

import pytest

from dl_lib.data import cache_folder, write_atomically
from dl_lib.data.locking import alone


def test_cache_folder_is_chosen_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DL_LIB_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("DL_LIB_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/dl_lib")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "dl_lib"


def test_write_atomically_replaces_a_file(tmp_path):
    path = tmp_path / "new" / "file.txt"
    for text in ("first", "second"):
        with write_atomically(path) as temporary:
            temporary.write_text(text)
        assert path.read_text() == text
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_write_atomically_leaves_nothing_half_written(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="No space left"), write_atomically(path) as temporary:
        temporary.write_text("ne")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]


def test_alone_lets_the_next_one_in(tmp_path):
    for _ in range(2):  # a second round would hang if the first kept its lock
        with alone(tmp_path / "locks" / "a"):
            pass
    assert (tmp_path / "locks" / "a").stat().st_size == 0
