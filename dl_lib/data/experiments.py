"""What the experiments found that take longer than a page may: read, not typed in."""

import csv
from pathlib import Path

__all__ = ["stored_results"]

_FOLDER = Path(__file__).parent / "stored"


def stored_results(name: str) -> list[dict[str, float | str]]:
    """Return the runs of an experiment that takes longer than a page may.

    `make experiments` makes them, with benchmarks/experiments/<name>.py, and stores with each its
    seed, its CPU seconds, the versions and the date.

    Args
        name: of the experiment, such as "mnist"
    Returns
        a dictionary for each run, in the order in which they ended; what reads as a number is one
    Raises
        ValueError: for a name of which nothing is stored
    Chapter
        cnn/lenet
    """
    names = sorted(path.stem for path in _FOLDER.glob("*.csv"))
    if name not in names:
        raise ValueError(f"no experiment {name!r} is stored: expected one of {names}")
    with open(_FOLDER / f"{name}.csv", newline="", encoding="utf-8") as file:
        return [{key: _number(text) for key, text in row.items()} for row in csv.DictReader(file)]


def _number(text):
    try:
        return float(text)
    except ValueError:
        return text
