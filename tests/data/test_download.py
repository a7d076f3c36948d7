import errno
import io
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dl_lib.data import DownloadError, RemoteFile, fetch, remote_file
from dl_lib.data import download as module
from dl_lib.data._progress import ByteProgress

CONTENT = bytes(range(256)) * 4000  # about a megabyte, four blocks

# The package is entered past its __init__, so that no second is lost on importing JAX.
FETCH = """
import sys, types
package = types.ModuleType("dl_lib.data")
package.__path__ = [sys.argv[4]]
sys.modules["dl_lib.data"] = package
from dl_lib.data.download import RemoteFile, fetch
file = RemoteFile("folder/set.bin", (sys.argv[1],), sys.argv[2], int(sys.argv[3]))
print(fetch(file).stat().st_size)
"""


def files_in(cache):
    return sorted(
        str(path.relative_to(cache))
        for path in cache.rglob("*")
        if path.is_file() and ".locks" not in path.parts
    )


def start_fetching(file):
    command = [sys.executable, "-c", FETCH, file.urls[0], file.checksum, str(file.size)]
    command.append(str(Path(module.__file__).parent))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ.copy())


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/set.bin"


def test_fetches_once(server, describe, cache):
    server.files["set.bin"] = CONTENT
    file = describe(CONTENT)
    assert fetch(file).read_bytes() == CONTENT
    assert fetch(file) == cache / "folder" / "set.bin"
    assert server.requests == [("set.bin", None)]
    assert files_in(cache) == ["folder/set.bin"]


def test_a_file_of_the_wrong_size_is_fetched_again(server, describe, cache):
    server.files["set.bin"] = CONTENT
    file = describe(CONTENT)
    fetch(file).write_bytes(CONTENT[:100])
    assert fetch(file).read_bytes() == CONTENT


def test_works_without_a_known_length(server, describe, cache):
    server.files["set.bin"], server.says_length = CONTENT, False
    assert fetch(describe(CONTENT, size=None)).read_bytes() == CONTENT


def test_goes_on_to_the_next_address(server, describe, cache):
    server.files["good"] = CONTENT
    addresses = (closed_port(), f"{server.address}/missing", f"{server.address}/good")
    assert fetch(describe(CONTENT, urls=addresses)).read_bytes() == CONTENT


def test_a_broken_connection_is_taken_up_where_it_broke(server, describe, cache):
    server.files["set.bin"], server.breaks = CONTENT, 1
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT
    assert server.requests == [("set.bin", None), ("set.bin", f"bytes={len(CONTENT) // 2}-")]


def test_a_server_without_ranges_sends_all_again(server, describe, cache):
    server.files["set.bin"], server.breaks, server.ranges = CONTENT, 1, False
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_a_truncated_download_says_so_and_a_later_call_goes_on(server, describe, cache):
    server.files["set.bin"], server.breaks = CONTENT, 3
    file = describe(CONTENT)
    with pytest.raises(DownloadError, match="the connection broke after 896,000 of 1,024,000") as e:
        fetch(file)
    assert "The 896,000 bytes that came are kept; the next call goes on there." in str(e.value)
    assert files_in(cache) == ["folder/set.bin.part"]  # nothing under the final name
    server.requests.clear()
    assert fetch(file).read_bytes() == CONTENT
    assert server.requests == [("set.bin", "bytes=896000-")]
    assert files_in(cache) == ["folder/set.bin"]


def test_a_wrong_checksum_leaves_nothing(server, describe, cache):
    server.files["set.bin"] = CONTENT[:-1] + b"?"
    with pytest.raises(DownloadError, match=r"wrong checksum: expected sha256 \w+, got \w+"):
        fetch(describe(CONTENT))
    assert files_in(cache) == []


def test_a_truncated_file_of_unknown_length_is_caught_by_its_checksum(server, describe, cache):
    server.files["set.bin"], server.says_length = CONTENT[:500_000], False
    with pytest.raises(DownloadError, match=r"wrong checksum.*\(500,000 bytes\)"):
        fetch(describe(CONTENT, size=None))
    assert files_in(cache) == []


