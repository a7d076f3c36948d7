"""The page on speed: what the plot and the table say of some results."""

import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from book_site import speed_page

from benchmarks.table import Result


def result(row, ratio, target):
    spread = {"ratio": ratio, "ratio_p25": 0.9 * ratio, "ratio_p75": 1.1 * ratio}
    costs = {"compile_s": 1.25, "peak_mb": 1234.0, "limit_share": 0.125}
    return Result(row=row, peer="PyTorch <2", target=target, device="cpu: one", **spread, **costs)


RESULTS = [result("lenet", 2.0, 1.3), result("selective-scan", 1 / 60, 1 / 45)]


@pytest.fixture(scope="module")
def drawn():
    return BeautifulSoup(speed_page.plot(RESULTS), "html.parser")


def test_a_row_has_a_dot_a_spread_and_a_target(drawn):
    assert [text.get_text() for text in drawn.select("text.name")] == ["lenet", "selective-scan"]
    assert [text.get_text() for text in drawn.select("text.number")] == ["2.00", "1/60"]
    assert [dot["class"] for dot in drawn.select("circle")] == [["missed"], ["met"]]
    assert len(drawn.select("path.spread")) == len(drawn.select("path.target")) == 2


def test_the_axis_is_logarithmic(drawn):
    x = {text.get_text(): float(text["x"]) for text in drawn.select("text.axis")}
    assert x["1"] - x["1/2"] == pytest.approx(x["2"] - x["1"], abs=0.11)
    dot = float(drawn.select("circle")[0]["cx"])
    assert dot == pytest.approx(x["2"], abs=0.11)


def test_what_lies_beyond_the_axis_is_drawn_at_its_end():
    far = BeautifulSoup(speed_page.plot([result("lenet", 1e3, 1.3)]), "html.parser")
    assert float(far.circle["cx"]) == speed_page.RIGHT


def test_the_table_says_what_each_row_measures_and_costs():
    soup = BeautifulSoup(speed_page.table(RESULTS), "html.parser")
    cells = [cell.get_text() for cell in soup.select("#speed-lenet td")]
    assert cells[0].startswith("lenet") and "LeNet" in cells[0]
    assert cells[1:] == ["2.00 (1.80–2.20)", "1.30", "PyTorch <2", "12%", "1.2 s", "1,234 MB"]
    assert [th.get_text() for th in soup.select("th")] == list(speed_page.COLUMNS)
    labels = [cell["data-label"] for cell in soup.select("#speed-lenet td")]
    assert labels == list(speed_page.COLUMNS)
