from pathlib import Path

from dl_lib.data import cache_folder
from dl_lib.data.locking import alone


def test_cache_folder_is_chosen_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DL_LIB_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("DL_LIB_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/dl_lib")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "dl_lib"


def test_alone_lets_the_next_one_in(tmp_path):
    for _ in range(2):  # a second round would hang if the first kept its lock
        with alone(tmp_path / "locks" / "a"):
            pass
    assert (tmp_path / "locks" / "a").stat().st_size == 0