@pytest.mark.parametrize("size", [None, 300_000], ids=["unknown", "known"])
@pytest.mark.parametrize("says_length", [True, False], ids=["said", "unsaid"])
def test_a_server_that_never_ends_cannot_fill_the_disk(
    server, describe, cache, monkeypatch, size, says_length
):
    monkeypatch.setattr(remote_file, "_MOST", 300_000)
    kept = []
    monkeypatch.setattr(module.os, "fsync", lambda handle: kept.append(os.fstat(handle).st_size))
    server.files["set.bin"], server.says_length = CONTENT, says_length
    wrong = "1,024,000 bytes on offer, expected at most 300,000"
    wrong = wrong if says_length else "does not end: expected at most 300,000 bytes"
    with pytest.raises(DownloadError, match=wrong):
        fetch(describe(CONTENT, size=size))
    assert files_in(cache) == []
    assert max(kept, default=0) <= 300_000 + module._BLOCK


def test_a_mirror_that_never_ends_cannot_fill_the_disk(describe, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("DL_LIB_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror" / "folder").mkdir(parents=True)
    (tmp_path / "mirror" / "folder" / "set.bin").write_bytes(CONTENT)
    with pytest.raises(DownloadError, match="does not end: expected at most 1,000 bytes"):
        fetch(describe(CONTENT, size=1000, urls=()))
    assert files_in(cache) == []


def test_a_length_that_is_no_number_counts_for_nothing(server, describe, cache, monkeypatch):
    server.files["set.bin"], server.says_length = CONTENT, "much"
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"something else" * 100, CONTENT + b"too much"])
def test_what_another_download_left_cannot_spoil_it(server, describe, cache, left):
    server.files["set.bin"] = CONTENT
    (cache / "folder").mkdir(parents=True)
    (cache / "folder" / "set.bin.part").write_bytes(left)
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT
    assert files_in(cache) == ["folder/set.bin"]


def test_the_wrong_range_is_refused(server, describe, cache):
    server.files["set.bin"], server.breaks, server.shifts = CONTENT, 1, 7
    with pytest.raises(DownloadError, match="another part of the file than was asked for"):
        fetch(describe(CONTENT))


def test_sha1_is_understood(server, cache):
    server.files["a"] = b"abc"
    known = "sha1:a9993e364706816aba3e25717850c26c9cd0d89d"  # FIPS 180, the first example
    assert fetch(RemoteFile("a", (f"{server.address}/a",), known)).read_bytes() == b"abc"


def no_space(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["simulated"] + ["/dev/full"] * os.path.exists("/dev/full"))
def test_a_full_disk(server, describe, cache, monkeypatch, where):
    server.files["set.bin"] = CONTENT
    (cache / "folder").mkdir(parents=True)
    if where == "simulated":
        monkeypatch.setattr(module.os, "fsync", no_space)
    else:  # a device on which every write fails for lack of space
        (cache / "folder" / "set.bin.part").symlink_to(where)
    addresses = (f"{server.address}/set.bin",) * 2
    with pytest.raises(DownloadError, match=r"the disk is full\. Name a folder with room for it"):
        fetch(describe(CONTENT, urls=addresses))
    assert files_in(cache) == []
    assert len(server.requests) == 1  # no other address can help


def test_a_cache_that_cannot_be_written(describe, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DL_LIB_DATA", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match=r"cannot write there .* in DL_LIB_DATA"):
        fetch(describe(CONTENT))


def test_no_network(describe, cache, outside):
    addresses = ("https://example.invalid/set.bin", closed_port())
    with pytest.raises(DownloadError) as error:
        fetch(describe(CONTENT, urls=addresses, stand_in="glyphs()"))
    message = str(error.value)
    assert "could not fetch folder/set.bin. Tried:" in message
    assert f"https://example.invalid/set.bin: no connection ([Errno {socket.EAI_NONAME}]" in message
    assert f"{addresses[1]}: no connection (" in message
    assert "Without a network, glyphs() can stand in: no download needed." in message
    assert "DL_LIB_MIRROR" in message
    assert outside == ["example.invalid"] and files_in(cache) == []
    outside.clear()


def test_a_link_in_the_cache_stays_and_leads_to_the_file(server, describe, cache, tmp_path):
    server.files["set.bin"] = CONTENT
    elsewhere = tmp_path / "large disk" / "set.bin"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(b"of another size")
    elsewhere.chmod(0o640)
    (cache / "folder").mkdir(parents=True)
    link = cache / "folder" / "set.bin"
    link.symlink_to(elsewhere)
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT and link.is_symlink()
    assert elsewhere.read_bytes() == CONTENT and elsewhere.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_file_has_the_mode_that_the_process_gives(server, describe, cache, umask, mode):
    server.files["set.bin"] = CONTENT
    before = os.umask(umask)
    try:
        assert fetch(describe(CONTENT)).stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)


