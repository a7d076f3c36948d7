"""A lecture: all that is in the core is shown, all that is said is in the notes, nothing is cut."""

import json

import pytest
from bs4 import BeautifulSoup

from dl_lib.course import __main__ as command
from dl_lib.course._markup import first_sentence, html_of, plain_blocks
from dl_lib.course._notebooks import parse
from dl_lib.course.slides import slides_of, write_slides
from tests.browser import watched_page
from tests.course.small import NAME, write_chapter
from tools.notebooks import CHAPTERS, chapter_paths, name_of, tags
from tools.notebooks import read as read_notebook

PAGES = chapter_paths()
PATTERN = "linear_networks/softmax_regression"
CUT = """() => {
  const slide = Reveal.getCurrentSlide(), frame = slide.getBoundingClientRect();
  const cut = Array.from(slide.querySelectorAll('h1, h2, .idea *')).filter(e => {
    const box = e.getBoundingClientRect();
    return box.width && (box.right > frame.right + 1 || box.bottom > frame.bottom + 1);
  });
  const wide = Array.from(slide.querySelectorAll('pre')).filter(e => e.scrollWidth > e.clientWidth);
  return [...cut, ...wide].map(e => e.tagName + ' ' + e.textContent.slice(0, 60));
}"""


def cell(kind, source, *tags, outputs=()):
    metadata = {"tags": list(tags)}
    return {"cell_type": kind, "source": source, "metadata": metadata, "outputs": list(outputs)}


def printed(text):
    return {"output_type": "stream", "text": text}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_deck_holds_the_core_and_no_more(path):
    slides = slides_of(parse(path.read_bytes()))
    shown = BeautifulSoup("".join("".join(slide.parts) for slide in slides), "html.parser")
    cells = read_notebook(path).cells
    code = [c for c in cells if c.cell_type == "code" and "core" in tags(c)]
    visible = [c.source for c in code if "hide-input" not in tags(c)]
    assert [pre.get_text().strip() for pre in shown.select("pre.code")] == [
        source.strip() for source in visible
    ]
    figures = sum(
        bool({"image/png", "text/html"} & {*o.get("data", {})}) for c in code for o in c.outputs
    )
    assert len(shown.select("img:not(.explore img), .live")) == figures
    assert all(image.get("alt") for image in shown.select(".idea > img"))
    said = "".join("".join(slide.notes) for slide in slides)
    for prose in (c.source for c in cells if c.cell_type == "markdown" and "core" in tags(c)):
        for block in plain_blocks(prose):
            assert html_of(block) in said


def test_code_that_is_long_leaves_its_output_to_the_next_slide():
    long = cell(
        "code", "\n".join(f"x = {n}" for n in range(18)), "core", outputs=[printed("a\n" * 9)]
    )
    short = cell("code", "x = 1", "core", outputs=[printed("1")])
    assert [len(slide.parts) for slide in slides_of([long])] == [1, 1]
    assert [len(slide.parts) for slide in slides_of([short])] == [2]


def test_a_sentence_leads_to_the_code_below_it():
    lead = cell("markdown", "## Head\n\nIn short. And at length.", "core")
    (slide,) = slides_of([lead, cell("code", "x = 1", "core")])
    assert slide.title == "Head" and slide.parts[0] == "<p>In short.</p>\n"
    assert slide.notes == ["<p>In short. And at length.</p>\n"]
    figure = cell("code", "", "core", outputs=[{"data": {"image/png": "x"}}])
    parts = [slide.parts for slide in slides_of([lead, figure, cell("code", "x = 1", "core")])]
    assert [len(found) for found in parts] == [2, 1]  # a figure leads to no code
    assert slides_of([cell("markdown", "## Head\n\nNot in the core."), cell("code", "x = 1")]) == []


@pytest.mark.parametrize("paragraphs", range(1, 10))
def test_references_are_in_the_notes_however_full_the_slide_is(paragraphs):
    text = "\n\n".join(f"Number {n}." for n in range(paragraphs))
    slides = slides_of([cell("markdown", f"## End\n\n{text}\n\n**References.** One.", "core")])
    notes = [note for slide in slides for note in slide.notes]
    assert len(notes) == paragraphs + 1 and "References" in notes[-1]
    assert not any("References" in part for slide in slides for part in slide.parts)


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("One. Two.", "One."),
        ("About $x. y$ and `a.b`. Two.", "About $x. y$ and `a.b`."),
        ("**Bold one. Bold two.** Three.", "**Bold one.**"),
        ("No end", "No end"),
        ("- one. two\n- three", "- one. two\n- three"),
        ("At 0.5 it ends. Two.", "At 0.5 it ends."),
    ],
)
def test_a_sentence_ends_where_it_ends(block, sentence):
    assert first_sentence(block) == sentence


def test_the_command_writes_decks_and_says_what_is_missing(tmp_path, capsys):
    write_chapter(tmp_path / "parts")
    arguments = ["slides", NAME, "--chapters", str(tmp_path / "parts"), "--to", str(tmp_path)]
    assert command.main(arguments) == 1
    assert "small.ipynb: no cell has the tag core" in capsys.readouterr().err
    arguments = ["slides", PATTERN, "--chapters", str(CHAPTERS), "--to", str(tmp_path)]
    assert command.main(arguments) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'softmax_regression' / 'index.html'}\n"


@pytest.fixture
def hard(tmp_path):
    """A chapter in which everything is too large, and one figure lives."""
    path = write_chapter(tmp_path) / f"{NAME}.ipynb"
    page = read_notebook(path)
    live = "<figure class='explore'><input type='range' min='0' max='9' value='0' "
    live += 'oninput="this.nextElementSibling.textContent = this.value"><output>0</output></figure>'
    wide = " + ".join(f"\\frac{{x_{{{n}}}}}{{y_{{{n}}}}}" for n in range(18))
    more = [
        cell("markdown", f"## Hard\n\n{'word ' * 400}\n\n$$\n{wide}\n$$", "core"),
        cell("code", "\n".join("x" * 80 for _ in range(20)), "core", outputs=[printed("y" * 200)]),
        cell("code", "", "core", outputs=[{"data": {"text/html": live}}]),
    ]
    page.cells += [type(page.cells[0])(c) for c in more]
    path.write_text(json.dumps(page), encoding="utf-8")
    return write_slides(NAME, tmp_path / "deck", folder=tmp_path)


def look(browser, deck):
    """What is cut at each size, and what was asked of the network."""
    with watched_page(browser) as (page, seen):
        page.goto(deck.as_uri())
        page.wait_for_selector("html[data-ready]")
        cut = []
        for width, height in ((1280, 720), (1024, 768)):
            page.set_viewport_size({"width": width, "height": height})
            for number in range(page.evaluate("Reveal.getTotalSlides()")):
                page.evaluate(f"Reveal.slide({number})")
                cut += [(width, number, what) for what in page.evaluate(CUT)]
        yield page, cut
        seen.assert_clean()


def test_nothing_is_cut_and_nothing_comes_from_outside(browser, tmp_path):
    for page, cut in look(browser, write_slides(PATTERN, tmp_path, folder=CHAPTERS)):
        assert not cut
        assert page.locator("mjx-container").count() > 10
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("Reveal.getIndices().h") == 1


def test_what_is_too_large_is_made_smaller_and_sliders_live(browser, hard):
    for page, cut in look(browser, hard):
        assert not cut
        slider = page.locator(".present .explore input")
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert page.locator(".present .explore output").inner_text() == "1"
