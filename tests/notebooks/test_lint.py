"""What the lint asks of a page beyond its form: short code, computed numbers, honest checks."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.environments import ROOT
from tools.folding import fold_line
from tools.length import LECTURE, READING, minutes
from tools.lint import cells, code, exercises, names, notebook, prose
from tools.lint.spelling import british_words
from tools.new_chapter import exercise_cells


def page(*cells, **chapter):
    notebook = new_notebook(cells=list(cells))
    notebook.metadata["chapter"] = {"objectives": ["add"], **chapter}
    return notebook


def python(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


def text(source):
    return new_markdown_cell(source)


IMPORTS = """\
import jax
import jax.numpy as jnp
import numpy as np
from dl_lib import functional
"""


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("\n".join(f"a{i} = f({i})" for i in range(21)), "21 visible lines, at most 20"),
        ("print('four rules, four agreements')", "prints what is made of constants"),
        ("rate, size = 0.1, 4\nprint(f'{rate * np.sqrt(size):.2f}')", "prints what is made"),
        ("r = 0.1\nassert 0.3 < r * 4 < 0.5", "asserts what is made of constants"),
        ("np.testing.assert_allclose(2 * 3, 6)", "asserts what is made of constants"),
        ("assert f(x) == 1\nassert f(y) == 2", "2 assertions in sight, at most one"),
    ],
)
def test_visible_code_is_short_and_computes(source, fault):
    (found,) = code.whole_faults(page(python(IMPORTS, "imports"), python(source)), "a/b")
    assert fault in found


@pytest.mark.parametrize(
    "source",
    [
        "\n\n".join(f"a{i} = f({i})" for i in range(20)),
        "x = jnp.arange(3.0)\nprint(x.sum())",
        "x = 1.0\nfor _ in range(9):\n    x = x - 0.1 * x\nprint(x)",
        "def f(x):\n    return x + 1\n\n\nprint(f(1))",
        "assert f(x) == 1",
        "log = []\ng(log.append)\nlog.append(2)\nassert log == [1, 2]",
    ],
)
def test_what_is_computed_may_be_shown(source):
    assert not list(code.whole_faults(page(python(IMPORTS, "imports"), python(source)), "a/b"))


def test_assertions_belong_in_folded_cells():
    folded = python("# ✓ right\nassert f(x) == 1\nassert f(y) == 2", "proof")
    assert not list(code.whole_faults(page(folded), "a/b"))
    constant = python("# ✓ right\nassert 1 + 1 == 2", "proof")
    (found,) = code.whole_faults(page(constant), "a/b")
    assert "made of constants" in found


def drill(check, blank="total = ...", solution="total = 3 + x", **checks):
    facts = {"kind": "drill", "difficulty": 1, "points": 1, "minutes": 1, "objective": 1}
    made = {"total": check, **checks}
    return exercise_cells("b-drill-1", "Add", "3 + x?", blank, facts, "So.", solution, made)


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("assert total - x == 3", "an assertion without a message"),
        ("np.testing.assert_allclose(total - x, 3)", "assert_allclose shows the answer"),
        ("assert total == 7, 'no'", "a check compares with a typed-in answer"),
        ("assert np.isclose(total, 7.0), 'no'", "a check compares with a typed-in answer"),
        ("assert total == 3 + x, 'no'", "a check shows the answer"),
        ("assert 3 + x == 7, 'no'", "a check is for one sub-answer"),
        ("total", "a check that asserts nothing"),
    ],
)
def test_a_check_says_what_is_wrong_and_hides_the_answer(check, fault):
    found = list(exercises.whole_faults(page(*drill(check)), "a/b"))
    assert any(fault in line for line in found), found


def test_every_sub_answer_has_a_check_of_its_own():
    good = "assert total - x == 3, 'take x away'"
    two = "total = ...\nproduct = ..."
    found = list(exercises.whole_faults(page(*drill(good, two)), "a/b"))
    assert any("nothing checks product" in line for line in found)
    cells = drill(good, two, product="assert product / x == 3, 'divide'")
    assert list(exercises.whole_faults(page(*cells), "a/b")) == ["1 drills, at least 5"]
    both = "assert total + product == 3, 'one of them'"
    found = list(exercises.whole_faults(page(*drill(both, two)), "a/b"))
    assert any("one sub-answer" in line for line in found)


INTRODUCES = {"terms": [], "names": ["jnp.exp", "dl_lib.functional.softmax"]}
SAYS = text("`jnp.exp(x)` rises; `softmax` divides.")
USES = python("y = functional.softmax(jnp.exp(x))")


def test_the_line_on_a_fold_is_plain():
    proof = python("# ✓ equal to `jax.grad`\nassert f(x) == 1", "proof")
    assert any("without backticks" in fault for fault in cells.whole_faults(page(proof), "a/b"))


def test_folded_code_that_draws_nothing_says_what_it_does():
    table = python("# How the layers are counted\nprint(f(x))", "drawing")
    assert fold_line(table) == "How the layers are counted"
    assert fold_line(python("# a curve\nax.plot(x)", "drawing")) == "How this figure is drawn"


def test_a_page_imports_what_its_setup_cell_installs():
    usual = python("import jax.numpy as jnp\nfrom scipy.stats import norm", "imports")
    assert notebook.not_installed(page(usual)) == set()
    hidden = python("def check():\n    import pytest\n    from optax import adam", "proof")
    assert notebook.not_installed(page(usual, hidden)) == {"pytest", "optax"}


def test_names_are_introduced_before_they_are_used():
    first = python(IMPORTS, "imports")
    whole = page(first, SAYS, USES, introduces=INTRODUCES)
    # As the first page of the book, which no other page has gone before.
    assert not list(names.whole_faults(whole, "preliminaries/tensors"))
    silent = page(first, text("It rises."), USES, introduces=INTRODUCES)
    found = list(names.whole_faults(silent, "preliminaries/tensors"))
    assert [line for line in found if "of which no sentence speaks" in line] == found
    assert len(found) == 2
    sudden = page(first, SAYS, python("jax.vmap(f)(x)"), introduces=INTRODUCES)
    (found,) = names.whole_faults(sudden, "preliminaries/tensors")
    assert "uses jax.vmap, which no page up to here introduces" in found
    place = {"jax.vmap": "optimization/adam#adam"}
    borrowed = page(*sudden.cells, introduces=INTRODUCES, borrows=place)
    (found,) = names.whole_faults(borrowed, "preliminaries/tensors")
    assert "borrows jax.vmap without a link to adam.ipynb#adam" in found


def test_folded_code_may_use_what_it_likes():
    hidden = python("# ✓ fine\nassert jax.vmap(f)(x)", "proof")
    cells = [python(IMPORTS, "imports"), hidden]
    assert not list(names.whole_faults(page(*cells, introduces={"terms": [], "names": []}), "a/b"))


def test_a_term_is_in_italics_where_it_is_introduced():
    introduces = {"terms": ["log-sum-exp", "soft maximum"], "names": []}
    said = page(text("The *log-sum-exp* is a\n*soft\nmaximum*."), introduces=introduces)
    assert not list(names.whole_faults(said, "preliminaries/tensors"))
    (found,) = names.whole_faults(
        page(text("The *log-sum-exp*."), introduces=introduces), "preliminaries/tensors"
    )
    assert "the term 'soft maximum'" in found


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("[x](../preliminaries/calculus.ipynb)", "name the anchor"),
        ("[x](../preliminaries/calculus.ipynb#nowhere)", "there is no such anchor"),
        ("[x](../preliminaries/nothing.ipynb#a)", "there is no such notebook"),
        ("[x](#nowhere)", "there is no such anchor"),
        ("[x](../../reference/atlas.md#atlas-broadcasting)", "its page is written"),
        (":::{admonition} Common misprint\n:class: warning\nOne reads.\n:::", "names where it is"),
    ],
)
def test_links_lead_to_anchors_and_misprints_have_a_place(source, fault):
    (found,) = prose.whole_faults(page(text(source)), "linear_networks/weight_decay")
    assert fault in found


def test_links_that_lead_somewhere_pass():
    source = "(here)=\n[a](#here) [b](../reference/atlas.md) [c](https://example.org)"
    assert not list(prose.whole_faults(page(text(source)), "linear_networks/weight_decay"))


@pytest.mark.parametrize(
    "word",
    [
        "Grey",
        "behaviour",
        "centred",
        "labelled",
        "normalises",
        "colour",
        "metres",
        "analysed",
        "maths_grade",
    ],
)
def test_british_spelling_is_seen(word):
    assert len(british_words(f"a {word} b")) == 1


def test_american_words_and_titles_of_sources_pass():
    fine = "gray behavior centered labeled normalizes color meters four hours concise precise rise"
    assert british_words(fine + " promise exercise contour analyses axis source called") == []
    assert british_words("[Colour and behaviour](https://example.org)") == []
    assert british_words("(vectorised)=\nSee [vectors](../a/b.ipynb#vectorised).") == []


@pytest.mark.parametrize("rates", [READING, LECTURE], ids=["reading", "lecture"])
def test_minutes_follow_the_formula(rates):
    words = text("word " * rates.words * 6)
    equation = text("$$\ny = x\n$$ (eq-y)")
    lines = python("\n\n".join(["f()"] * rates.lines * 2))
    assert minutes([words], rates) == 6 and minutes([lines], rates) == 2
    assert minutes([equation] * 4, rates) == 4 * rates.equation


def test_what_is_folded_and_the_exercises_take_no_minutes():
    words = text("word " * READING.words)
    proof = python("# ✓ so\n" + "f()\n" * 100, "proof")
    assert minutes([words, proof, text("## Exercises"), words, text("## Summary"), words]) == 2


def _written():
    """What the book says outside of its notebooks; names of anchors are permanent, and code."""
    for place in ("dl_lib", "tools", "tests", "benchmarks"):
        yield from (ROOT / place).rglob("*.py")
    yield from ROOT.glob("*.md")
    for place in ("reference", "chapters"):
        yield from (ROOT / place).rglob("*.md")
    yield ROOT / "chapters" / "parts.csv"


def test_the_book_around_the_notebooks_is_american():
    british = {}
    for path in _written():
        text = re.sub(r"`[^`\n]*`", "", path.read_text(encoding="utf-8"))
        if path.name not in ("spelling.py", "test_lint.py") and (found := british_words(text)):
            british[path.name] = found
    assert not british
