"""The pieces that make pages, each on its own."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from book_site import (  # noqa: E402
    api_pages,
    atlas_page,
    chapter_card,
    cleanup,
    code_links,
    docstrings,
    proofs,
    redirects,
    repository,
    sidebar,
    signatures,
)

from tools.notebooks import repository_url  # noqa: E402

DOCSTRING = """\
Logarithm of the sum, |x| and x* kept.

Equation
    log Σⱼ exp(xⱼ)
      = m + log Σⱼ exp(xⱼ − m)
Args
    x: any shape,
        one number or more
    axis, keepdims: as in `jnp.sum`
Returns
    a finite number
Raises
    ValueError: if `x` is empty
Source
    Higham 2002
Chapter
    linear_networks/softmax_regression
"""


def test_docstrings_become_fields():
    text = "\n".join(docstrings.to_rst(DOCSTRING.split("\n")))
    assert r"\|x\| and x\* kept." in text
    assert "   log Σⱼ exp(xⱼ)\n     = m + log Σⱼ exp(xⱼ − m)" in text
    assert ":param x: any shape, one number or more" in text
    assert ":param axis, keepdims: as in ``jnp.sum``" in text
    assert ":returns: a finite number" in text
    assert ":raises ValueError: if ``x`` is empty" in text
    assert ":Chapter: :chapter:`linear_networks/softmax_regression`" in text
    assert text.index("code-block") < text.index(":param")


class _Layer:
    def __init__(self, inputs: int, *, key: "Key | None" = None):
        self.inputs, self.key = inputs, key

    def __call__(self, x: 'Float[Array, "batch inputs"]', ctx=None) -> "Float[Array, 'batch']":
        return x


class _Inherits(_Layer):
    axes: "ClassVar[int]" = 2


class _Fields:
    weight: int
    bias: int = 0


def test_signatures_are_those_of_the_source():
    assert signatures.signature_of(_Layer) == ("(inputs: int, *, key: 'Key | None'=None)", None)
    arguments, returns = signatures.signature_of(_Layer.__call__, method=True)
    assert arguments.startswith("(x: 'Float[Array, ") and arguments.endswith(", ctx=None)")
    assert ast.literal_eval(returns) == "Float[Array, 'batch']"
    assert signatures.signature_of(_Inherits) == signatures.signature_of(_Layer)
    assert signatures.signature_of(_Fields) == ("(weight: int, bias: int)", None)
    assert signatures.signature_of(len) is None


class _BareError(RuntimeError):
    """Has no signature that anyone could write down."""


@pytest.mark.parametrize("signature", [None, ""])
def test_what_has_no_signature_gets_none(signature):
    # Sphinx 9 stumbles over a listener that signs what has no signature.
    assert signatures._sign(None, "class", "dl_lib.Bare", _BareError, None, signature, None) is None
    assert (
        signatures._sign(None, "class", "dl_lib.Bare", _BareError, None, "(a.b.C)", None)[0]
        == "(C)"
    )


@pytest.mark.parametrize(
    ("setting", "remote", "url"),
    [
        ("https://example.org/book/", None, "https://example.org/book"),
        ("https://github.com/a/book", None, "https://github.com/a/book"),
        ("", "https://example.org/remote.git", ""),
        (None, "https://example.org/remote.git", "https://example.org/remote"),
        (None, "git@example.org:book.git", ""),
        (None, "/srv/book", ""),
        (None, None, ""),
        ("https://name:secret@example.org/book", None, ""),
    ],
)
def test_only_a_public_address_makes_buttons(monkeypatch, tmp_path, setting, remote, url):
    monkeypatch.delenv("BOOK_REPO_URL", raising=False)
    if setting is not None:
        monkeypatch.setenv("BOOK_REPO_URL", setting)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    if remote:
        command = ["git", "-C", str(tmp_path), "remote", "add", "origin", remote]
        subprocess.run(command, check=True)
    assert repository_url(tmp_path) == url
    config = SimpleNamespace(html_theme_options={})
    repository._switch_on_buttons(SimpleNamespace(srcdir=tmp_path), config)
    assert ("github.com" in url) == ("launch_buttons" in config.html_theme_options)
    assert config.html_theme_options.get("repository_url", "") == url


def test_the_card_says_what_is_known_and_no_more():
    facts = {"objectives": ["use $x$ and `y`"], "minutes": 25, "data": ["glyphs"]}
    text = chapter_card.card("part/chapter", facts, {"part/chapter": 4.4}).astext()
    for words in ("use x and y", "Reading 25 min", "Runs in 4 s", "Data glyphs", "You need"):
        assert words in text
    bare = chapter_card.card("part/chapter", {"prerequisites": ["a/b"]}, {}).astext()
    assert "Reading" not in bare and "Runs in" not in bare and "You need" in bare


def test_times_are_read_and_rounded(tmp_path):
    assert chapter_card.timings(tmp_path) == {}
    (tmp_path / "chapters").mkdir()
    lines = "notebook,cpu_seconds,peak_mb\npart/chapter,12.6,540\npart/other,3,\n"
    (tmp_path / "chapters/timings.csv").write_text(lines, encoding="utf-8")
    assert chapter_card.timings(tmp_path) == {"part/chapter": 12.6, "part/other": 3.0}
    assert chapter_card.costs(tmp_path) == {
        "part/chapter": (12.6, 540.0),
        "part/other": (3.0, None),
    }
    assert chapter_card.run_time(12.6) == "13 s"
    assert chapter_card.run_time(0.4) == "under a second"


def test_pages_of_a_large_subpackage_share_its_files():
    package = "dl_lib.core"
    some = api_pages.markdown(package, files=("names", "lazy"))
    rest = api_pages.markdown(package, elsewhere=("names", "lazy"))
    assert "dl_lib.core.partition" in some and "dl_lib.core.partition" not in rest
    assert "dl_lib.core.Module" in rest and "dl_lib.core.Module" not in some


def test_a_file_named_on_an_api_page_exists():
    folder = ROOT / "reference" / "api"
    files = api_pages.files_named(folder, "dl_lib.functional")
    assert files and len(files) == len(set(files))
    for file in files:
        assert (ROOT / "dl_lib" / "functional" / file / "__init__.py").is_file(), file


def test_api_pages_hold_every_public_name():
    import dl_lib.core

    text = api_pages.markdown("dl_lib.core")
    for name in dl_lib.core.__all__:
        assert f":: dl_lib.core.{name}\n" in text


def _built(folder, pages):
    env = SimpleNamespace(all_docs=dict.fromkeys(pages))
    builder = SimpleNamespace(format="html")
    return SimpleNamespace(srcdir=folder, outdir=folder / "out", env=env, builder=builder)


def test_a_page_that_moved_leads_on(tmp_path):
    (tmp_path / "chapters").mkdir()
    table = tmp_path / "chapters/redirects.csv"
    table.write_text("old,new\nchapters/a/old,chapters/b/new#there\n", encoding="utf-8")
    redirects._write(_built(tmp_path, ["chapters/b/new"]), None)
    page = (tmp_path / "out/chapters/a/old.html").read_text(encoding="utf-8")
    assert BeautifulSoup(page, "html.parser").a["href"] == "../b/new.html#there"
    with pytest.raises(ValueError, match="is no page"):
        redirects._write(_built(tmp_path, []), None)
    with pytest.raises(ValueError, match="is a page again"):
        redirects._write(_built(tmp_path, ["chapters/b/new", "chapters/a/old"]), None)


def test_arrows_of_the_sidebar_have_names():
    html = "<ul><li><a>Part</a><details><summary></summary></details></li></ul>"
    assert sidebar._name_arrows(html).summary["aria-label"] == "Chapters of Part"


def test_maps_and_unused_parts_of_mathjax_go(tmp_path):
    static = tmp_path / "out/_static/mathjax"
    (static / "output/svg").mkdir(parents=True)
    kept = [static / "tex-chtml.js", static / "output/chtml.woff"]
    gone = [static / "tex-svg.js", static / "output/svg/x.js", static / "a.js.map"]
    for path in kept + gone:
        path.write_text("", encoding="utf-8")
    cleanup._drop_files(_built(tmp_path, []), None)
    assert all(path.exists() for path in kept) and not any(path.exists() for path in gone)


def test_tests_can_be_reached_on_their_listing():
    source = (
        "import x\n\n@mark\ndef test_a():\n    pass\n\nclass TestB:\n    def test_c(self): ...\n"
    )
    assert proofs._anchors(source) == {3: "test_a", 8: "TestB.test_c"}


def test_the_front_figure_is_what_its_program_draws():
    from tools import front_figure

    stored = (ROOT / "assets/front_figure.html").read_text(encoding="utf-8")
    data = BeautifulSoup(stored, "html.parser").find("script", type="application/json")
    numbers = json.loads(data.string)["numbers"]
    assert len(numbers) == len(front_figure.RATES)
    for rate, shown in zip(front_figure.RATES, numbers, strict=True):
        _, heights = front_figure.descend(rate)
        text = BeautifulSoup(shown, "html.parser").b.get_text().replace(",", "")
        assert float(text) == pytest.approx(float(heights[-1]), rel=0.02)
    # What the front page says of it: past 2 / 10 the ball is gone, at 0.18 it arrives.
    assert front_figure.descend(0.206)[1][-1] > front_figure.descend(0.206)[1][0]
    assert front_figure.descend(0.18)[1][-1] < 1e-3


def test_what_stands_between_two_pieces_of_code_is_not_code():
    text = docstrings._inline("`values`, (...), are keys, and `mask` says; the `x`s *too*")
    assert text == "``values``, (...), are keys, and ``mask`` says; the ``x``\\ s \\*too\\*"


def test_names_in_code_are_linked_once_where_they_stand():
    source = "# é τ\ny = functional.log_softmax(x) + loss(o)\nz = functional.log_softmax(x)\n"
    span = '<span class="n">{}</span>'.format
    block = (
        '<span></span><span class="c1"># é τ</span>\n'
        + f"{span('y')} = {span('functional')}.{span('log_softmax')}({span('x')}) + "
        + f"{span('loss')}({span('o')})\n"
        + f"{span('z')} = {span('functional')}.{span('log_softmax')}({span('x')})\n"
    )
    imported = {"functional": "dl_lib.functional", "loss": "dl_lib.losses.cross_entropy"}
    found = code_links.places(source, imported)
    assert [source[a:b] for a, b in found.values()] == ["functional.log_softmax", "loss"]
    out = BeautifulSoup(code_links.linked(block, imported, "api#{}".format), "html.parser")
    assert out.get_text() == source
    links = [(link.get_text(), link["href"]) for link in out.find_all("a")]
    assert links == [
        ("functional.log_softmax", "api#dl_lib.functional.log_softmax"),
        ("loss", "api#dl_lib.losses.cross_entropy"),
    ]
    assert code_links.linked(block, imported, lambda name: None) == block


def test_a_row_of_the_atlas_can_be_linked():
    environment = SimpleNamespace(docname="reference/atlas", metadata={"reference/atlas": {}})
    atlas_page._offer_rows(SimpleNamespace(env=environment, srcdir=ROOT), None)
    slugs = environment.metadata["reference/atlas"]["myst_slugs"]
    assert slugs["atlas-adam"][1] == "atlas-adam" and len(slugs) > 900