def test_a_mirror_folder_comes_first(server, describe, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("DL_LIB_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror" / "folder").mkdir(parents=True)
    (tmp_path / "mirror" / "folder" / "set.bin").write_bytes(CONTENT)
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT
    assert server.requests == []


def test_a_mirror_address_comes_first(server, describe, cache, monkeypatch):
    monkeypatch.setenv("DL_LIB_MIRROR", f"{server.address}/mirror/")
    server.files["mirror/folder/set.bin"] = CONTENT
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT
    assert server.requests == [("mirror/folder/set.bin", None)]


@pytest.mark.parametrize("content", [None, b"not the file"])
def test_a_mirror_without_the_file_is_passed_by(
    server, describe, cache, tmp_path, monkeypatch, content
):
    monkeypatch.setenv("DL_LIB_MIRROR", str(tmp_path))
    if content:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "set.bin").write_bytes(content)
    server.files["set.bin"] = CONTENT
    assert fetch(describe(CONTENT)).read_bytes() == CONTENT
    server.files.clear()
    with pytest.raises(DownloadError, match=rf"{tmp_path}/folder/other.bin: No such file"):
        fetch(describe(CONTENT, name="folder/other.bin"))


def test_two_processes_fetch_a_file_once(server, describe, cache):
    server.files["set.bin"], server.delay = CONTENT, 1.0
    file = describe(CONTENT)
    racing = [start_fetching(file) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in racing] == [str(len(CONTENT))] * 2
    assert server.requests == [("set.bin", None)]
    assert files_in(cache) == ["folder/set.bin"]


def test_a_killed_process_leaves_nothing_half_written_under_the_name(server, describe, cache):
    server.files["set.bin"], server.delay = CONTENT, 30
    file, part = describe(CONTENT), cache / "folder" / "set.bin.part"
    process = start_fetching(file)
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.communicate()
    kept = part.stat().st_size
    assert 0 < kept < len(CONTENT) and files_in(cache) == ["folder/set.bin.part"]
    server.delay = 0
    server.requests.clear()
    assert fetch(file).read_bytes() == CONTENT  # the lock of the dead does not hold us up
    assert server.requests == [("set.bin", f"bytes={kept}-")]


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "a/../../b", "a//b", "C:/b"])
def test_a_name_cannot_leave_the_cache(name):
    with pytest.raises(ValueError, match="expected a name inside the cache folder"):
        RemoteFile(name, (), "sha1:" + 40 * "0")


def test_a_checksum_must_look_like_one():
    with pytest.raises(ValueError, match="expected sha256:… or sha1:… in hexadecimal, got 'md5:"):
        RemoteFile("a", (), "md5:" + 32 * "0")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_shows_in_a_terminal_and_nowhere_else(monkeypatch, capsys):
    monkeypatch.delenv("DL_LIB_STATIC", raising=False)
    with ByteProgress("set.bin", 2_000_000) as bar:
        bar.add(1_000_000)
    assert capsys.readouterr() == ("", "")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with ByteProgress("set.bin", 2_000_000, 500_000) as bar:
        bar.add(500_000)
    with ByteProgress("set.bin", None) as bar:
        bar.add(1_500_000)
    assert f"{'━' * 10}{' ' * 11}set.bin 1.0 MB of 2.0 MB  0 s" in terminal.getvalue()
    assert "\x1b[Kset.bin 1.5 MB  0 s" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")
