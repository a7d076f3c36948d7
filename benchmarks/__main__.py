"""Measure every speed claim: `make benchmarks`, or one row: `make benchmarks ROW=lenet`.

    python -m benchmarks [row ...] [--quick]

Writes benchmarks/results.csv; what other devices have measured stays in it.
"""

import argparse
import sys
import time

from benchmarks.agreement import DisagreementError
from benchmarks.measure import machine_limits, measure
from benchmarks.rows import every
from benchmarks.table import RESULTS, geometric_mean, merged, read, write

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Measure the named rows, or all; store those whose two sides agree."""
    rows = every()
    parser = argparse.ArgumentParser(prog="make benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=", ".join(rows))
    parser.add_argument("--quick", action="store_true", help="look only, and store nothing")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.rows) - set(rows)):
        parser.error(f"expected rows of {', '.join(rows)}, got {', '.join(unknown)}")
    device, most = machine_limits()
    print(f"{device}: {most[0] / 1e9:.0f} GFLOP/s, {most[1] / 1e9:.0f} GB/s", flush=True)
    results, refused, spent = [], [], (0, 3) if given.quick else (8, 7)  # seconds, rounds
    for name in given.rows or rows:
        begun = time.perf_counter()
        try:
            result = measure(name, rows[name], device, most, *spent)
        except (DisagreementError, RuntimeError) as reason:  # and goes on with the next row
            refused.append(name)
            print(f"{name:20} refused: {reason}", flush=True)
            continue
        results.append(result)
        if not given.quick:
            write(merged(read(), [result], list(rows)), RESULTS)
        print(_line(result), f" {time.perf_counter() - begun:4.0f} s", flush=True)
    if results:
        mean = geometric_mean(result.ratio for result in results)
        print(f"{len(results)} rows, geometric mean {mean:.2f}; refused: {refused or 'none'}")
    return 1 if refused else 0


def _line(result):
    return (
        f"{result.row:20} {result.ratio:7.3f} [{result.ratio_p25:.3f}, {result.ratio_p75:.3f}]"
        f"  target {result.target:.2f}  compiles {result.compile_s:4.1f} s"
        f"  peak {result.peak_mb:5.0f} MB  limit {result.limit_share:4.0%}  {result.peer}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
