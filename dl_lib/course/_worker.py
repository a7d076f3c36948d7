"""The process in which a submission runs: a job on stdin, what happens as lines of JSON on stdout.

Everything that students' code may break is broken here and not in the program that grades.
"""

import contextlib
import io
import json
import os
import sys

from dl_lib.course._limits import limit

__all__ = ["main"]

MOST_PRINTED = 4_000  # bytes of what a cell prints that go on the page


class _Bounded(io.RawIOBase):
    """A file that keeps the beginning of what is written and counts the rest."""

    def __init__(self):
        self.kept, self.total = b"", 0

    def writable(self) -> bool:
        """A file to write to."""
        return True

    def write(self, content) -> int:
        """Keep what there is room for."""
        content = bytes(content)
        self.kept += content[: max(0, MOST_PRINTED - self.total)]
        self.total += len(content)
        return len(content)

    def text(self) -> str:
        """Return the beginning, and how much there was."""
        with contextlib.suppress(Exception):  # a submission may have closed or replaced it
            sys.stdout.flush()
        more = f"\n… {self.total:,} bytes in all" if self.total > MOST_PRINTED else ""
        return self.kept.decode("utf-8", "replace") + more


def _listen():
    """Give the student's code an output of its own, and return where it goes."""
    bounded = _Bounded()
    buffered = io.BufferedWriter(bounded)
    sys.stdout = sys.stderr = io.TextIOWrapper(buffered, encoding="utf-8", write_through=True)
    return bounded


def main() -> None:
    """Run the exercises of a job, each with its checks."""
    job = json.loads(sys.stdin.read())
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)

    def tell(**event):
        results.write(json.dumps(event) + "\n")
        results.flush()

    holds = limit(job["gigabytes"])
    _listen()
    from dl_lib.course._running import Bench

    benches = {imports: Bench(imports) for imports in {e["imports"] for e in job["exercises"]}}
    for bench in benches.values():
        bench.answer("imports", [])  # imports take a while, which is nobody's fault
    tell(holds=holds)
    for exercise in job["exercises"]:
        bench, label = benches[exercise["imports"]], exercise["label"]
        printed = _listen()
        tell(begins=label, stage="answer")
        stopped = bench.answer(label, exercise["cells"])
        tell(ends=label, stage="answer", message=stopped, printed=printed.text())
        for number in exercise["todo"]:
            _listen()
            tell(begins=label, stage=number)
            check, names = exercise["checks"][number]
            message = bench.check(check, exercise["blank"], names)
            tell(ends=label, stage=number, message=message)
    tell(ends="all")
    os._exit(0)  # without waiting for threads that a submission has left


if __name__ == "__main__":
    main()
