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
MOST_TEXT, MOST_PAGE = 600_000, 2_500_000
# What a laptop takes along: the site as it is without chapters, and each with its notebook.
MOST_WITHOUT, MOST_A_CHAPTER = 30_000_000, 1_500_000


@dataclass(frozen=True)
class Page:
    """What the checks need of a page. A parsed page takes ten times its text, so none is kept."""

    path: Path
    anchors: frozenset
    addresses: tuple  # (name of the tag, whether it loads what it names, address)
    images: tuple  # (source, words)
    styles: str
    scripts: str

    @property
    def text(self):
        """The page as it is stored."""
        return self.path.read_text(encoding="utf-8")

    @property
    def soup(self):
        """The page, parsed anew."""
        return BeautifulSoup(self.text, "html.parser")


def _read(path):
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    anchors = {tag["id"] for tag in soup.find_all(id=True)}
    anchors |= {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
    styles = [tag.get_text() for tag in soup.find_all("style")]
    styles += [tag["style"] for tag in soup.find_all(style=True)]
    return Page(
        path=path,
        anchors=frozenset(map(str, anchors)),
        addresses=tuple(_addresses(soup)),
        images=tuple((tag.get("src", ""), tag.get("alt", "")) for tag in soup.find_all("img")),
        styles="\n".join(styles),
        scripts="\n".join(tag.get_text() for tag in soup.find_all("script")),
    )


def _addresses(soup):
    for tag in soup.find_all(["a", *LOADING]):
        address = tag.get("href") or tag.get("src")
        if address:
            rel = set(tag.get("rel") or [])
            yield tag.name, tag.name != "a" and not {"canonical", "license"} & rel, address


def read_pages(site):
    """Every page of a built site, read once."""
    site = Path(site).resolve()
    paths = [path.relative_to(site) for path in sorted(site.rglob("*.html"))]
    # In _static lie pieces of the theme, which no link leads to.
    return {site / path: _read(site / path) for path in paths if "_static" not in path.parts}


def dead_links(pages):
    """Links inside the site that lead to no file or to no anchor."""
    dead = []
    for page in pages.values():
        for tag, _, address in page.addresses:
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
                dead.append(f"{page.path.name}: <{tag}> {address}: no such file")
            elif anchor and target in pages and anchor not in pages[target].anchors:
                dead.append(f"{page.path.name}: {address}: no such anchor")
    return dead


def outside_loads(site, pages):
    """Whatever a page, a style sheet or a script would fetch from another place."""
    found = []
    for page in pages.values():
        for tag, loads, address in page.addresses:
            if loads and re.match(r"(https?:)?//", address):
                found.append(f"{page.path.name}: <{tag}> {address}")
        found += [f"{page.path.name}: {match}" for match in LOADED_BY_CSS.findall(page.styles)]
        found += [f"{page.path.name}: {match}" for match in LOADED_BY_SCRIPT.findall(page.scripts)]
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
        for source, words in page.images:
            alt = words.strip()
            if not alt or re.search(r"\.(png|svg|jpe?g|gif)$", alt) or "/" in alt[:12]:
                poor.append(f"{page.path.name}: {source[:60]}: alt is {alt[:60]!r}")
    return poor


def _images(page):
    """The image files that a page shows."""
    for source, _ in page.images:
        path = (page.path.parent / unquote(urlparse(source).path)).resolve()
        if not source.startswith("data:") and path.is_file():
            yield path


def heavy_pages(site, pages):
    """Pages and a site that weigh more than they may."""
    heavy = []
    for page in pages.values():
        stored = page.text
        whole = len(stored) + sum(path.stat().st_size for path in set(_images(page)))
        text = len(DATA_ADDRESS.sub("", stored))
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
