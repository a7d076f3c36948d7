"""Chapters on paper: nothing is cut or left out but what was asked for, and links stay inside."""

import re
import subprocess
import sys

import pytest

from dl_lib.course.paper import book_order, write_pdf
from tests.browser import find_chromium
from tests.site.conftest import ROOT
from tools.notebooks import CHAPTERS, chapter_paths, name_of, read, tags

PATTERN = "linear_networks/softmax_regression"
OTHER = "preliminaries/probability"


def squeezed(text):
    """Text without what a break of a line or of a page may put in."""
    return re.sub(r"[^\w()\[\]=+*/.,:]", "", text)


@pytest.fixture(scope="module")
def printed(site, tmp_path_factory):
    """Two chapters with their solutions, and one without, as (pages, text)."""
    pypdf = pytest.importorskip("pypdf")
    if find_chromium() is None:
        pytest.skip("no Chromium found")
    folder = tmp_path_factory.mktemp("pdf")
    found = []
    for names, solutions in (([PATTERN, OTHER], "all"), ([PATTERN], "none")):
        command = [sys.executable, "-m", "dl_lib.course", "pdf", *names, "--solutions", solutions]
        command += ["--site", str(site), "--to", str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        pages = pypdf.PdfReader(done.stdout.strip()).pages
        found.append((pages, squeezed("".join(page.extract_text() for page in pages))))
    return found


def sources(*kinds):
    """The code of some kinds of cells, or of all others."""
    cells = [c for c in read(CHAPTERS / f"{PATTERN}.ipynb").cells if c.cell_type == "code"]
    cells = [c for c in cells if "remove-cell" not in tags(c)]
    return [c.source for c in cells if (tags(c) & set(kinds) if kinds else True)]


def test_no_line_of_code_is_cut_or_hidden(printed):
    (_, text), _ = printed
    lines = [line for source in sources() for line in source.splitlines()]
    assert len(lines) > 200
    assert [line for line in lines if squeezed(line) not in text] == []


def test_solutions_stay_out(printed):
    (_, whole), (_, text) = printed
    for source in sources("solution", "check"):
        assert squeezed(source.partition("\n")[0]) in whole
        assert squeezed(source.partition("\n")[0]) not in text
    for source in sources("exercise", "proof"):
        assert squeezed(source.partition("\n")[0]) in text


def test_contents_say_where_a_chapter_begins(printed):
    (pages, _), _ = printed
    contents = pages[0].extract_text()
    for title in ("Softmax regression", "Probability"):
        number = int(re.search(rf"^{title} *(\d+)$", contents, re.M)[1])
        text = pages[number - 1].extract_text()
        assert text.lstrip().startswith(title) and re.search(rf"^{number}\s*$", text, re.M)
    assert "Prediction minus truth" in contents


def test_links_stay_inside_or_lead_to_the_web(printed):
    (pages, _), _ = printed
    links = [note.get_object() for page in pages for note in page.get("/Annots", ())]
    addresses = [str(link["/A"]["/URI"]) for link in links if "/URI" in link.get("/A", {})]
    assert addresses and all(address.startswith("https://") for address in addresses)
    assert any("/Dest" in link for link in links)


def test_the_whole_book_is_in_its_order(site):
    names = book_order(site)
    assert set(names) == {name_of(path) for path in chapter_paths()}
    assert names.index("preliminaries/tensors") == 0
    assert names.index(OTHER) < names.index(PATTERN)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"index\.html: no such page; `make book` builds the book"):
        book_order(tmp_path)
    with pytest.raises(ValueError, match=r"none\.html: no such page"):
        write_pdf(["part/none"], tmp_path / "x.pdf", site=tmp_path, title="", solutions=True)
