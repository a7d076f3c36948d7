"""The page for teachers: which chapter needs which, and how long each takes."""

import sys
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from book_site import course_plan  # noqa: E402

from tools.length import minutes  # noqa: E402
from tools.notebooks import chapter_paths, name_of, read, tags  # noqa: E402


def test_an_arc_is_drawn_for_each_chapter_that_is_needed():
    titles = {"p/a": "A < B", "p/b": "B", "p/c": "C"}
    needs = {"p/a": ["q/elsewhere"], "p/b": ["p/a"], "p/c": ["p/a", "p/b"]}
    plans = {name: {"needs": found} for name, found in needs.items()}
    svg = BeautifulSoup(course_plan.drawing(titles, plans), "html.parser")
    found = [title.get_text() for title in svg.select("path title")]
    assert found == ["B needs A < B", "C needs A < B", "C needs B"]
    assert [text.get_text() for text in svg.select("text")] == list(titles.values())
    assert svg.svg["viewbox"].endswith(f" {3 * course_plan.ROW}")


def test_minutes_are_those_of_the_cells():
    path = next(p for p in chapter_paths() if name_of(p) == "linear_networks/softmax_regression")
    page, plan = read(path), course_plan.plan_of(path)
    assert plan["core"] == minutes([c for c in page.cells if "core" in tags(c)]) > 0
    assert plan["page"] == page.metadata["chapter"]["minutes"] >= plan["core"]
    blanks = [c.metadata["exercise"] for c in page.cells if "exercise" in tags(c)]
    assert plan["exercises"] == sum(blank["minutes"] for blank in blanks)


def test_the_page_for_teachers_shows_every_chapter(site, pages):
    soup = pages[site.resolve() / "reference" / "teach.html"].soup
    rows = soup.select("table.plan tbody tr")
    linked = [row.td.a["href"].removeprefix("../chapters/") for row in rows]
    assert sorted(linked) == sorted(f"{name_of(path)}.html" for path in chapter_paths())
    metadata = {name_of(path): read(path).metadata["chapter"] for path in chapter_paths()}
    needs = sum(len(chapter["prerequisites"]) for chapter in metadata.values())
    assert len(soup.select("svg.prerequisites path")) == needs
    assert len(soup.select("table.plan tbody td:nth-of-type(2) a")) == needs
