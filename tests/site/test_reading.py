"""What a reader does with a chapter: scroll on a phone, open its folds, print it."""

import pytest

from tests.browser import watched_page
from tests.site.test_browser import EQUATIONS, PHONE, WIDER, open_page

PATTERN = "linear_networks/softmax_regression"
CODE = "div.cell pre"


def address(server, name):
    return f"{server}chapters/{name}.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_scrolls_on_a_phone_can_be_seen_to(browser, server, scheme):
    look = """.map(e => [getComputedStyle(e).overflowX, getComputedStyle(e).backgroundImage,
      getComputedStyle(e).backgroundAttachment])"""
    with watched_page(browser, home=server, width=PHONE, scheme=scheme) as (page, _):
        open_page(page, address(server, PATTERN))
        for selector in (EQUATIONS, CODE):
            found = page.evaluate(f"({WIDER})('{selector}'){look}")
            assert found
            for overflow, image, attachment in found:
                assert overflow == "auto"
                assert image.count("linear-gradient") == 4
                assert attachment == "local, local, scroll, scroll"


def test_folds_open_by_keyboard_and_say_what_they_hide(browser, server):
    with watched_page(browser, home=server) as (page, seen):
        open_page(page, address(server, PATTERN))
        folds = page.locator(".bd-article details.hide")
        lines = [fold.locator("summary").inner_text().strip() for fold in folds.all()]
        assert "Imports" in lines and any(line.startswith("✓ ") for line in lines)
        assert not [line for line in lines if "code cell" in line]
        for fold in folds.all()[:3]:
            code = fold.locator("pre").first
            assert not code.is_visible()
            fold.locator("summary").focus()
            page.keyboard.press("Enter")
            assert code.is_visible()
        table = page.locator(".admonition.dropdown").first
        assert "Coming from PyTorch" in table.inner_text()
        assert not table.locator("table").is_visible()
        table.locator("button").focus()
        page.keyboard.press("Enter")
        assert table.locator("table").is_visible()
    seen.assert_clean()


def test_paper_has_everything_or_no_solutions(browser, server):
    with watched_page(browser, home=server) as (page, _):
        for query, solutions in (("", True), ("?solutions=none", False)):
            open_page(page, address(server, PATTERN) + query)
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
            page.emulate_media(media="print")
            for code in page.locator("div.cell.tag_proof pre").all():
                assert code.is_visible()
            for selector in ("div.solution pre", "div.cell.tag_check pre"):
                shown = [code.is_visible() for code in page.locator(selector).all()]
                assert shown and set(shown) == {solutions}
            page.emulate_media(media="screen")
            page.evaluate("dispatchEvent(new Event('afterprint'))")
            assert not page.locator("div.cell.tag_proof pre").first.is_visible()


def test_names_of_the_library_lead_to_their_entry(site, pages):
    page = pages[site.resolve() / "chapters" / f"{PATTERN}.html"]
    links = {link["title"]: link for link in page.soup.select("pre a.code-link")}
    link = links["dl_lib.losses.cross_entropy"]
    assert link["href"].endswith("reference/api/losses.html#dl_lib.losses.cross_entropy")
    assert link.get_text() == "cross_entropy"
    assert links["dl_lib.functional.log_softmax"].get_text() == "functional.log_softmax"
