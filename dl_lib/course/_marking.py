"""Marking one submission: in a process of its own, and in another where that one ends."""

import threading
from dataclasses import dataclass, field

from dl_lib.course._process import Process

__all__ = ["Limits", "Mark", "Task", "mark"]


@dataclass
class Limits:
    """What a submission may take.

    Args
        seconds: for an answer, and for each of its checks
        gigabytes: of memory that it writes to
        canceled: set from another thread to stop
    """

    seconds: float = 60.0
    gigabytes: float = 2.0
    canceled: threading.Event = field(default_factory=threading.Event)


@dataclass
class Task:
    """One exercise to run.

    Args
        label: of the exercise
        imports: of its chapter
        blank: as the book has it
        checks: (code, names that it is for) of each check
        cells: of the student
    """

    label: str
    imports: str
    blank: str
    checks: list[tuple[str, list[str]]]
    cells: list[str]


@dataclass
class Mark:
    """What came of one exercise.

    Args
        messages: what each check says, "" where it passes
        stopped: what stopped the answer itself, "" if nothing did
        printed: the beginning of what it printed
        seconds: the longest that the answer or one of its checks took
    """

    messages: list[str]
    stopped: str = ""
    printed: str = ""
    seconds: float = 0.0


@dataclass
class _Stop:
    """Where a process ended before its job was done."""

    label: str
    stage: int | str
    reason: str


def mark(tasks: list[Task], limits: Limits) -> tuple[dict[str, Mark], list[str]]:
    """Run the answers of one submission and the checks on them.

    All run in one process, one after the other. Where it crashes or an answer does not end, that
    exercise runs again alone, check by check, and the others go on in a new process.
    Raises RuntimeError where not even the imports run, and KeyboardInterrupt if canceled.
    """
    marks = {task.label: Mark(["not run"] * len(task.checks)) for task in tasks}
    holds: list[str] = []
    replayed: list[Task] = []  # answers that later ones may use
    place = 0
    while place < len(tasks):
        job = [(task, []) for task in replayed]
        job += [(task, list(range(len(task.checks)))) for task in tasks[place:]]
        stop = _process(job, limits, marks, holds)
        if stop is None:
            break
        if stop.label in {task.label for task in replayed}:
            replayed = []
            continue
        at = next(i for i, task in enumerate(tasks) if task.label == stop.label)
        # What ran before it in the same process may be to blame.
        _alone(tasks[at], limits, marks, holds, None if replayed or at > place else stop)
        replayed += tasks[place:at]
        place = at + 1
    return marks, sorted(set(holds))


def _alone(task, limits, marks, holds, stop):
    """Run an exercise in a process of its own, and anew after each check that ends it."""
    todo = list(range(len(task.checks)))
    while todo:
        stop = stop or _process([(task, todo)], limits, marks, holds)
        if stop is None:
            return
        mark = marks[task.label]
        if stop.stage == "answer":
            mark.stopped = stop.reason
            mark.messages = [stop.reason] * len(task.checks)
            return
        mark.messages[stop.stage] = stop.reason
        todo = [number for number in todo if number > stop.stage]
        stop = None


def _process(job, limits, marks, holds):
    """Run one process and write down what it tells; return where it ended too early, or None."""
    exercises = [{**vars(task), "todo": todo} for task, todo in job]
    with Process({"exercises": exercises, "gigabytes": limits.gigabytes}, limits) as process:
        for event in process.events():
            if "holds" in event:
                holds += event["holds"]
            elif "seconds" in event:
                _note(marks[event["ends"]], event)
            elif "reason" in event:
                if event["stage"] is None:
                    raise RuntimeError(f"a process {event['reason']} before it ran anything")
                return _Stop(event["ends"], event["stage"], event["reason"])
    return None


def _note(mark, event):
    mark.seconds = max(mark.seconds, event["seconds"])
    if event["stage"] == "answer":
        mark.stopped, mark.printed = event["message"], event["printed"]
    else:
        mark.messages[event["stage"]] = event["message"]
