"""Interactive figures where no kernel is: the text that is compared and the page."""

import base64
import json
import re
import warnings

import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup

from dl_lib.interactive import explore, explorer
from tests.interactive.examples import bar_explorer, draw_line, line_explorer


def page_of(figure):
    return BeautifulSoup(figure.html(), "html.parser")


def data_of(figure):
    return json.loads(page_of(figure).find("script", type="application/json").string)


def test_text_holds_the_grid_and_all_numbers():
    assert line_explorer().text().splitlines() == [
        "explore(slope: 0.5, 1, 1.5, 2, 2.5)",
        "slope=0.5: end height 0.167, doubled 1",
        "slope=1: end height 0.333, doubled 2",
        "slope=1.5: end height 0.500, doubled 3",
        "slope=2: end height 0.667, doubled 4",
        "slope=2.5: end height 0.833, doubled 5",
    ]


def test_text_of_two_parameters():
    assert bar_explorer().text().splitlines()[:3] == [
        "explore(learning_rate: 0.01, 0.1, 1; method: plain, fast <b>)",
        "learning_rate=0.01, method=plain: chosen plain!",
        "learning_rate=0.01, method=fast <b>: chosen fast <b>!",
    ]


def test_digits_and_labels_are_the_authors_choice():
    figure = line_explorer(digits=1, labels={"slope": "steepness", "doubled": "twice"})
    assert figure.text().splitlines()[1] == "slope=0.5: end height 0.2, twice 1"
    assert page_of(figure).find("label").span.string == "steepness"


def test_without_a_kernel_there_is_text_and_page_only():
    bundle = line_explorer()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_page_holds_every_frame_once():
    figure = line_explorer()
    data, page = data_of(figure), page_of(figure)
    shown = page.find("img")["src"]
    assert data["start"] == 2
    assert data["images"][2] == ""
    addresses = [*data["images"][:2], shown, *data["images"][3:]]
    images = [base64.b64decode(address.partition(",")[2]) for address in addresses]
    assert images == [frame.image for frame in figure.frames]
    assert len(set(images)) == 5


def test_page_shows_the_middle_frame_and_says_so():
    page = page_of(line_explorer())
    assert page.find("img")["alt"] == "A line from the origin (slope = 1.5)"
    slider = page.find("input", type="range")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "4", "2")
    assert slider["aria-valuetext"] == "1.5"
    assert page.find("fieldset").has_attr("disabled")
    assert page.find(role="status").get_text(" ", strip=True) == "end height 0.500 doubled 3"
    assert "Shown at slope = 1.5" in page.find(class_="explore-hint").string


def test_texts_get_a_menu_and_are_escaped():
    figure = bar_explorer()
    options = page_of(figure).find("select").find_all("option")
    assert [option.get_text() for option in options] == ["plain", "fast <b>"]
    assert options[1].has_attr("selected")
    assert page_of(figure).find("img")["alt"].startswith("Two bars & their heights (learning rate")
    assert "fast <b>" not in figure.html()


def test_numbers_cannot_end_the_script():
    def wicked(x):
        figure, numbers = draw_line(x)
        return figure, numbers | {"</script><script>": "<!--"}

    html = explore(wicked, x=[1, 2], alt="</script>").html()
    assert html.count("<script") == html.count("</script>") == 2
    assert "<!--" not in html


def test_page_is_the_same_each_time_and_needs_nothing_from_outside():
    first, second = line_explorer().html(), line_explorer().html()
    assert first == second
    # What changes with fonts is in the pictures only, which the comparison leaves out.
    without = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "IMAGE", first)
    assert "base64" not in without
    assert not re.search(r"https?:|\bsrc=\"(?!IMAGE)|\bid=|url\(", without)


def test_frames_are_drawn_once_and_closed():
    calls = []

    def counted(x):
        calls.append(x)
        return draw_line(x)

    before = plt.get_fignums()
    figure = explore(counted, x=[1, 2, 3], alt="A line")
    assert calls == []
    figure._repr_mimebundle_()
    figure._repr_mimebundle_()
    assert calls == [1, 2, 3]
    assert plt.get_fignums() == before


def test_numbers_are_optional():
    figure = explore(lambda x: draw_line(x)[0], x=[1, 2], alt="A line")
    assert figure.text() == "explore(x: 1, 2)\nx=1\nx=2"


def test_alt_is_required():
    with pytest.raises(TypeError, match="alt"):
        explore(draw_line, slope=(0.0, 1.0))
    with pytest.raises(ValueError, match="alt says what the picture shows; it is empty"):
        line_explorer(alt="  ")


def test_weight_is_capped(monkeypatch):
    monkeypatch.setattr(explorer, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match=r"5 frames weigh [\d,]+ bytes, at most 1,000: give fewer"):
        line_explorer().html()


def test_frames_of_different_size_are_refused():
    def growing(x):
        return plt.figure(figsize=(x, 1))

    with pytest.raises(ValueError, match=r"one size, got \[\(144, 144\), \(288, 144\)\] pixels"):
        explore(growing, x=[1, 2], alt="A growing figure").text()


def test_refreshing_names_fragile_numbers(monkeypatch):
    monkeypatch.setenv("DL_LIB_REFRESH", "1")
    edge = explore(draw_line, slope=[0.375, 2], alt="A line", digits=2)
    with pytest.warns(UserWarning, match=r"end_height = 0.125 at .*0.375.* rounding to 2 digits"):
        edge.text()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        line_explorer().text()
