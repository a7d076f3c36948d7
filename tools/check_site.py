"""What can be seen of a built site without a browser: `python -m tools.check_site _build/html`.

Links and anchors that lead nowhere, anything loaded from elsewhere, images without words, and pages
that weigh too much.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from bs4 import BeautifulSoup

__all__ = [
    "Page",
    "check",
    "dead_links",
    "heavy_pages",
    "outside_loads",
    "poor_alternatives",
    "read_pages",
]

DATA_ADDRESS = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+")
LOADED_BY_CSS = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""")
LOADED_BY_SCRIPT = re.compile(
    r"""(?:fetch|import|importScripts|Worker|XMLHttpRequest|EventSource|WebSocket)\s*\(\s*"""
    r"""["'`]((?:https?:|wss?:)?//[^"'`]+)|\.src\s*=\s*["'`]((?:https?:)?//[^"'`]+)"""
)
LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}
# A page that a reader opens on a train: the text, and all with its figures.
MOST_TEXT, MOST_PAGE = 500_000, 2_500_000
# What a laptop takes along: the site as it is without chapters, and each with its notebook.
MOST_WITHOUT, MOST_A_CHAPTER = 30_000_000, 1_500_000


@dataclass
class Page:
    """One page: where it lies, what it says, and the anchors it offers."""

    path: Path
    text: str
    soup: BeautifulSoup
    anchors: set


def read_pages(site):
    """Every page of a built site, parsed once."""
    pages = {}
    for path in sorted(Path(site).resolve().rglob("*.html")):
        if "_static" in path.relative_to(Path(site).resolve()).parts:
            continue  # pieces of the theme, which no link leads to
        text = path.read_text(encoding="utf-8")
        soup = BeautifulSoup(text, "html.parser")
        anchors = {tag["id"] for tag in soup.find_all(id=True)}
        anchors |= {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
        pages[path] = Page(path, text, soup, anchors)
    return pages


def _addresses(soup):
    for tag in soup.find_all(["a", *LOADING]):
        address = tag.get("href") or tag.get("src")
        if address:
            yield tag, address


def dead_links(pages):
    """Links inside the site that lead to no file or to no anchor."""
    dead = []
    for page in pages.values():
        for tag, address in _addresses(page.soup):
            parts = urlparse(address)
            # A button of the theme is a link to "#": it opens a menu.
            if parts.scheme or parts.netloc or address == "#":
                continue
            target = page.path
            if parts.path:
                target = (page.path.parent / unquote(parts.path)).resolve()
                target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.exists():
                dead.append(f"{page.path.name}: <{tag.name}> {address}: no such file")
            elif anchor and target in pages and anchor not in pages[target].anchors:
                dead.append(f"{page.path.name}: {address}: no such anchor")
    return dead


def outside_loads(site, pages):
    """Whatever a page, a style sheet or a script would fetch from another place."""
    found = []
    for page in pages.values():
        for tag, address in _addresses(page.soup):
            rel = tag.get("rel") or []
            loads = tag.name != "a" and not {"canonical", "license"} & set(rel)
            if loads and re.match(r"(https?:)?//", address):
                found.append(f"{page.path.name}: <{tag.name}> {address}")
        inline = [tag.get_text() for tag in page.soup.find_all("style")]
        inline += [tag["style"] for tag in page.soup.find_all(style=True)]
        scripts = [tag.get_text() for tag in page.soup.find_all("script")]
        found += [f"{page.path.name}: {m}" for m in LOADED_BY_CSS.findall("\n".join(inline))]
        found += [f"{page.path.name}: {m}" for m in LOADED_BY_SCRIPT.findall("\n".join(scripts))]
    for path in sorted(Path(site).rglob("*")):
        pattern = {".css": LOADED_BY_CSS, ".js": LOADED_BY_SCRIPT}.get(path.suffix)
        if pattern:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.name}: {match}" for match in pattern.findall(text)]
    return found


def poor_alternatives(pages):
    """Images whose words are missing, or are the name of a file."""
    poor = []
    for page in pages.values():
        for image in page.soup.find_all("img"):
            words = image.get("alt", "").strip()
            if not words or re.search(r"\.(png|svg|jpe?g|gif)$", words) or "/" in words[:12]:
                poor.append(f"{page.path.name}: {image.get('src', '')[:60]}: alt is {words[:60]!r}")
    return poor


def _images(page):
    """The image files that a page shows."""
    for image in page.soup.find_all("img"):
        address = image.get("src", "")
        path = (page.path.parent / unquote(urlparse(address).path)).resolve()
        if not address.startswith("data:") and path.is_file():
            yield path


def heavy_pages(site, pages):
    """Pages and a site that weigh more than they may."""
    heavy = []
    for page in pages.values():
        whole = len(page.text) + sum(path.stat().st_size for path in set(_images(page)))
        text = len(DATA_ADDRESS.sub("", page.text))
        if text > MOST_TEXT or whole > MOST_PAGE:
            heavy.append(f"{page.path.name}: {text:,} bytes of text, {whole:,} with its figures")
    total = sum(path.stat().st_size for path in Path(site).rglob("*") if path.is_file())
    chapters = len(list(Path(site).glob("_sources/chapters/*/*.ipynb")))
    if total > MOST_WITHOUT + chapters * MOST_A_CHAPTER:
        heavy.append(f"the site: {total:,} bytes with {chapters} chapters")
    return heavy


def check(site):
    """Everything that is wrong with a built site, one sentence each."""
    pages = read_pages(site)
    if not pages:
        return [f"{site} holds no page"]
    return [
        *dead_links(pages),
        *outside_loads(site, pages),
        *poor_alternatives(pages),
        *heavy_pages(site, pages),
    ]


if __name__ == "__main__":
    wrong = check(sys.argv[1])
    print("\n".join(wrong) or "no dead link, nothing loaded from outside, no page too heavy")
    sys.exit(bool(wrong))
