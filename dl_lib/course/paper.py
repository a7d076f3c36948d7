"""Pages of the built book on paper: one chapter, several, or all, with a table of contents.

Chromium prints each page; the pages are joined, and links between them become links inside.
"""

import io
import re
from contextlib import contextmanager
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dl_lib.course._chromium import ARGUMENTS, HOW_TO_INSTALL, find_chromium

__all__ = ["book_order", "write_pdf"]

FOOTER = """<div style="width: 100%; font: 8px sans-serif; text-align: center; color: #555">
<span class="pageNumber"></span></div>"""
LAYOUT = {
    "format": "A4",
    "scale": 0.8,  # so that a line holds what it holds on a screen
    "margin": {"top": "18mm", "bottom": "18mm", "left": "17mm", "right": "17mm"},
    "print_background": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": FOOTER,
    "outline": True,
    "tagged": True,
}
# Empty pages before the first: those are not printed, but they are counted.
OFFSET = """count => {
  for (let n = 0; n < count; n++) {
    const empty = document.createElement('div');
    empty.style.cssText = 'break-after: page; height: 1px';
    document.body.prepend(empty);
  }
  dispatchEvent(new Event('beforeprint'));
}"""
CONTENTS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 16px/1.7 Georgia, serif; }} h1 {{ font-size: 34px; margin: 3em 0 1.5em; }}
li {{ list-style: none; display: flex; gap: 1em; break-inside: avoid; }} ul {{ padding: 0; }}
li span {{ margin-left: auto; }} ul ul {{ padding-left: 1.5em; width: 100%; }}
li.section {{ font-size: 14px; padding-left: 1.5em; }} a {{ color: inherit; }}</style>
<h1>{title}</h1><ul>{lines}</ul></html>"""


def book_order(site: Path) -> list[str]:
    """Return the chapters of a built book in its order.

    Args
        site: the folder of its pages
    Returns
        each part/chapter, as the table of contents of the book lists them
    Raises
        ValueError: if there is no built book
    Chapter
        reference/teach
    """
    index = site / "index.html"
    if not index.is_file():
        raise ValueError(f"{index}: no such page; `make book` builds the book")
    listed = re.findall(r'href="chapters/(\w+/\w+)\.html', index.read_text(encoding="utf-8"))
    return [name for name in dict.fromkeys(listed) if not name.endswith("/index")]


def write_pdf(names: list[str], to: Path, *, site: Path, title: str, solutions: bool) -> Path:
    """Print chapters into one file.

    Args
        names: each part/chapter
        to: the path of the file
        site: the folder of the built book
        title: what stands above the table of contents
        solutions: with those of the exercises and their checks, or without
    Returns
        the path of the file
    Raises
        ValueError: if a page is missing
        RuntimeError: if there is no Chromium, or a package of the extra `book` is missing
    Chapter
        reference/teach
    """
    paths = [(site / "chapters" / f"{name}.html").resolve() for name in names]
    for path in paths:
        if not path.is_file():
            raise ValueError(f"{path}: no such page; `make book` builds the book")
    try:
        from pypdf import PdfReader, PdfWriter
    except ImportError:
        raise RuntimeError("pypdf is missing: pip install '.[book]'") from None
    with _page() as page:
        heads = [_heads(path) for path in paths]
        begins = [1] * len(paths)
        first = len(PdfReader(_contents(page, title, heads, begins)).pages)
        printed, count = [], first
        for number, path in enumerate(paths):
            begins[number] = count + 1
            _open(page, path, solutions)
            page.evaluate(OFFSET, count)
            printed.append(page.pdf(**LAYOUT, page_ranges=f"{count + 1}-"))
            count += len(PdfReader(io.BytesIO(printed[-1])).pages)
        contents = _contents(page, title, heads, begins)
    writer = PdfWriter()
    writer.append(contents, import_outline=False)
    for content, (heading, _) in zip(printed, heads, strict=True):
        writer.append(io.BytesIO(content), outline_item=heading if len(paths) > 1 else None)
    writer.add_metadata({"/Title": title})
    _keep_links_inside(writer, dict(zip(paths, begins, strict=True)))
    to.parent.mkdir(parents=True, exist_ok=True)
    writer.write(to)
    return to


@contextmanager
def _page():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise RuntimeError("playwright is missing: pip install playwright") from None
    program = find_chromium()
    if program is None:
        raise RuntimeError(HOW_TO_INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser.new_page(color_scheme="light")
        finally:
            browser.close()


def _heads(path):
    """The heading of a page of the book, and those of its sections."""
    text = path.read_text(encoding="utf-8")
    found = {"1": [], "2": []}
    heading = r'<h([12])>((?:(?!</h[12]>).)*?)<a class="headerlink"'
    for kind, inside in re.findall(heading, text, re.S):
        words = re.sub(r'<span class="section-number">.*?</span>|<[^>]*>', "", inside)
        found[kind].append(unescape(words).strip())
    return (*found["1"], path.stem)[0], found["2"]


def _open(page, path, solutions):
    page.goto(path.as_uri() + ("" if solutions else "?solutions=none"))
    page.wait_for_function("window.MathJax && MathJax.startup && MathJax.startup.promise")
    page.evaluate("MathJax.startup.promise")
    page.emulate_media(media="print", color_scheme="light")


def _contents(page, title, heads, begins):
    """The table of contents, printed: chapters with pages, and of a single one its sections."""
    lines = []
    for (heading, sections), begin in zip(heads, begins, strict=True):
        lines.append(f"<li>{escape(heading)}<span>{begin}</span></li>")
        lines += [f'<li class="section">{escape(section)}</li>' for section in sections]
    page.set_content(CONTENTS.format(title=escape(title), lines="".join(lines)))
    return io.BytesIO(page.pdf(**{**LAYOUT, "outline": False}))


def _keep_links_inside(writer, begins):
    """Lead links between printed pages to their page; drop those to pages that are not there."""
    from pypdf.generic import ArrayObject, NameObject

    for sheet in writer.pages:
        kept = ArrayObject()
        for note in sheet.get("/Annots", ()):
            link = note.get_object()
            address = urlsplit(str(link.get("/A", {}).get("/URI", "")))
            if address.scheme == "file":
                begin = begins.get(Path(unquote(address.path)))
                if begin is None:
                    continue
                del link["/A"]
                target = [writer.pages[begin - 1].indirect_reference, NameObject("/Fit")]
                link[NameObject("/Dest")] = ArrayObject(target)
            kept.append(note)
        sheet[NameObject("/Annots")] = kept
