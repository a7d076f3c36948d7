"""What became of one submission, exercise by exercise."""

from dataclasses import dataclass, field, replace

from dl_lib.course import _notebooks
from dl_lib.course._marking import Limits, Task, mark
from dl_lib.course._matching import find_answers
from dl_lib.course._submissions import Submission
from dl_lib.course.book import Chapter, Exercise
from dl_lib.course.sheet import check_of, slots

__all__ = ["Graded", "Result", "grade_one", "nothing", "tasks_of"]


@dataclass
class Result:
    """What one exercise of one submission is worth.

    Args
        label, title: of the exercise
        points, out_of: given, and possible
        checks: (sub-answers, message) of each, with the message "" where it passes
        code: what was handed in
        stopped: what stopped it, "" if nothing did
        printed: the beginning of what it printed
        notes: how it was found
    """

    label: str
    title: str
    points: float
    out_of: int
    checks: list
    code: str = ""
    stopped: str = ""
    printed: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Graded:
    """One submission, graded.

    Args
        student, file: whose it is and where it was
        results: one for each exercise
        fault: why nothing in it could be read, "" if something could
        holds: what the system held its processes to
    """

    student: str
    file: str
    results: list[Result]
    fault: str = ""
    holds: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        """The sum over the exercises."""
        return round(sum(result.points for result in self.results), 2)


def tasks_of(chapters: list[Chapter]) -> dict[str, tuple[Task, Exercise]]:
    """Return {label: (what is to run for it, the exercise)}, without the cells of a student."""
    return {
        exercise.label: (
            Task(
                exercise.label,
                chapter.imports,
                exercise.blank,
                [(check_of(exercise, c), exercise.checked(c)) for c in exercise.checks],
                [],
            ),
            exercise,
        )
        for chapter in chapters
        for exercise in chapter.exercises
    }


def grade_one(
    submission: Submission, content: bytes, chapters: list[Chapter], limits: Limits
) -> Graded:
    """Return what became of a notebook; where it is none, a fault says so."""
    tasks = tasks_of(chapters)
    try:
        answers = find_answers(_notebooks.parse(content), slots(chapters))
    except ValueError as error:
        return nothing(submission, chapters, str(error))
    job = [replace(tasks[answer.label][0], cells=answer.cells) for answer in answers]
    marks, holds = mark([task for task in job if task.cells], limits)
    results = [_result(answer, *tasks[answer.label], marks.get(answer.label)) for answer in answers]
    return Graded(submission.student, submission.file, results, "", holds)


def _result(answer, task, exercise, found):
    messages = found.messages if found else ["no answer was handed in"] * len(task.checks)
    passed = sum(not message for message in messages) / len(messages)
    return Result(
        answer.label,
        exercise.title,
        round(exercise.points * passed, 2),
        exercise.points,
        [(", ".join(check[1]), text) for check, text in zip(task.checks, messages, strict=True)],
        "\n\n".join(answer.cells),
        found.stopped if found else "",
        found.printed if found else "",
        answer.notes,
    )


def nothing(submission: Submission, chapters: list[Chapter], fault: str) -> Graded:
    """Return no points for each exercise, and why."""
    results = [
        Result(e.label, e.title, 0.0, e.points, [(", ".join(c[1]), fault) for c in task.checks])
        for task, e in tasks_of(chapters).values()
    ]
    return Graded(submission.student, submission.file, results, fault)
