"""A class: every submission graded once, its page and the table written, whatever comes back."""

import csv
import hashlib
import json
import re
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dl_lib.course._marking import Limits, mark
from dl_lib.course._pages import feedback_page, summary_page
from dl_lib.course._progress import Progress
from dl_lib.course._results import Graded, Result, grade_one, nothing, tasks_of
from dl_lib.course._submissions import Submission, read_submissions
from dl_lib.course.book import Chapter, read_chapter

__all__ = ["grade"]

VERSION = 1  # of what is kept of a submission
SLOWER = 10  # times what the book's own solution takes
PATIENCE = 10.0  # seconds at least


def grade(
    names: list[str],
    source: Path,
    to: Path,
    *,
    jobs: int,
    seconds: float | None = None,
    gigabytes: float = 2.0,
    folder: Path = Path("chapters"),
) -> list[Graded]:
    """Grade what came back, and go on where an earlier run was interrupted.

    Writes `points.csv`, `summary.html`, a page for each student under `feedback/`, and under
    `results/` what was found, so that no submission is run twice.

    Args
        names: the chapters of the sheet, each part/chapter
        source: the folder or archive of submissions
        to: the folder for the results
        jobs: how many run at the same time
        seconds: for an answer and for each check; by default ten times what the book's take
        gigabytes: of memory for a process
        folder: where the parts of the book are
    Returns
        every submission, in the order of names
    Raises
        ValueError: if a chapter or the submissions are missing
        RuntimeError: if the book's own solutions do not pass on this machine
        KeyboardInterrupt: if it was interrupted; what was done is kept
    Chapter
        reference/teach
    """
    chapters = [read_chapter(name, folder) for name in names]
    submissions = read_submissions(source)
    for place in ("feedback", "results"):
        (to / place).mkdir(parents=True, exist_ok=True)
    limits = Limits(seconds or 6 * PATIENCE, gigabytes)
    slowest = _prove(chapters, limits)
    limits.seconds = seconds or max(PATIENCE, SLOWER * slowest)
    files = _file_names(submissions)
    desk = _Desk(chapters, limits, to, files, [seconds, gigabytes, VERSION])
    every = _grade_all(desk, submissions, jobs)
    _write_table(every, to / "points.csv")
    _write(to / "summary.html", summary_page(every, files))
    return every


def _prove(chapters, limits):
    """Mark the book's own solutions; return the seconds of the slowest."""
    tasks = [
        replace(task, cells=[exercise.blank, exercise.sources["solution"]])
        for task, exercise in tasks_of(chapters).values()
    ]
    marks, _ = mark(tasks, limits)
    for label, found in marks.items():
        if wrong := next(filter(None, found.messages), ""):
            raise RuntimeError(
                f"exercise {label}: the book's own solution does not pass here, so nothing was "
                f"graded: {wrong}"
            )
    return max((found.seconds for found in marks.values()), default=0.0)


@dataclass
class _Desk:
    """What grading each submission needs."""

    chapters: list[Chapter]
    limits: Limits
    to: Path
    files: dict[str, str]
    asked: list  # what else a result depends on


def _grade_all(desk, submissions, jobs):
    done, progress = {}, Progress(len(submissions))
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(_grade_or_take, submission, desk) for submission in submissions]
        try:
            for finished in as_completed(waiting):
                graded = finished.result()
                done[graded.student] = graded
                progress.step(graded.student)
        except BaseException:
            desk.limits.canceled.set()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            progress.close()
    return [done[submission.student] for submission in submissions]


def _grade_or_take(submission: Submission, desk: _Desk) -> Graded:
    """Grade a submission, or take what an earlier run found; nothing in it stops the others."""
    file = desk.files[submission.student]
    kept = desk.to / "results" / f"{file}.json"
    try:
        content = submission.read()
        digest = _digest(content, desk)
        graded = _kept(kept, digest)
        if graded is None:
            graded = grade_one(submission, content, desk.chapters, desk.limits)
            _write(kept, json.dumps({"digest": digest, **asdict(graded)}, indent=1))
    except ValueError as error:
        graded = nothing(submission, desk.chapters, str(error))
    except Exception as error:  # ours, not the student's: the others go on, the teacher is told
        fault = f"could not be graded, {type(error).__name__}: {error}"
        graded = nothing(submission, desk.chapters, fault)
        _write(kept.with_suffix(".error.txt"), traceback.format_exc())
    _write(desk.to / "feedback" / f"{file}.html", feedback_page(graded))
    return graded


def _digest(content, desk):
    """What a result depends on: the submission and the exercises of the book."""
    tasks = [asdict(task) for task, _ in tasks_of(desk.chapters).values()]
    return hashlib.sha256(content + json.dumps([tasks, desk.asked]).encode()).hexdigest()


def _kept(path, digest):
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.pop("digest") != digest:
            return None
        results = [Result(**result) for result in kept.pop("results")]
        for result in results:
            result.checks = [(names, message) for names, message in result.checks]
        return Graded(results=results, **kept)
    except (OSError, ValueError, KeyError, TypeError):  # none, or cut off
        return None


def _file_names(submissions):
    """{student: a name that every system takes for a file}."""
    names, taken = {}, set()
    for submission in submissions:
        wanted = name = re.sub(r"[^\w.-]+", "_", submission.student).strip(".")[:80] or "student"
        copies = 1
        while name.lower() in taken:
            copies += 1
            name = f"{wanted}-{copies}"
        taken.add(name.lower())
        names[submission.student] = name
    return names


def _write(path, text):
    """Write a file that is there whole or not at all."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8", errors="replace")
    partial.replace(path)


def _write_table(every, path):
    labels = [result.label for result in every[0].results]
    out_of = sum(result.out_of for result in every[0].results)
    with open(path, "w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "file", "points", "out_of", *labels, "fault"])
        for graded in every:
            points = [f"{result.points:g}" for result in graded.results]
            row = [graded.student, graded.file, f"{graded.points:g}", out_of, *points, graded.fault]
            writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell):
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if str(cell).startswith(("=", "+", "-", "@", "\t", "\r")) else cell
