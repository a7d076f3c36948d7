"""The content security policy: on every page, and obeyed by a real browser."""

import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from book_site import policy  # noqa: E402

from tests.browser import watched_page  # noqa: E402

PAGE = '<!DOCTYPE html>\n<html><head><meta charset="utf-8" /></head><body>{}</body></html>\n'
OUTSIDE = "https://outside.invalid/"
LOADS = {
    "script": f'<script src="{OUTSIDE}x.js"></script>',
    "style": f'<link rel="stylesheet" href="{OUTSIDE}x.css">',
    "image": f'<img src="{OUTSIDE}x.png" alt="none">',
    "font": f"<style>@font-face {{ font-family: x; src: url({OUTSIDE}x.woff2); }}</style>"
    '<p style="font-family: x">x</p>',
    "frame": f'<iframe src="{OUTSIDE}"></iframe>',
    "object": f'<object data="{OUTSIDE}x.svg"></object>',
    "fetch": f"<script>fetch('{OUTSIDE}x').catch(() => 0)</script>",
    "beacon": f"<script>navigator.sendBeacon('{OUTSIDE}x')</script>",
    "socket": "<script>new WebSocket('wss://outside.invalid/')</script>",
}


def build(folder):
    """What the extension does at the end of a build."""
    builder = SimpleNamespace(format="html")
    policy._protect(SimpleNamespace(outdir=folder, builder=builder), None)


def protect(folder, body):
    """A page as the extension leaves it."""
    path = folder / "page.html"
    path.write_text(PAGE.format(body), encoding="utf-8")
    build(folder)
    return path


@contextmanager
def refusals(browser, path):
    """An open page, and which rules were broken on it."""
    with watched_page(browser) as (page, _):
        page.add_init_script(
            "window.refused = []; document.addEventListener('securitypolicyviolation',"
            "  e => refused.push(e.effectiveDirective));"
        )
        page.goto(path.as_uri())
        page.wait_for_timeout(100)
        yield page, page.evaluate("refused")


def test_every_page_opens_with_the_policy(pages):
    for page in pages.values():
        top = BeautifulSoup(page.text.partition("<body")[0], "html.parser")
        first, second = top.head.find_all(True, recursive=False)[:2]
        assert first.has_attr("charset"), page.path
        assert second["http-equiv"] == "Content-Security-Policy", page.path
        assert second["content"].startswith("default-src 'none'; script-src 'self'"), page.path


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
def test_a_browser_refuses_what_comes_from_outside(browser, tmp_path, load):
    path = protect(tmp_path, load)
    with refusals(browser, path) as (_, refused):
        assert refused
    path.write_text(policy._EARLIER.sub("", path.read_text("utf-8")), encoding="utf-8")
    with refusals(browser, path) as (_, refused):  # it was the policy that refused it
        assert not refused


def test_only_what_stood_in_the_page_runs(browser, tmp_path):
    body = '<p id="a"></p><script>a.textContent = "own";</script>'
    path = protect(tmp_path, body + "<button onclick=\"a.textContent += '!'\">x</button>")
    with refusals(browser, path) as (page, refused):
        page.get_by_role("button").click()
        assert page.locator("#a").inner_text() == "own!" and not refused
    added = '<script>a.textContent = "slipped in";</script><img alt="" src="" onerror="alert()">'
    path.write_text(path.read_text("utf-8").replace("</body>", added + "</body>"), "utf-8")
    with refusals(browser, path) as (page, refused):
        assert page.locator("#a").inner_text() == "own"
        assert refused == ["script-src-elem", "script-src-attr"]


def test_a_page_may_read_another_with_a_handler(browser, tmp_path):
    # As the search does: it parses the pages that it found, and their handlers count as its own.
    button = '<button onclick="window.print()">Print</button>'
    (tmp_path / "other.html").write_text(PAGE.format(button), encoding="utf-8")
    reading = f"new DOMParser().parseFromString('{button}', 'text/html')"
    with refusals(browser, protect(tmp_path, f"<script>{reading}</script>")) as (_, refused):
        assert not refused
    (tmp_path / "other.html").unlink()
    with refusals(browser, protect(tmp_path, f"<script>{reading};</script>")) as (_, refused):
        assert refused == ["script-src-attr"]


def test_files_beside_the_page_load_from_disk(browser, tmp_path):
    (tmp_path / "x.js").write_text("a.textContent = 'loaded';", encoding="utf-8")
    with refusals(browser, protect(tmp_path, '<p id="a"></p><script src="x.js"></script>')) as seen:
        assert seen[0].locator("#a").inner_text() == "loaded" and not seen[1]


def test_a_page_has_one_policy_however_often_it_is_built(tmp_path):
    path = protect(tmp_path, "<script>1</script>")
    once = path.read_text(encoding="utf-8")
    build(tmp_path)
    assert path.read_text(encoding="utf-8") == once
    assert len(BeautifulSoup(once, "html.parser").find_all("meta")) == 2


def test_data_and_files_need_no_hash():
    assert policy._runs("") and policy._runs(' type="module"')
    assert not policy._runs(' type="application/json"') and not policy._runs(' src="x.js"')
    # The hash of this script is the example of the standard, CSP Level 2, section 4.2.5.
    rules = policy.policy_of("<script>alert('Hello, world.');</script>")
    assert "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='" in rules
    assert "unsafe-hashes" not in rules


def test_a_page_without_charset_is_an_error(tmp_path):
    (tmp_path / "page.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page\.html has no charset"):
        build(tmp_path)
