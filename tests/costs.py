"""What a run cost, printed at its end beside what CONTRIBUTING.md allows: `-p tests.costs`."""

import os
import re
import sys
import time
from pathlib import Path

import pytest

__all__ = ["allowed", "of_process"]

ROOT = Path(__file__).resolve().parents[1]


def allowed(stage):
    """Seconds, what they are for, and gigabytes a process: the stage's row of the table."""
    row = rf"^\| `{stage}` \| (\d+) \| (.+?) \| ([\d.]+) \|$"
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    seconds, unit, gigabytes = re.search(row, guide, re.M).groups()
    return int(seconds), unit, float(gigabytes)


def of_process():
    """CPU seconds and peak gigabytes of this process and of those that it started and saw end."""
    return sum(os.times()[:4]), _peak()


def _peak():
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    largest = max(resource.getrusage(kind).ru_maxrss for kind in kinds)
    return largest / (2**30 if sys.platform == "darwin" else 2**20)  # bytes there, kilobytes here


def pytest_addoption(parser):
    parser.addoption("--stage", help="the row of the table of costs in CONTRIBUTING.md")


def pytest_configure(config):
    config.pluginmanager.register(_Costs())


class _Costs:
    """The sum over the workers."""

    def __init__(self):
        self.workers, self.start = [], time.monotonic()

    def pytest_sessionfinish(self, session):
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["costs"] = of_process()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        if "costs" in getattr(node, "workeroutput", {}):
            self.workers.append(node.workeroutput["costs"])

    def pytest_terminal_summary(self, terminalreporter, config):
        seconds, peak = of_process()
        clock = time.monotonic() - self.start
        if self.workers:
            # Those that were started from here are its workers, counted by themselves.
            seconds = sum(os.times()[:2]) + sum(cost[0] for cost in self.workers)
            peak = max(cost[1] for cost in self.workers)
        write = terminalreporter.write_line
        terminalreporter.section("costs")
        write(f"{seconds:.0f} CPU seconds, {clock:.0f} on the clock, {peak:.1f} GB in a process")
        if config.option.stage:
            most, unit, gigabytes = allowed(config.option.stage)
            # Of what a browser did, only the clock tells.
            parts = len(list((ROOT / "chapters").glob("*/*.ipynb")))
            spent = {"a chapter": seconds / parts, "the clock": clock}.get(unit, seconds)
            write(f"{unit}: {spent:.0f} of {most} s, {peak:.1f} of {gigabytes} GB")
