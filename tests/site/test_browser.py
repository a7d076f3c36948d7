"""The built site in a real browser: what readers see, hear and touch."""

import pytest

from tests.browser import Watched, axe_findings, watched_page

PHONE, DESKTOP = 390, 1280
MODES = [(scheme, width) for scheme in ("light", "dark") for width in (DESKTOP, PHONE)]
# Listings of source code are many and all alike: a few stand for the rest.
LISTINGS = ("_modules", "proofs")
LISTINGS_SEEN = 2


def addresses(site):
    """Every page of the book, and some of the listings, relative to its root."""
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    names = [name for name in names if not name.startswith("_static/")]
    listings = [name for name in names if name.startswith(LISTINGS)]
    return [name for name in names if name not in listings] + listings[:LISTINGS_SEEN]


def open_page(page, address):
    """Go there and wait until the maths is set."""
    page.goto(address)
    page.evaluate("window.MathJax ? MathJax.startup.promise.then(() => null) : null")


# What repeats a thousand times makes axe slow and tells it nothing new. It is checked as it stands
# on the pages of WHOLE, and elsewhere after these shortcuts: code without the spans of its colors,
# formulas as words, and the first lines of a long list.
WHOLE = ("reference/how_to_use.html", "reference/notation.html", "reference/api/metrics.html")
SHORTCUTS = """() => {
  document.querySelectorAll('.highlight pre').forEach(e => { e.textContent = e.textContent; });
  document.querySelectorAll('mjx-container').forEach(e => e.replaceWith('formula'));
  const lists = ['#atlas tbody', 'section > dl.py', 'table.indextable li', 'dl.glossary > *'];
  for (const list of lists)
    Array.from(document.querySelectorAll(list)).slice(8).forEach(e => e.remove());
}"""


def findings(page, name):
    """What axe says about the page."""
    if name not in WHOLE:
        page.evaluate(SHORTCUTS)
    return axe_findings(page)


def overflow(page):
    """Elements that stick out on the right, if the page can be scrolled sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
        Array.from(document.querySelectorAll('main *'))
          .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1 &&
            !e.closest('pre, mjx-container, .pst-scrollable-table-container'))
          .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
    )


@pytest.mark.parametrize(("scheme", "width"), MODES)
def test_pages_are_clean_and_accessible(browser, site, server, scheme, width):
    problems = {}
    with watched_page(browser, home=server, scheme=scheme, width=width) as (page, seen):
        for name in addresses(site):
            open_page(page, server + name)
            found = [f"sticks out: {element}" for element in overflow(page)]
            found += [str(seen)] if seen != Watched() else []
            found += findings(page, name)
            for record in vars(seen).values():  # axe itself asks for a file or two
                record.clear()
            if found:
                problems[name] = found
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert not problems


def test_the_book_works_from_disk(browser, site):
    with watched_page(browser) as (page, seen):
        open_page(page, (site / "index.html").as_uri())
        assert page.locator(".part-card").count() == 20
        page.get_by_role("link", name="Notation").first.click()
        page.wait_for_selector("mjx-container")
    seen.assert_clean()


def pictures(figure):
    """What a figure shows now: its picture, the words for it, its numbers."""
    image = figure.locator("img")
    numbers = figure.locator(".explore-numbers").inner_text()
    return image.get_attribute("src"), image.get_attribute("alt"), numbers


def test_every_slider_moves_its_picture(browser, site, server, pages):
    root = site.resolve()
    with_figures = [p for p in pages.values() if p.soup.select("figure.explore")]
    assert with_figures
    with watched_page(browser, home=server) as (page, seen):
        for found in with_figures:
            open_page(page, server + found.path.relative_to(root).as_posix())
            for figure in page.locator("figure.explore").all():
                for slider in figure.locator("input[type=range]").all():
                    slider.focus()
                    page.keyboard.press("Home")
                    first = pictures(figure)
                    page.keyboard.press("End")
                    last = pictures(figure)
                    assert first[0] != last[0] and first[1] != last[1], found.path
                    page.keyboard.press("ArrowLeft")
                    assert pictures(figure)[0] != last[0], found.path
                for menu in figure.locator("select").all():
                    before = pictures(figure)
                    options = menu.locator("option").count()
                    chosen = int(menu.input_value())
                    menu.select_option(index=(chosen + 1) % options)
                    assert pictures(figure)[0] != before[0], found.path
    seen.assert_clean()


def shown(page):
    """How many lines of the atlas are visible."""
    return page.locator("#atlas tr[data-status]:not([hidden])").count()


def test_the_atlas_can_be_searched_by_keyboard(browser, server):
    with watched_page(browser, home=server) as (page, seen):
        open_page(page, server + "reference/atlas.html")
        assert shown(page) == 922
        page.get_by_label("Words").focus()
        page.keyboard.type("softmax")
        some = shown(page)
        assert 0 < some < 60
        assert page.locator("#atlas-count").inner_text() == f"{some} of 922 techniques"
        assert page.locator("#atlas-softmax").is_visible()
        page.keyboard.press("Tab")
        page.get_by_label("Part").select_option("linear_networks")
        fewer = shown(page)
        assert 0 < fewer < some
        assert "words=softmax" in page.url and "part=linear_networks" in page.url
        open_page(page, page.url)  # a filtered atlas can be linked
        assert shown(page) == fewer
        page.get_by_label("Words").fill("no such thing")
        assert shown(page) == 0
    seen.assert_clean()


def test_the_search_finds_a_chapter(browser, server):
    with watched_page(browser, home=server) as (page, seen):
        page.goto(server + "search.html?q=notation")
        page.wait_for_selector("#search-results li a")
        titles = page.locator("#search-results li a").all_inner_texts()
        assert any("Notation" in title for title in titles)
    seen.assert_clean()


def test_the_sidebar_opens_on_a_phone(browser, server):
    with watched_page(browser, home=server, width=PHONE, has_touch=True) as (page, seen):
        open_page(page, server + "index.html")
        link = page.locator("#pst-primary-sidebar").get_by_role("link", name="Notation").first
        assert not link.is_visible()
        page.locator("button.primary-toggle").first.click()
        link = page.get_by_role("link", name="Notation").first
        link.click()
        page.wait_for_url("**/notation.html")
    seen.assert_clean()


def test_the_reader_can_choose_light_or_dark(browser, server):
    with watched_page(browser, home=server, scheme="light") as (page, seen):
        open_page(page, server + "index.html")
        theme = "document.documentElement.dataset.theme"
        modes = set()
        for _ in range(3):
            modes.add(page.evaluate(theme))
            page.locator("button.theme-switch-button").first.click()
        assert modes == {"light", "dark"}
    seen.assert_clean()
