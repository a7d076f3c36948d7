"""The table of results: a line for each row and device, in benchmarks/results.csv."""

import csv
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

__all__ = ["COLUMNS", "RESULTS", "Result", "geometric_mean", "merged", "read", "write"]

RESULTS = Path(__file__).resolve().parent / "results.csv"


@dataclass(frozen=True)
class Result:
    """One row as it was measured on one device. Below 1 is ours."""

    row: str
    peer: str  # the fastest of those that were tried, with its version
    ratio: float  # our median time over the peer's
    ratio_p25: float
    ratio_p75: float
    compile_s: float  # what our first call took beyond the following ones
    peak_mb: float  # of the process that did our side
    limit_share: float  # of the products or the traffic that the device was measured to manage
    target: float
    device: str  # begins with "cpu:" or "gpu:"

    def __post_init__(self):
        numbers = {f.name: getattr(self, f.name) for f in fields(self) if f.type is float}
        wrong = {k: v for k, v in numbers.items() if not (math.isfinite(v) and v >= 0)}
        if wrong:
            raise ValueError(f"{self.row}: expected numbers from 0, got {wrong}")
        if not self.device.startswith(("cpu: ", "gpu: ", "tpu: ")):
            raise ValueError(f"{self.row}: expected a device as in 'cpu: name', got {self.device}")


COLUMNS = [field.name for field in fields(Result)]


def read(path: Path = RESULTS) -> list[Result]:
    """Return what is stored; nothing where there is no file."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        if lines.fieldnames != COLUMNS:
            raise ValueError(f"{path}: expected the columns {COLUMNS}, got {lines.fieldnames}")
        kinds = {field.name: field.type for field in fields(Result)}
        return [Result(**{k: kinds[k](v) for k, v in line.items()}) for line in lines]


def merged(old: Iterable[Result], new: Iterable[Result], order: list[str]) -> list[Result]:
    """Return old and new results, the new in the place of those of the same row and device."""
    found = {(result.device, result.row): result for result in (*old, *new)}
    known = [result for result in found.values() if result.row in order]
    return sorted(known, key=lambda result: (result.device, order.index(result.row)))


def write(results: Iterable[Result], path: Path = RESULTS) -> None:
    """Write the table, numbers with three or four digits, which is more than a clock knows."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for result in results:
            table.writerow({k: _rounded(v) for k, v in asdict(result).items()})


def geometric_mean(ratios: Iterable[float]) -> float:
    """Return the mean that treats twice as fast and half as fast as opposites."""
    logs = [math.log(ratio) for ratio in ratios]
    if not logs:
        raise ValueError("expected one ratio or more, got none")
    return math.exp(sum(logs) / len(logs))


def _rounded(value):
    return f"{value:.4g}" if isinstance(value, float) else value
