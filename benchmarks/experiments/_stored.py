"""Runs that can be interrupted: each is a line of a CSV, written when it ends.

An experiment is a module with two names. RUNS lists the settings of every run, a dictionary each
with the same keys, the seed among them. `measure(**settings)` makes one run and returns what was
found, a dictionary of numbers. What the file holds already is not made again.
"""

import csv
import datetime
import os
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import jax

__all__ = ["FOLDER", "PROVENANCE", "carry_out"]

FOLDER = Path(__file__).resolve().parents[2] / "dl_lib" / "data" / "stored"
PROVENANCE = ("cpu_seconds", "python", "jax", "device", "date")


def carry_out(path: Path, runs: Sequence[dict], measure: Callable[..., dict]) -> int:
    """Make the runs whose lines the file lacks, and return how many that were."""
    done, made = _done(path, runs[0]), 0
    for number, settings in enumerate(runs, 1):
        if _key(settings) in done:
            continue
        started = time.process_time()
        found = measure(**settings)
        spent = time.process_time() - started
        _append(path, {**settings, **found, **_provenance(spent)})
        made += 1
        print(f"{path.stem} {number}/{len(runs)}", *settings.values(), found, flush=True)
    return made


def _key(settings):
    return tuple(map(str, settings.values()))


def _provenance(seconds):
    versions = platform.python_version(), jax.__version__, jax.default_backend()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return dict(zip(PROVENANCE, (f"{seconds:.1f}", *versions, today), strict=True))


def _done(path, settings):
    """Return the settings of the runs in the file, without a last line that was cut short."""
    if not path.exists():
        return set()
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    columns, *lines = csv.reader(whole.splitlines()) if whole else [None]
    if columns and columns[: len(settings)] != list(settings):
        raise ValueError(
            f"{path} has the columns {columns}, expected {list(settings)} first: "
            "delete it to make all runs again"
        )
    return {tuple(line[: len(settings)]) for line in lines}


def _append(path, row):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if not file.tell():
            writer.writeheader()
        writer.writerow(row)
        file.flush()
        os.fsync(file.fileno())
