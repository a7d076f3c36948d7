"""Teach from the book: `python -m dl_lib.course` assignment, grade, slides or pdf."""

import argparse
import os
import sys
from pathlib import Path

from dl_lib.course.grading import grade
from dl_lib.course.paper import book_order, write_pdf
from dl_lib.course.sheet import sheet_name, write_sheet
from dl_lib.course.slides import write_slides

__all__ = ["main"]

DONE, FAILED, INTERRUPTED = 0, 1, 130
BOOK = "Deep Learning, Derived"


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
        description="Assignments out, grades in, lectures shown, chapters printed.",
        epilog="Exit status: 0 done, 1 not done and an error says why, 2 a command that does not "
        "exist, 130 interrupted.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in (_add_assignment(commands), _add_grade(commands), _add_slides(commands)):
        command.add_argument("names", nargs="+", metavar="part/chapter", help="in the book")
        _path(command, "--chapters", "chapters", "where the parts of the book are")
    _add_pdf(commands)
    return parser


def _path(command, name, default, what):
    command.add_argument(name, type=Path, default=Path(default), help=f"{what} ({default})")


def _add_assignment(commands):
    found = commands.add_parser("assignment", help="write the notebook for students")
    found.add_argument("--due", default="", metavar="TEXT", help="when and where to hand it in")
    found.add_argument("--title", default="", metavar="TEXT", help="by default the chapters'")
    found.add_argument(
        "--install",
        default="",
        metavar="ADDRESS",
        help="what pip installs the library from, on Colab: git+https://…, or a wheel's https://…",
    )
    _path(found, "--to", "_build/assignments", "a folder for the notebook")
    found.set_defaults(run=_assignment)
    return found


def _add_grade(commands):
    found = commands.add_parser("grade", help="grade what came back; an interrupted run goes on")
    found.add_argument(
        "--from", dest="source", type=Path, required=True, help="a folder or a zip of notebooks"
    )
    found.add_argument("--to", type=Path, help="a folder for the results; by default FROM-grades")
    found.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="at the same time (%(default)s)"
    )
    found.add_argument("--seconds", type=float, help="for an answer and for each of its checks")
    found.add_argument("--gigabytes", type=float, default=2.0, help="of memory (%(default)s)")
    found.set_defaults(run=_grade)
    return found


def _add_slides(commands):
    found = commands.add_parser("slides", help="write the deck of a lecture, which works offline")
    _path(found, "--to", "_build/slides", "a folder for the deck")
    found.set_defaults(run=_slides)
    return found


def _add_pdf(commands):
    found = commands.add_parser("pdf", help="print chapters of the built book, or all of it")
    found.add_argument("names", nargs="*", metavar="part/chapter", help="by default all")
    found.add_argument("--solutions", choices=("all", "none"), default="all", help="(all)")
    _path(found, "--site", "_build/html", "where the built book is")
    _path(found, "--to", "_build/pdf", "a folder for the file")
    found.set_defaults(run=_pdf)


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


def _slides(chosen):
    for name in chosen.names:
        print(write_slides(name, chosen.to, folder=chosen.chapters))
    return DONE


def _pdf(chosen):
    names = chosen.names or book_order(chosen.site)
    name, title = sheet_name(chosen.names) or "book", BOOK
    path = chosen.to / f"{name}{'' if chosen.solutions == 'all' else '-without-solutions'}.pdf"
    solutions = chosen.solutions == "all"
    print(write_pdf(names, path, site=chosen.site, title=title, solutions=solutions))
    return DONE


if __name__ == "__main__":
    sys.exit(main())
