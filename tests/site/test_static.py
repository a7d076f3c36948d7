"""What can be checked of the built site by reading its files."""

import csv
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, SoupStrainer

from tools import atlas, check_site

ROOT = Path(__file__).resolve().parents[2]


def test_no_link_or_anchor_is_dead(pages):
    assert not check_site.dead_links(pages)


def test_nothing_is_loaded_from_outside(site, pages):
    assert not check_site.outside_loads(site, pages)


def test_every_image_has_words(pages):
    assert not check_site.poor_alternatives(pages)


def test_no_page_is_too_heavy(site, pages):
    assert not check_site.heavy_pages(site, pages)


def test_no_source_map_is_asked_for_or_shipped(site):
    assert not list(site.rglob("*.map"))


def test_every_chapter_is_in_the_book(site):
    notebooks = sorted((ROOT / "chapters").glob("*/*.ipynb"))
    missing = [
        path
        for path in notebooks
        if not (site / path.relative_to(ROOT)).with_suffix(".html").is_file()
    ]
    assert not missing, "add these to _toc.yml"


def test_every_chapter_page_opens_with_its_card(site, pages):
    only = SoupStrainer(class_="card-label")
    for path in sorted((ROOT / "chapters").glob("*/*.ipynb")):
        page = pages[(site / path.relative_to(ROOT)).with_suffix(".html").resolve()]
        found = BeautifulSoup(page.text, "html.parser", parse_only=only)
        labels = [label.get_text() for label in found]
        assert "Reading" in labels and "Runs in" in labels and "You need" in labels, path


def test_every_chapter_can_be_downloaded(site, pages):
    for path in sorted((ROOT / "chapters").glob("*/*.ipynb")):
        page = pages[(site / path.relative_to(ROOT)).with_suffix(".html").resolve()]
        links = [address for tag, _, address in page.addresses if tag == "a"]
        assert any("_sources" in x and x.endswith(".ipynb") for x in links), path


def test_all_twenty_parts_show_on_the_front_page(site, pages):
    cards = pages[site.resolve() / "index.html"].soup.select(".part-card")
    with open(ROOT / "chapters" / "parts.csv", encoding="utf-8", newline="") as file:
        titles = [row["title"] for row in csv.DictReader(file)]
    assert len(cards) == 20
    for card, title in zip(cards, titles, strict=True):
        assert title in card.get_text()


def test_the_atlas_shows_every_line(site, pages):
    page = pages[site.resolve() / "reference" / "atlas.html"]
    assert len(page.soup.select("#atlas tr[data-status]")) == len(atlas.load_rows())
    assert len(page.text) < check_site.MOST_TEXT


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('<a href="nowhere.html">x</a>', "no such file"),
        ('<a href="#nowhere">x</a>', "no such anchor"),
        ('<script src="https://cdn.example.org/x.js"></script>', "<script> https://cdn"),
        ("<style>p { background: url(//cdn.example.org/x.png) }</style>", "//cdn.example.org"),
        ("<script>fetch('https://example.org/x')</script>", "https://example.org/x"),
        ('<img src="data:," alt="../images/plot.png">', "alt is"),
        ('<img src="data:,">', "alt is ''"),
        ("<p>" + "x" * 700_000 + "</p>", "700,"),
    ],
)
def test_the_checker_sees(tmp_path, line, wrong):
    start = "<html><body><h1 id='a'>A</h1><a href='#a'>A</a>"
    (tmp_path / "index.html").write_text(start, encoding="utf-8")
    assert not check_site.check(tmp_path)
    (tmp_path / "index.html").write_text(start + line, encoding="utf-8")
    (found,) = check_site.check(tmp_path)
    assert wrong in found
