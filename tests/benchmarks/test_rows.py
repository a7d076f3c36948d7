"""Every row says what it is and can be made; here without its peers, which no test installs."""

import ast
from pathlib import Path

import pytest

from benchmarks.machine import share
from benchmarks.rows import FILES, every

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks" / "rows"
ASKED_FOR = {
    *("mlp-epoch", "lenet", "resnet-18", "vgg-like", "depthwise", "transposed", "lstm", "gru"),
    *("attention-4096", "gpt-step", "bert-step", "kv-decoding", "word2vec", "selective-scan"),
    *("adam-10m", "gp-n=1000", "bn-relu-pool", "data"),
}


def test_every_file_is_listed_and_every_row_is_there():
    shared = {"__init__", "transformer"}
    assert {path.stem for path in FOLDER.glob("*.py")} - shared == set(FILES)
    assert set(every()) >= ASKED_FOR


@pytest.mark.parametrize("name", every())
def test_a_row_says_what_it_measures(name):
    row = every()[name]
    assert row.does[0].isupper() and row.does.endswith(".") and len(row.does) < 120
    assert row.target > 0 and row.peers and callable(row.ours)


@pytest.mark.parametrize("path", sorted(FOLDER.parent.glob("**/*.py")), ids=lambda p: p.stem)
def test_files_are_short_and_load_no_peer_until_it_is_asked_for(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    if path.parent == FOLDER:
        top = [n for n in ast.parse(text).body if isinstance(n, ast.Import | ast.ImportFrom)]
        names = {getattr(n, "module", None) or n.names[0].name for n in top}
        assert not {name.split(".")[0] for name in names} & {"jax", "torch", "flax", "dl_lib"}


def test_the_share_is_that_of_the_nearer_limit():
    assert share((100.0, 10.0), seconds=2.0, most=(100.0, 100.0)) == 0.5
    assert share((10.0, 100.0), seconds=2.0, most=(100.0, 100.0)) == 0.5
