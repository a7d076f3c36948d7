"""The built site in a real browser: what readers see, hear and touch."""

from contextlib import contextmanager

import pytest

from tests.browser import Watched, axe_findings, watched_page
from tools import atlas

PHONE, DESKTOP = 390, 1280
# Workers share the pages, and a browser's memory of many pages is given back after each share.
SHARES = 8
WIDER = """selector => Array.from(document.querySelectorAll('.bd-article ' + selector))
  .filter(e => e.scrollWidth > e.clientWidth + 1)"""
EQUATIONS = "mjx-container[display=true]"
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
    """Go there and wait until the math is set."""
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


def findings(page, name, small):
    """What axe says about the page, on one load: in light, the colors in dark, some on a phone."""
    if name not in WHOLE:
        page.evaluate(SHORTCUTS)
    found = axe_findings(page)
    if small:
        with narrow(page):
            page.wait_for_timeout(400)  # until the theme lets the keyboard reach what scrolls now
            found += axe_findings(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme=dark]", state="attached")
    page.evaluate("document.getAnimations().forEach(a => a.finish())")
    found += axe_findings(page, rules=("color-contrast",))
    page.emulate_media(color_scheme="light")
    return found


@contextmanager
def narrow(page):
    """The page as wide as on a phone."""
    page.set_viewport_size({"width": PHONE, "height": 900})
    yield
    page.set_viewport_size({"width": DESKTOP, "height": 900})


def overflow(page):
    """Elements that stick out on the right, if the page can be scrolled sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
        Array.from(document.querySelectorAll('main *'))
          .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1 &&
            !e.closest('pre, mjx-container, .pst-scrollable-table-container'))
          .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
    )


def pictures(figure):
    """What a figure shows now: its picture, the words for it, its numbers."""
    image = figure.locator("img")
    numbers = figure.locator(".explore-numbers").inner_text()
    return image.get_attribute("src"), image.get_attribute("alt"), numbers


def stuck(page, figure):
    """What in the figure does not move its picture."""
    found = []
    for slider in figure.locator("input[type=range]").all():
        slider.focus()
        page.keyboard.press("Home")
        first = pictures(figure)
        page.keyboard.press("End")
        last = pictures(figure)
        page.keyboard.press("ArrowLeft")
        moved = first[0] != last[0] and first[1] != last[1] and pictures(figure)[0] != last[0]
        found += [] if moved else [f"a slider moves nothing: {last[1]}"]
    for menu in figure.locator("select").all():
        before = pictures(figure)
        options = menu.locator("option").count()
        menu.select_option(index=(int(menu.input_value()) + 1) % options)
        found += [] if pictures(figure)[0] != before[0] else [f"a menu moves nothing: {before[1]}"]
    return found


def cut(page):
    """Equations that are wider than the column."""
    return page.evaluate(f"({WIDER})('{EQUATIONS}').map(e => e.parentElement.id || e.textContent)")


# To load a page costs as much as to look at it: each is loaded once for everything.
@pytest.mark.parametrize("share", range(SHARES))
def test_pages_are_clean_and_accessible_and_their_sliders_move(browser, site, server, share):
    problems, figures = {}, 0
    with watched_page(browser, home=server, scheme="light", width=DESKTOP) as (page, seen):
        for number, name in enumerate(addresses(site)[share::SHARES]):
            open_page(page, server + name)
            found = [f"sticks out: {element}" for element in overflow(page)]
            found += [f"is cut: {words[:60]}" for words in cut(page)]
            with narrow(page):
                found += [f"sticks out on a phone: {element}" for element in overflow(page)]
            for figure in page.locator("figure.explore").all():
                figures += 1
                found += stuck(page, figure)
            found += [str(seen)] if seen != Watched() else []
            found += findings(page, name, small=number % 8 == 0)
            for record in vars(seen).values():  # axe itself asks for a file or two
                record.clear()
            if found:
                problems[name] = found
    assert figures
    assert not problems


def test_the_book_works_from_disk(browser, site):
    with watched_page(browser) as (page, seen):
        open_page(page, (site / "index.html").as_uri())
        assert page.locator(".part-card").count() == 20
        page.get_by_role("link", name="Notation").first.click()
        page.wait_for_selector("mjx-container")
    seen.assert_clean()


def shown(page):
    """How many lines of the atlas are visible."""
    return page.locator("#atlas tr[data-status]:not([hidden])").count()


def test_the_atlas_can_be_searched_by_keyboard(browser, server):
    with watched_page(browser, home=server) as (page, seen):
        open_page(page, server + "reference/atlas.html")
        every = len(atlas.load_rows())
        assert shown(page) == every
        page.get_by_label("Words").focus()
        page.keyboard.type("softmax")
        some = shown(page)
        assert 0 < some < 60
        assert page.locator("#atlas-count").inner_text() == f"{some} of {every} techniques"
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
