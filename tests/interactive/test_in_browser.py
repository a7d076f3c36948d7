"""Interactive figures in Chromium: moved by keyboard and mouse, read by axe, narrow and dark."""

import base64
import functools
import http.server
import threading

import pytest

from tests.browser import axe_findings, watched_page
from tests.interactive.examples import bar_explorer, line_explorer, write_page


@pytest.fixture(scope="module")
def line():
    return line_explorer()


@pytest.fixture(scope="module")
def bars():
    return bar_explorer()


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(request, line, bars, tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    return write_page(path, line, bars, theme=request.param), request.param


@pytest.fixture
def page(browser, line, bars, tmp_path):
    path = write_page(tmp_path / "page.html", line, bars)
    with watched_page(browser) as (page, seen):
        page.goto(path.as_uri())
        yield page
        seen.assert_clean()


def image_of(page, number=0):
    """The bytes of the picture shown, once it can be seen."""
    image = page.locator(".explore img").nth(number)
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    return base64.b64decode(image.get_attribute("src").partition(",")[2])


def numbers_of(page, number=0):
    return page.get_by_role("status").nth(number).inner_text().split()


def test_keyboard_moves_picture_and_numbers(page, line):
    slider = page.get_by_role("slider", name="slope")
    seen_before = page.locator(".explore img").first.screenshot()
    assert image_of(page) == line.frames[2].image
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert image_of(page) == line.frames[3].image
    assert page.locator(".explore img").first.screenshot() != seen_before
    assert numbers_of(page) == ["end", "height", "0.667", "doubled", "4"]
    assert slider.get_attribute("aria-valuetext") == "2"
    assert page.locator(".explore-value").first.inner_text() == "2"
    assert page.locator(".explore img").first.get_attribute("alt").endswith("(slope = 2)")
    for key, place in (("Home", 0), ("End", 4), ("ArrowLeft", 3)):
        page.keyboard.press(key)
        assert image_of(page) == line.frames[place].image


def test_mouse_moves_picture_and_numbers(page, line):
    box = page.get_by_role("slider", name="slope").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.click(box["x"] + 4, middle)
    assert image_of(page) == line.frames[0].image
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, middle, steps=5)
    page.mouse.up()
    assert image_of(page) == line.frames[4].image
    assert numbers_of(page) == ["end", "height", "0.833", "doubled", "5"]


def test_two_parameters_and_two_figures_keep_to_themselves(page, line, bars):
    page.get_by_label("method").select_option("plain")
    assert image_of(page, 1) == bars.frames[2].image
    assert numbers_of(page, 1) == ["chosen", "plain!"]
    page.get_by_role("slider", name="learning rate").press("End")
    assert image_of(page, 1) == bars.frames[4].image
    page.get_by_label("method").select_option("fast <b>")
    assert numbers_of(page, 1) == ["chosen", "fast", "<b>!"]
    assert image_of(page, 0) == line.frames[2].image


def test_focus_is_seen(page):
    page.keyboard.press("Tab")
    outline = page.evaluate(
        "() => { const s = getComputedStyle(document.activeElement);"
        " return [document.activeElement.type, s.outlineStyle, parseFloat(s.outlineWidth)] }"
    )
    assert outline == ["range", "solid", 3]


def test_once_started_it_says_how_to_move_it(page):
    assert page.locator(".explore").first.get_attribute("aria-busy") == "false"
    assert "arrow keys" in page.locator(".explore-hint").first.inner_text()
    assert page.locator("fieldset[disabled]").count() == 0


def test_without_scripts_the_middle_frame_shows(browser, line, tmp_path):
    path = write_page(tmp_path / "page.html", line)
    with watched_page(browser, java_script_enabled=False) as (page, seen):
        page.goto(path.as_uri())
        source = page.locator(".explore img").get_attribute("src")
        assert base64.b64decode(source.partition(",")[2]) == line.frames[2].image
        assert page.locator(".explore img").bounding_box()["width"] > 200
        assert page.get_by_role("slider").is_disabled()
        assert "needs JavaScript" in page.locator(".explore-hint").inner_text()
        seen.assert_clean()


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(browser, themed, width):
    path, theme = themed
    with watched_page(browser, scheme=theme, width=width) as (page, seen):
        page.goto(path.as_uri())
        page.get_by_role("slider", name="slope").focus()
        assert axe_findings(page, ("minor", "moderate", "serious", "critical")) == []
        seen.assert_clean()


def test_it_fits_a_phone(browser, themed):
    path, theme = themed
    with watched_page(browser, scheme=theme, width=360, has_touch=True) as (page, _):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        for control in page.locator(".explore input, .explore select").all():
            box = control.bounding_box()
            assert box["width"] >= 90
            assert box["height"] >= 24
            assert box["x"] + box["width"] <= 360
        for image in page.locator(".explore img").all():
            box = image.bounding_box()
            assert 250 < box["width"] <= 328
            assert box["height"] == pytest.approx(box["width"] * 2 / 3, abs=0.6)


def test_picture_does_not_jump(page):
    image = page.locator(".explore img").first
    before = image.bounding_box()
    slider = page.get_by_role("slider", name="slope")
    for key in ("Home", "End"):
        slider.press(key)
        assert image.bounding_box() == before


def test_served_over_http(browser, line, tmp_path):
    write_page(tmp_path / "page.html", line)
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}/"
        with watched_page(browser, home=home) as (page, seen):
            page.goto(home + "page.html")
            page.get_by_role("slider").press("End")
            assert image_of(page) == line.frames[4].image
            seen.assert_clean()
        server.shutdown()


FRONT_ENDS = {
    # JupyterLab puts the output in place and then puts a fresh copy of each script in its place.
    "in place": "old.replaceWith(fresh)",
    # VS Code runs the copy at the end of the output and takes it away again.
    "at the end": "(box.append(fresh), fresh.remove())",
}


@pytest.mark.parametrize("way", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_it_starts_where_a_front_end_inserts_it(browser, line, bars, way):
    with watched_page(browser) as (page, seen):
        page.set_content("<main></main>")
        insert = (
            "html => { const box = document.createElement('div'); box.innerHTML = html;"
            " document.querySelector('main').append(box);"
            " for (const old of box.querySelectorAll('script')) {"
            " const fresh = document.createElement('script');"
            " for (const a of old.attributes) fresh.setAttribute(a.name, a.value);"
            f" fresh.textContent = old.textContent; {way} }} }}"
        )
        for explorer in (line, bars):
            page.evaluate(insert, explorer.html())
        page.get_by_role("slider", name="slope").press("Home")
        assert image_of(page) == line.frames[0].image
        page.get_by_label("method").select_option("plain")
        assert image_of(page, 1) == bars.frames[2].image
        seen.assert_clean()
