"""The built site, once for all tests, and a server to read it from."""

import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dl_lib.data.locking import alone
from tools.check_site import read_pages

ROOT = Path(__file__).resolve().parents[2]
BUILD = "from jupyter_book.cli.main import main; main()"


def pytest_collection_modifyitems(items):
    """What takes long to make is made by one worker, for all tests that need it."""
    for item in items:
        for made in {"pages", "printed"}.intersection(item.fixturenames):
            item.add_marker(pytest.mark.xdist_group(made))


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """The folder of the site, built with warnings as errors, by the first worker for all.

    DL_LIB_SITE names one that is built already, for those who work on these tests.
    """
    if os.environ.get("DL_LIB_SITE"):
        return Path(os.environ["DL_LIB_SITE"]).resolve()
    run = tmp_path_factory.getbasetemp()
    run = run if worker_id == "master" else run.parent
    output, built = run / "site", run / "site-built"
    with alone(run / "site-lock"):
        if not built.exists():
            build(output)
            built.touch()
    return output / "_build" / "html"


def build(output):
    """Build the site into a new folder."""
    output.mkdir()
    command = [sys.executable, "-c", BUILD, "build", str(ROOT), "--path-output", str(output)]
    command += ["--all", "--warningiserror", "--nitpick", "--keep-going"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "BOOK_REPO_URL": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=output
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]


@pytest.fixture(scope="session")
def pages(site):
    """Every page, read once."""
    return read_pages(site)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """A test's output is no place for a log."""


@pytest.fixture(scope="session")
def server(site):
    """The address under which the site is served on this machine."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()
