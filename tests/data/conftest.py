"""Tests of data sets: a cache of their own, no network, and a server that misbehaves on demand."""

import hashlib
import http.server
import socket
import threading
import time

import pytest

from dl_lib.data import RemoteFile

LOCAL = {"127.0.0.1", "localhost", "", None, b"127.0.0.1"}


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def outside(shared_cache, monkeypatch):
    """Keep everything in a temporary cache, and let no name outside this machine be looked up.

    Gives the list of names that were asked for; it must be empty at the end of a test, unless the
    test clears it.
    """
    monkeypatch.setenv("DL_LIB_DATA", str(shared_cache))
    monkeypatch.delenv("DL_LIB_MIRROR", raising=False)
    asked, look_up = [], socket.getaddrinfo

    def guarded(host, *arguments, **more):
        if host in LOCAL:
            return look_up(host, *arguments, **more)
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    yield asked
    assert not asked, f"a test asked for the network: {asked}"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for this test alone."""
    monkeypatch.setenv("DL_LIB_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`, with ranges, and the faults that a test asks for."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        server = self.server
        name = self.path.lstrip("/")
        asked = self.headers.get("Range")
        server.requests.append((name, asked))
        content = server.files.get(name)
        if content is None:
            self.send_error(404)
            return
        start = 0
        if asked and server.ranges:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self.send_error(416)
                return
        self.send_response(206 if start else 200)
        if start:
            begin = start + server.shifts
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if server.says_length:
            length = len(content) - start if server.says_length is True else server.says_length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        body = content[start:]
        if server.breaks > 0:
            server.breaks -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        time.sleep(server.delay)
        self.wfile.write(body[len(body) // 2 :])


@pytest.fixture
def server():
    """A server on this machine; its attributes choose what it serves and how badly."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.files, running.requests = {}, []
        running.ranges, running.says_length = True, True
        running.breaks, running.delay, running.shifts = 0, 0, 0
        running.handle_error = lambda *arguments: None  # a client that was killed is no error
        running.address = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def describe(server):
    """Make a RemoteFile with the right checksum for content that the server may or may not have."""

    def made(content, name="folder/set.bin", urls=None, **more):
        more.setdefault("size", len(content))
        urls = (f"{server.address}/set.bin",) if urls is None else urls
        checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return RemoteFile(name, urls, checksum, **more)

    return made


@pytest.fixture
def publish(tmp_path, monkeypatch, cache):
    """Put a file that a test built on a mirror, and let a loader expect it there."""
    mirror = tmp_path / "mirror"
    monkeypatch.setenv("DL_LIB_MIRROR", str(mirror))

    def put(file, content):
        path = mirror / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return RemoteFile(file.name, file.urls, checksum, len(content), file.stand_in)

    yield put
    # Loaders never unpack an archive: the cache holds the files themselves and the locks.
    kept = {path.name for path in cache.rglob("*") if path.is_file() and ".locks" not in path.parts}
    assert kept <= {path.name for path in mirror.rglob("*")}
    assert {path.name for path in tmp_path.iterdir()} <= {"mirror", "cache"}
