"""The atlas claims nothing that is not there."""

import csv
import json
import re
from pathlib import Path

import pytest

from tools import atlas

ROOT = Path(__file__).resolve().parents[1]
ROWS = atlas.load_rows()
# What chapters of the sources have besides them.
BEYOND = {
    *("entropy-bonus", "natural-policy-gradient", "optimal-baseline", "policy-baseline"),
    *("policy-gradient-theorem", "reinforce", "reward-to-go", "score-function-gradient"),
    *("aggregate-posterior", "beta-vae", "energy-distance", "evidence-lower-bound"),
    *("importance-weighted-bound", "latent-variable-model", "linear-autoencoder", "nested-loss"),
    *("nonlinear-autoencoder", "posterior-collapse", "principal-components", "probabilistic-pca"),
    *("reparameterization", "standard-normal-divergence", "variational-autoencoder"),
    *("vector-quantization",),
    *("kernel-sum-product", "matern-kernel", "periodic-kernel", "random-fourier-features"),
    *("rational-quadratic-kernel", "sparse-gp-bound"),
    *("grouped-query-attention", "induction-head", "kv-cache", "rms-norm", "swiglu"),
    *("fisher-information", "inverse-matrix-root", "kronecker-factors", "muon"),
    *("natural-gradient", "newton-schulz", "polar-factor", "shampoo"),
    *("ancestral-sampling", "classifier-free-guidance", "classifier-guidance", "ddim"),
    *("denoising-loss", "denoising-posterior", "diffusion-bound", "diffusion-memorization"),
    *("forward-diffusion", "noise-schedule", "optimal-denoiser", "tweedie-formula"),
    *("velocity-prediction",),
    *("double-q-learning", "robbins-monro", "sarsa", "td-lambda", "td-learning", "time-limits"),
    *("continuity-equation", "euler-is-ddim", "flow-matching", "gaussian-paths-agree"),
    *("heun-method", "hutchinson-estimator", "instantaneous-change-of-variables"),
    *("marginal-velocity", "minibatch-pairing", "path-bend", "probability-flow-ode", "reflow"),
    *("critic-clipping", "empirical-wasserstein", "flat-jensen-shannon", "group-sort"),
    *("kantorovich-dual", "penalty-overshoot", "small-logits"),
}


def test_every_technique_of_the_book_has_its_line():
    # The ledger of the sources has 922 rows; chapters that go beyond them bring their own.
    own = {"preliminaries/jax"}
    rows = [row for row in ROWS if row["notebook"] not in own]
    assert sum(row["id"] not in BEYOND for row in rows) == 922
    assert {row["id"] for row in rows} >= BEYOND
    for notebook in own:
        assert sum(row["notebook"] == notebook for row in ROWS) >= 6, notebook
    assert all(list(row) == atlas.COLUMNS for row in ROWS)


def test_lines_are_unique_and_sorted():
    ids = [row["id"] for row in ROWS]
    assert ids == sorted(set(ids))
    assert len({row["target"] for row in ROWS}) == len(ROWS)


def test_every_line_says_what_and_where():
    for row in ROWS:
        assert row["name"] and row["kind"], row["id"]
        assert row["target"] == row["id"]
        assert row["notebook"].count("/") == 1, row["id"]
        assert " || " not in row["equation"] and "\\" not in row["equation"], row["id"]
        # Half-open intervals mix the kinds; what was cut off in the middle has one too few.
        opened, closed = (sum(map(row["equation"].count, kind)) for kind in ("([{", ")]}"))
        assert opened == closed, row["id"]


def test_every_line_belongs_to_a_chapter_of_a_part():
    # The page of the atlas goes through the parts: a line outside of them would not be shown.
    with (ROOT / "chapters" / "parts.csv").open(encoding="utf-8", newline="") as file:
        parts = list(csv.DictReader(file))
    named = [f"{part['folder']}/{name}" for part in parts for name in part["chapters"].split()]
    assert len(named) == len(set(named))
    assert {row["notebook"] for row in ROWS} <= set(named)
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    there = re.findall(r"chapters/(\w+/\w+)", contents)
    there = [page for page in there if not page.endswith("/index")]
    assert there == [name for name in named if name in there]


def test_no_line_claims_more_than_is_there():
    wrong = [f"{row['id']}: {problem}" for row in ROWS for problem in atlas.problems(row)]
    assert not wrong, "\n".join(wrong)


CODE = "import jax\nx = jax.numpy.ones(2)\nassert x.sum() == 2"
TEST = """\
import pytest

def test_adds():
    assert 1 + 1 == 2

def test_runs():
    1 + 1

class TestMany:
    def test_raises(self):
        with pytest.raises(ValueError):
            int("x")

def helper():
    assert True  # of sum
"""
GOOD = {
    "id": "sum-rule",
    "name": "Sum",
    "kind": "operation",
    "notebook": "part/chapter",
    "target": "sum-rule",
    "api": "jax.numpy.sum",
    "oracle": "tests/test_sum.py::test_adds;part/chapter#check",
    "status": "complete",
    "equation": "1 + 1 = 2",
}


