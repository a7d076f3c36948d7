"""A lecture from a chapter: the cells tagged `core` as slides, their prose as speaker's notes.

The deck is a folder that loads nothing from outside: reveal.js and MathJax come from the packages
of the extra `book`.
"""

import importlib.metadata
import re
import shutil
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from dl_lib.course._deck import PAGE
from dl_lib.course._markup import first_sentence, html_of, plain_blocks
from dl_lib.course._notebooks import parse
from dl_lib.course.book import chapter_path

__all__ = ["Slide", "slides_of", "write_slides"]

WIDTH, HEIGHT = 1130, 520  # pixels for code and its output
LARGEST, SMALLEST = 24, 17  # pixels of its letters
LEAD, SHORT = 110, 170  # pixels and letters of a sentence or two above code or a figure
MOST_EQUATIONS, MOST_LINES = 2, 4  # on one slide
FOLDED = "hide-input"
# (distribution, file in it, file in the deck)
ASSETS = (
    ("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/dist/reset.css", "reset.css"),
    ("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/dist/reveal.css", "reveal.css"),
    ("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/dist/reveal.js", "reveal.js"),
    ("sphinx-revealjs", "sphinx_revealjs/_static/revealjs/plugin/notes/notes.js", "notes.js"),
    (
        "sphinx-mathjax-offline",
        "sphinx-mathjax-offline/static/mathjax/tex-svg-full.js",
        "mathjax.js",
    ),
)


@dataclass
class Slide:
    """One idea.

    Args
        title: the heading of its section
        parts: what is shown, in HTML
        notes: what is said, in HTML
    Chapter
        reference/teach
    """

    title: str
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def slides_of(cells: list[dict]) -> list[Slide]:
    """Return the slides of a page.

    Args
        cells: of the notebook, those with the tag `core` among them
    Returns
        the slides in order; what prose says is shown by its first sentences and its equations
    Chapter
        reference/teach
    """
    slides: list[Slide] = []
    title = ""
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            for heading in re.findall(r"^##? (.*)$", cell["source"], re.M):
                title = html_of(heading, inline=True)
            if "core" in tags:
                slides += _of_prose(cell["source"], title)
        elif "core" in tags:
            lead = slides.pop() if slides and _is_lead(slides[-1], title) else Slide(title)
            found = list(_of_code(cell, title, FOLDED in tags, LEAD * bool(lead.parts)))
            if lead.parts and found:
                found[0].parts[:0], found[0].notes[:0] = lead.parts, lead.notes
            slides += found or [lead] * bool(lead.parts)
    return slides


def _is_lead(slide, title):
    """Whether a slide says so little that what it speaks of fits below."""
    text = "".join(slide.parts)
    shown = re.sub(r"<[^>]*>", "", text)
    prose = all(part.startswith("<p>") for part in slide.parts) and r"\[" not in text
    short = len(slide.parts) <= 2 and len(shown) <= SHORT
    return prose and short and slide.title == title


def _of_prose(source, title):
    """Slides of a few lines and equations each, with all that is said in the notes."""
    slide, lines, equations = Slide(title), 0, 0
    for block in plain_blocks(source):
        is_equation, is_said_only = block.startswith("$$"), block.startswith("**References")
        fits = equations + is_equation <= MOST_EQUATIONS and lines + (not is_equation) <= MOST_LINES
        if slide.parts and not (fits or is_said_only):
            yield slide
            slide, lines, equations = Slide(title), 0, 0
        equations += is_equation
        lines += not is_equation
        slide.notes.append(html_of(block))
        if not is_said_only:
            slide.parts.append(html_of(block if is_equation else first_sentence(block)))
    if slide.parts:
        yield slide


def _of_code(cell, title, folded, lead):
    """Code with what it prints on one slide if it can be read there; each figure on its own."""
    code = [] if folded else cell["source"].splitlines()
    texts, figures = _outputs(cell)
    lines = "".join(texts).splitlines()
    together = _letters([*code, *lines, "", ""], lead) >= SMALLEST
    blocks = [[("code", code), ("output", lines)]] if together else [[("code", code)]]
    blocks += [] if together else [[("output", lines)]]
    for block in blocks:
        size = _letters([line for _, part in block for line in ("", *part)], lead)
        parts = [_block(kind, part, size) for kind, part in block if part]
        if parts:
            yield Slide(title, parts)
    for figure in figures:
        yield Slide(title, [figure])


def _letters(lines, lead):
    """The size of letters at which lines fit below what leads to them."""
    longest = max(map(len, lines), default=0)
    wide = WIDTH / (0.61 * max(longest, 1))
    return min(LARGEST, wide, (HEIGHT - lead) / (1.4 * max(len(lines), 1)))


def _block(kind, lines, size):
    text = "\n".join(lines)
    if kind == "code":
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        inside = highlight(text, PythonLexer(), HtmlFormatter(nowrap=True, noclasses=True))
    else:
        inside = escape(text)
    return f'<pre class="{kind}" style="font-size: {size:.1f}px">{inside}</pre>'


def _outputs(cell):
    """What a cell printed, and its figures as HTML."""
    texts, figures = [], []
    alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
    for output in cell["outputs"]:
        data = {
            k: "".join(v) for k, v in output.get("data", {}).items() if isinstance(v, list | str)
        }
        if "text/html" in data:
            figures.append(f'<div class="live" data-prevent-swipe>{data["text/html"]}</div>')
        elif "image/png" in data:
            source = f"data:image/png;base64,{data['image/png'].strip()}"
            figures.append(f'<img src="{source}" alt="{escape(alt)}">')
        else:
            texts.append("".join(output.get("text", data.get("text/plain", ""))))
    return texts, figures


def write_slides(name: str, to: Path, *, folder: Path = Path("chapters")) -> Path:
    """Write the deck of a chapter.

    Args
        name: part/chapter
        to: the folder for the deck, one of its own
        folder: where the parts of the book are
    Returns
        the path of its page
    Raises
        ValueError: if there is no such chapter, or none of its cells is tagged `core`
        RuntimeError: if the packages of the extra `book` are not installed
    Chapter
        reference/teach
    """
    path = chapter_path(name, folder)
    slides = slides_of(parse(path.read_bytes()))
    if not slides:
        raise ValueError(f"{path}: no cell has the tag core, of which slides are made")
    deck = to / name.rpartition("/")[2]
    (deck / "assets").mkdir(parents=True, exist_ok=True)
    for package, source, target in ASSETS:
        try:
            found = importlib.metadata.distribution(package).locate_file(source)
        except importlib.metadata.PackageNotFoundError:
            raise RuntimeError(f"{package} is missing: pip install '.[book]'") from None
        shutil.copyfile(found, deck / "assets" / target)
    sections = "\n".join(_section(slide, number) for number, slide in enumerate(slides))
    page = PAGE.replace("{title}", slides[0].title).replace("{slides}", sections)
    (deck / "index.html").write_text(page, encoding="utf-8")
    return deck / "index.html"


def _section(slide, number):
    heading = f"h{1 if number == 0 else 2}"
    notes = f'<aside class="notes">{"".join(slide.notes)}</aside>' if slide.notes else ""
    inside = "\n".join(slide.parts)
    return (
        f"<section><{heading}>{slide.title}</{heading}>\n"
        f'<div class="idea">{inside}</div>{notes}</section>'
    )
