"""Teach from the book: `python -m dl_lib.course assignment`, or `grade`."""

import argparse
import os
import sys
from pathlib import Path

from dl_lib.course.grading import grade
from dl_lib.course.sheet import sheet_name, write_sheet

__all__ = ["main"]

DONE, FAILED, INTERRUPTED = 0, 1, 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.run(chosen)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on where it stopped", file=sys.stderr)
        return INTERRUPTED


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m dl_lib.course",
        description="Assignments out, grades in.",
        epilog="Exit status: 0 done, 1 not done and an error says why, 2 a command that does not "
        "exist, 130 interrupted.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    out = commands.add_parser(
        "assignment", help="write the notebook for students, without solutions"
    )
    out.add_argument("--due", default="", metavar="TEXT", help="when and where to hand it in")
    out.add_argument("--title", default="", metavar="TEXT", help="by default those of the chapters")
    out.add_argument(
        "--install",
        default="",
        metavar="ADDRESS",
        help="what pip installs the library from, on Colab: git+https://…, or a wheel's https://…",
    )
    out.add_argument(
        "--to", type=Path, default=Path("_build/assignments"), help="a folder (%(default)s)"
    )
    out.set_defaults(run=_assignment)
    back = commands.add_parser("grade", help="grade what came back; an interrupted run goes on")
    back.add_argument(
        "--from", dest="source", type=Path, required=True, help="a folder or a zip of notebooks"
    )
    back.add_argument("--to", type=Path, help="a folder; by default FROM-grades")
    back.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="at the same time (%(default)s)"
    )
    back.add_argument("--seconds", type=float, help="for an answer and for each of its checks")
    back.add_argument("--gigabytes", type=float, default=2.0, help="of memory (%(default)s)")
    back.set_defaults(run=_grade)
    for command in (out, back):
        command.add_argument("names", nargs="+", metavar="part/chapter", help="one sheet of all")
        command.add_argument(
            "--chapters", type=Path, default=Path("chapters"), help="the book's (%(default)s)"
        )
    return parser


def _assignment(chosen):
    path = write_sheet(
        chosen.names,
        chosen.to,
        due=chosen.due,
        title=chosen.title,
        install=chosen.install,
        folder=chosen.chapters,
    )
    print(path)
    return DONE


def _grade(chosen):
    source = chosen.source
    to = chosen.to or source.with_name(f"{source.stem}-grades")
    every = grade(
        chosen.names,
        source,
        to,
        jobs=max(1, chosen.jobs),
        seconds=chosen.seconds,
        gigabytes=chosen.gigabytes,
        folder=chosen.chapters,
    )
    for graded in every:
        if graded.fault:
            print(f"{graded.file}: {graded.fault}", file=sys.stderr)
    print(f"{sheet_name(chosen.names)}: {len(every)} submissions, {to / 'points.csv'}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
