"""Chromium for tests: find an installed one, open watched pages, ask axe about them.

Nothing is downloaded: the Python package `playwright` drives the browser that the machine has. In a
test module, `from tests.browser import browser, watched_page` makes the fixture known.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

__all__ = ["Watched", "axe_findings", "browser", "find_chromium", "watched_page"]

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
OFF_PATH = {
    "darwin": [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    "win32": [
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ],
}
# No sandbox, because containers lack the privileges for one; the rest keeps the browser from
# calling home, so that an outside request in a test is the page's own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW_TO_INSTALL = (
    "no Chromium found: install one (Debian: apt-get install chromium, Fedora: dnf install "
    "chromium, macOS: brew install --cask google-chrome) or name its program in DL_LIB_CHROMIUM"
)


def find_chromium() -> str | None:
    """The program of an installed Chrome or Chromium, or None.

    The environment variable DL_LIB_CHROMIUM wins over what is on PATH.
    """
    named = os.environ.get("DL_LIB_CHROMIUM")
    if named:
        return shutil.which(named)
    on_path = (shutil.which(name) for name in NAMES)
    elsewhere = (path for path in OFF_PATH.get(sys.platform, []) if Path(path).exists())
    return next((path for path in (*on_path, *elsewhere) if path), None)


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """One headless Chromium for the whole session; skipped by name where there is none."""
    playwright_api = pytest.importorskip(
        "playwright.sync_api", reason="pip install playwright to run the browser tests"
    )
    program = find_chromium()
    if program is None:
        pytest.skip(HOW_TO_INSTALL)
    with playwright_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()


@dataclass
class Watched:
    """What a page did that a page of the book must not do."""

    console_errors: list[str] = field(default_factory=list)
    outside_requests: list[str] = field(default_factory=list)
    failed_requests: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Fail with everything that went wrong, not with the first thing only."""
        assert self == Watched(), str(self)


@contextmanager
def watched_page(
    browser, *, home: str = "file://", scheme: str = "light", width: int = 1280, **options
):
    """A fresh page and the record of its errors and of its requests to anywhere but `home`."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, **options
    )
    page, seen = context.new_page(), Watched()

    def note_request(request):
        if not request.url.startswith((home, "data:", "blob:", "about:")):
            seen.outside_requests.append(request.url)

    def note_console(message):
        if message.type == "error":
            seen.console_errors.append(message.text)

    page.on("request", note_request)
    page.on("requestfailed", lambda request: seen.failed_requests.append(request.url))
    page.on("console", note_console)
    page.on("pageerror", lambda error: seen.console_errors.append(str(error)))
    try:
        yield page, seen
    finally:
        context.close()


def axe_findings(
    page, impacts: tuple[str, ...] = ("serious", "critical"), rules: tuple[str, ...] = ()
) -> list[str]:
    """What axe finds on the page at these impacts: one line a rule, with the first elements.

    It looks at these rules only, if any are named.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    violations = Axe().run(page, options=options).response["violations"]
    return [
        f"{found['impact']} {found['id']}: "
        + " | ".join(node["html"][:160] for node in found["nodes"][:3])
        for found in violations
        if found["impact"] in impacts
    ]
