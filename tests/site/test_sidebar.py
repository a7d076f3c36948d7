"""The sidebar is drawn from titles, and once for all pages that are no documents."""

import sys
from pathlib import Path
from types import SimpleNamespace

from docutils import nodes
from sphinx import addnodes

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from book_site import sidebar


def contents(*below):
    """A title with what lies below it."""
    return nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "title"), *below))


SECTIONS = nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "section")))
PART = nodes.bullet_list("", nodes.list_item("", addnodes.toctree("", entries=["chapter"])))
TOCS = {"chapter": contents(SECTIONS), "part": contents(PART), "page": contents()}


def drawn(page, kept, **options):
    """What the sidebar of a page is drawn from, how often Sphinx was asked, and what it kept."""
    asked = []
    env = SimpleNamespace(tocs=TOCS, found_docs={"chapter", "part", "page"})

    def draw(**options):
        asked.append(env.tocs)
        return {name: toc.astext() for name, toc in env.tocs.items()}

    context = {"toctree": draw}
    sidebar._quicken(kept, SimpleNamespace(env=env), page, "", context, None)
    result = context["toctree"](**options)
    assert env.tocs is TOCS
    return result, len(asked)


def test_sections_are_left_out_and_the_contents_stay_as_they_are():
    titles, _ = drawn("chapter", {}, titles_only=True)
    assert titles == {"chapter": "title", "part": TOCS["part"].astext(), "page": "title"}
    assert any(sidebar._titles(TOCS)["part"].findall(addnodes.toctree))
    whole, _ = drawn("chapter", {}, titles_only=False)
    assert whole["chapter"] == "title\n\nsection"


def test_pages_of_code_share_a_drawing_at_each_depth():
    kept = {}
    pages = ["_modules/a", "_modules/b", "_modules/a/b", "chapter", "chapter"]
    assert [drawn(page, kept, titles_only=True)[1] for page in pages] == [1, 0, 1, 1, 1]
    assert drawn("_modules/a", kept, titles_only=True, maxdepth=2)[1] == 1
