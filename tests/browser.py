"""Chromium for tests: find an installed one, open watched pages, ask axe about them.

Nothing is downloaded: the Python package `playwright` drives the browser that the machine has. In a
test module, `from tests.browser import browser, watched_page` makes the fixture known.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from dl_lib.course._chromium import ARGUMENTS, HOW_TO_INSTALL, find_chromium

__all__ = ["Watched", "axe_findings", "browser", "find_chromium", "watched_page"]


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

    def note_failure(request):
        # A page that is left takes its open requests along, a favicon say: no fault of it.
        if request.failure != "net::ERR_ABORTED":
            seen.failed_requests.append(request.url)

    def note_console(message):
        if message.type == "error":
            seen.console_errors.append(message.text)

    page.on("request", note_request)
    page.on("requestfailed", note_failure)
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