@pytest.fixture
def book(tmp_path):
    """A book of one chapter with one technique, and one file of tests."""
    cells = [
        {"cell_type": "markdown", "id": "text", "source": ["# Sums\n", "\n", "(sum-rule)=\n", "x"]},
        {"cell_type": "code", "id": "check", "source": CODE.splitlines(keepends=True)},
        {"cell_type": "code", "id": "idle", "source": ["%matplotlib inline\n", "x = 1"]},
    ]
    for folder in ("tests", "chapters/part"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/test_sum.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "tests/helpers.py").write_text(TEST, encoding="utf-8")
    notebook = tmp_path / "chapters/part/chapter.ipynb"
    notebook.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"oracle": "tests/test_sum.py::TestMany::test_raises"},
        {"oracle": "tests/test_sum.py::test_adds[1-2]"},
        {"status": "library", "target": "not-written-yet"},
        {"status": "planned", "oracle": "", "api": ""},
        {"status": "planned", "oracle": ""},
        {"kind": "concept", "api": "-"},
        {"api": "dl_lib.core.Module;dl_lib.core.Module.replace", "oracle": "part/chapter#check"},
    ],
)
def test_an_honest_line_passes(book, change):
    assert atlas.problems({**GOOD, **change}, book) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"status": "finished"}, "status 'finished' is none of"),
        ({"status": "planned", "oracle": "part/chapter#check"}, "planned, yet it names the oracle"),
        ({"api": "-"}, "a operation has a function"),
        ({"api": "-;jax.numpy.sum"}, "a operation has a function"),
        ({"api": ""}, "api is empty"),
        ({"api": "jax.numpy.summ", "oracle": "part/chapter#check"}, "no attribute 'summ'"),
        ({"api": "dl_lib.nowhere.sum", "oracle": "part/chapter#check"}, "api dl_lib.nowhere.sum"),
        ({"api": "dl_lib.core.module._ModuleType", "oracle": "part/chapter#check"}, "not public"),
        (
            {"api": "dl_lib.core.module.inspect", "oracle": "part/chapter#check"},
            "not listed in __all__",
        ),
        ({"api": "numpy.sum", "oracle": "part/chapter#check"}, "neither of dl_lib nor of jax"),
        ({"api": "-", "kind": "concept", "status": "library"}, "it has no function"),
        ({"oracle": ""}, "nothing proves it"),
        ({"oracle": "tests/test_sum.py"}, "there is no chapter"),
        ({"oracle": "tests/test_gone.py::test_adds"}, "there is no tests/test_gone.py"),
        ({"oracle": "tests/test_sum.py::test_gone"}, "has no test_gone"),
        ({"oracle": "tests/test_sum.py::TestMany::test_adds"}, "has no TestMany::test_adds"),
        ({"api": "jax.numpy.cumsum"}, "tests/test_sum.py never speaks of cumsum"),
        ({"oracle": "tests/test_sum.py::helper"}, "pytest collects no such test"),
        ({"oracle": "tests/helpers.py::test_adds"}, "pytest collects no such test"),
        ({"oracle": "tests/test_sum.py::test_runs"}, "it checks nothing"),
        ({"oracle": "part/gone#check"}, "there is no chapter part/gone"),
        ({"oracle": "part/chapter#gone"}, "no code cell has that id"),
        ({"oracle": "part/chapter#text"}, "no code cell has that id"),
        ({"oracle": "part/chapter#idle"}, "it asserts nothing"),
        ({"notebook": "part/gone"}, "there is no chapter part/gone"),
        ({"target": "product-rule"}, "has no (product-rule)="),
    ],
)
def test_a_line_that_claims_too_much_fails(book, change, problem):
    found = atlas.problems({**GOOD, **change}, book)
    assert len(found) == 1 and problem in found[0], found


def test_changing_a_line_by_hand(monkeypatch, capsys):
    rows = [dict(row) for row in ROWS]
    saved = []
    monkeypatch.setattr(atlas, "load_rows", lambda: rows)
    monkeypatch.setattr(atlas, "save_rows", saved.append)
    target = "api=jax.numpy.sum"
    assert atlas.main(["set", "no-such-line", target]) == 2
    assert atlas.main(["set", "softmax", "color=red"]) == 2
    assert atlas.main(["set", "softmax", "status=planned", "oracle=", "api=jax.nn.softmaxx"]) == 1
    assert "softmaxx" in capsys.readouterr().out and not saved
    assert atlas.main(["set", "softmax", "status=planned", "oracle=", "api=jax.nn.softmax"]) == 0
    assert next(r for r in saved[0] if r["id"] == "softmax")["api"] == "jax.nn.softmax"
