"""An experiment that is interrupted goes on, and its table says what it is made of."""

import csv
import importlib
import re
from pathlib import Path

import pytest

from benchmarks.experiments import _stored
from benchmarks.experiments.__main__ import NAMES, main
from dl_lib.data import stored_results

RUNS = [{"network": name, "rate": 0.1, "seed": seed} for name in ("a", "b") for seed in (0, 1)]


def squares(asked, fails_at=None):
    def measure(network, rate, seed):
        if len(asked) == fails_at:
            raise KeyboardInterrupt
        asked.append((network, seed))
        return {"accuracy": seed + rate}

    return measure


def lines(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_is_interrupted_goes_on_where_it_was(tmp_path):
    path, first, second = tmp_path / "some.csv", [], []
    with pytest.raises(KeyboardInterrupt):
        _stored.carry_out(path, RUNS, squares(first, fails_at=2))
    kept = path.read_text(encoding="utf-8")
    assert len(lines(path)) == 2
    assert _stored.carry_out(path, RUNS, squares(second)) == 2
    assert path.read_text(encoding="utf-8").startswith(kept)
    assert first + second == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert _stored.carry_out(path, RUNS, squares(second)) == 0


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_line_that_was_cut_short_is_made_again(tmp_path, cut):
    path, again = tmp_path / "some.csv", []
    _stored.carry_out(path, RUNS, squares([]))
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:-cut], encoding="utf-8")
    assert _stored.carry_out(path, RUNS, squares(again)) == 1
    assert again == [("b", 1)]
    assert [row["seed"] for row in lines(path)] == ["0", "1", "0", "1"]


def test_a_head_that_was_cut_short_is_written_again(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("network,ra", encoding="utf-8")
    assert _stored.carry_out(path, RUNS, squares([])) == 4
    assert len(lines(path)) == 4


def test_every_line_says_what_made_it(tmp_path):
    path = tmp_path / "some.csv"
    _stored.carry_out(path, RUNS[:1], squares([]))
    (row,) = lines(path)
    assert list(row) == ["network", "rate", "seed", "accuracy", *_stored.PROVENANCE]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"]) and float(row["cpu_seconds"]) >= 0


def test_other_settings_are_not_mixed_in(tmp_path):
    path = tmp_path / "some.csv"
    _stored.carry_out(path, RUNS, squares([]))
    with pytest.raises(ValueError, match=r"expected .*'depth'.* first: delete it"):
        _stored.carry_out(path, [{"depth": 1, "seed": 0}], squares([]))


def test_an_unknown_name_is_refused():
    with pytest.raises(SystemExit, match=r"no experiment is called .'nothing'"):
        main(["nothing"])


@pytest.mark.parametrize("name", NAMES)
def test_all_runs_of_an_experiment_are_stored_once(name):
    # Its program is imported, and nothing is run: what a chapter reads is what the program lists.
    runs = importlib.import_module(f"benchmarks.experiments.{name}").RUNS
    with open(Path(_stored.FOLDER) / f"{name}.csv", newline="", encoding="utf-8") as file:
        _, *stored = csv.reader(file)
    keys = [tuple(line[: len(runs[0])]) for line in stored]
    assert sorted(keys) == sorted(tuple(map(str, run.values())) for run in runs)
    assert all("seed" in run and list(run) == list(runs[0]) for run in runs)
    rows = stored_results(name)
    assert len(rows) == len(runs) and isinstance(rows[0]["seed"], float)
