"""The table of speed: its columns, its merging, and what it refuses to hold."""

import csv
import math
from dataclasses import replace

import pytest

from benchmarks.table import COLUMNS, RESULTS, Result, geometric_mean, merged, read, write

LENET = Result(
    row="lenet",
    peer="PyTorch 2.13.0, channels_last",
    ratio=1.23456,
    ratio_p25=1.2,
    ratio_p75=1.3,
    compile_s=2.5,
    peak_mb=612.3,
    limit_share=0.21,
    target=1.3,
    device="cpu: AMD EPYC, 2 cores",
)


def test_columns_are_the_agreed_ones():
    columns = "row,peer,ratio,ratio_p25,ratio_p75,compile_s,peak_mb,limit_share,target,device"
    assert columns.split(",") == COLUMNS


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "results.csv"
    assert read(path) == []
    write([LENET], path)
    assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)
    assert read(path) == [replace(LENET, ratio=1.235)]


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("row,ratio\nlenet,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="expected the columns"):
        read(path)


def test_a_new_result_takes_the_place_of_its_row_and_device_only():
    lstm = replace(LENET, row="lstm")
    on_gpu = replace(LENET, device="gpu: NVIDIA H200")
    gone = replace(LENET, row="no row any more")
    new = replace(LENET, ratio=0.9)
    table = merged([LENET, on_gpu, lstm, gone], [new], ["lstm", "lenet"])
    assert table == [lstm, new, on_gpu]


@pytest.mark.parametrize("wrong", [{"ratio": math.nan}, {"peak_mb": -1.0}, {"device": "EPYC"}])
def test_an_impossible_result_is_refused(wrong):
    with pytest.raises(ValueError, match="lenet: expected"):
        replace(LENET, **wrong)


def test_twice_as_fast_and_half_as_fast_are_opposites():
    assert math.isclose(geometric_mean([0.5, 2.0, 1.0]), 1.0)
    with pytest.raises(ValueError, match="one ratio or more"):
        geometric_mean([])


def test_the_stored_table_has_every_row_and_nothing_else():
    from benchmarks.rows import every

    stored = read(RESULTS)
    on_cpu = [result.row for result in stored if result.device.startswith("cpu: ")]
    assert sorted(on_cpu) == sorted(every())
    with open(RESULTS, newline="", encoding="utf-8") as file:
        assert all(len(line) == len(COLUMNS) for line in csv.reader(file))
    for result in stored:
        assert result.ratio_p25 <= result.ratio_p75 and result.target > 0
        assert math.isclose(result.target, every()[result.row].target, rel_tol=1e-3)
