"""How every benchmark is timed and written down.

On a machine that does other things too, a time means little and a ratio of two times measured side
by side means much. So the candidates take turns in short blocks within one process, and what is
reported is the ratio of the medians over the blocks.
"""

import csv
import datetime
import gc
import os
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import jax
import numpy as np

__all__ = ["alternate", "write"]

RESULTS = Path(__file__).resolve().parent / "results"


def alternate(
    candidates: Mapping[str, Callable[[], object]],
    rounds: int = 25,
    seconds: float = 0.1,
    clock: Callable[[], float] = time.perf_counter,
) -> list[dict]:
    """Time functions in alternating blocks; the first is what the others are compared with.

    `clock=time.process_time` counts the time of this process on all cores, which other processes
    disturb less: right for work that runs on one core.
    """
    calls = {}
    for name, function in candidates.items():
        function()  # compiles
        once = min(_block(function, 1, clock) for _ in range(3))
        calls[name] = max(1, round(seconds / once))
    times: dict[str, list[float]] = {name: [] for name in candidates}
    order = list(candidates)
    gc.collect()
    gc.disable()  # a collection would fall into the block of one of them
    try:
        for _ in range(rounds):
            for name in order:
                _block(candidates[name], 1 + calls[name] // 10, clock)  # fills the caches
                times[name].append(_block(candidates[name], calls[name], clock))
            gc.collect()
            # Everybody goes first in turn, so that what comes before a block favors nobody.
            order = order[1:] + order[:1]
    finally:
        gc.enable()
    return [_row(name, times[name], times[next(iter(times))]) for name in times]


def _block(function, calls, clock):
    begun = clock()
    for _ in range(calls):
        result = function()
    jax.block_until_ready(result)
    return (clock() - begun) / calls


def _row(name, times, reference):
    low, high = np.percentile(np.divide(times, reference), [25, 75])
    return {
        "candidate": name,
        "median_microseconds": f"{1e6 * np.median(times):.2f}",
        "ratio_of_medians": f"{np.median(times) / np.median(reference):.3f}",
        "ratio_quartiles": f"{low:.3f}-{high:.3f}",
        "blocks": len(times),
    }


def write(name: str, tables: Mapping[str, list[dict]]) -> None:
    """Print the rows of all cases, and write them to results/<name>.csv with what they ran on."""
    facts = {
        "device": device(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else "",
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    rows = [{"case": case, **row, **facts} for case, table in tables.items() for row in table]
    RESULTS.mkdir(exist_ok=True)
    with open(RESULTS / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        print("{case:28} {candidate:34} {median_microseconds:>12} µs".format(**row), end="  ")
        print("{ratio_of_medians:>6}  [{ratio_quartiles}]".format(**row))


def device() -> str:
    """What the first device is called; for a CPU, the name of the processor."""
    first = jax.devices()[0]
    if first.platform != "cpu":
        return first.device_kind
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
