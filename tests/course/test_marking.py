"""Students' code runs apart: whatever it does, each exercise gets the points that it deserves."""

import sys
import threading
import time

import pytest

from dl_lib.course._marking import Limits, Task, mark
from dl_lib.course._running import LONGEST_MESSAGE, Bench
from dl_lib.course._worker import main as worker
from dl_lib.course.sheet import check_of
from tests.course.small import RIGHT, chapter_of

assert worker  # runs in processes of its own


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    return chapter_of(tmp_path_factory.mktemp("parts"))


def outcome(chapter, label, *cells, before=()):
    """What the answer and each check say, in this process."""
    exercise = next(e for e in chapter.exercises if e.label == label)
    bench = Bench(chapter.imports)
    for earlier in before:
        bench.answer("earlier", [earlier])
    stopped = bench.answer(label, list(cells))
    return stopped, [
        bench.check(check_of(exercise, c), exercise.blank, exercise.checked(c))
        for c in exercise.checks
    ]


OPEN = "is still open: write your answer in place of the ..."
FAULTS = {
    "right": (RIGHT["small-1"], "", ""),
    "blank": ("root = ...", "", f"root {OPEN}"),
    "wrong": ("root = 1", "", "its square is not 2"),
    "no code": ("# nothing", "", "root is not defined"),
    "does not parse": ("root = (", "line 1: does not parse: ", "root is not defined"),
    "raises": ("x = 1\nroot = 1 / 0", "line 2: ZeroDivisionError: division", "root is not defined"),
    "raises later": ("root = 2**0.5\nx = 1 / 0", "line 2: ZeroDivisionError: division by zero", ""),
    "exits": ("import sys\nroot = 2**0.5\nsys.exit()", "it ends the interpreter", ""),
    "quits": ("quit()", "it ends the interpreter", "root is not defined"),
    "interrupts": ("raise KeyboardInterrupt", "line 1: KeyboardInterrupt", "root is not defined"),
    "magic": ("%matplotlib inline\n!ls\nmath.sqrt?\nroot = 2**0.5", "", ""),
    "redefines what is lent": ("math = None\nroot = 2**0.5", "", ""),
    "edits what is lent": ("math.isclose = lambda *_: True\nroot = 3", "", "its square is not 2"),
    "edits Python": ("import builtins\nbuiltins.len = None\nroot = 2**0.5", "", ""),
    "a strange type": ("root = 'two'", "", "TypeError: unsupported operand type"),
    "cannot be shown": (
        "class Odd(Exception):\n    def __str__(self):\n        raise self\nraise Odd",
        "line 4: Odd: (its message cannot be read)",
        "root is not defined",
    ),
    "too long a message": ("raise ValueError('x' * 10**6)", "line 1: ValueError: xxx", "root"),
}


@pytest.mark.parametrize(("source", "stopped", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named(chapter, source, stopped, message):
    said, (check,) = outcome(chapter, "small-1", source)
    assert said.startswith(stopped) and bool(said) == bool(stopped)
    assert check.startswith(message) and bool(check) == bool(message)
    assert len(said) <= LONGEST_MESSAGE


def test_each_sub_answer_counts_for_itself(chapter):
    source = "def double(x): ...\n\n\nGIVEN = 3\nthird = GIVEN / 3"
    stopped, (double, third) = outcome(chapter, "small-2", source)
    assert (stopped, double) == ("", f"double {OPEN}")
    assert third == "three of it are not GIVEN"  # GIVEN is the book's


def test_an_answer_may_use_an_earlier_one_but_not_spoil_the_next(chapter):
    earlier = "half = 0.5\nmath = None"
    assert outcome(chapter, "small-1", "root = 2**half", before=[earlier]) == ("", [""])
    assert outcome(chapter, "small-1", RIGHT["small-1"], before=[earlier]) == ("", [""])


def test_all_cells_of_an_answer_run(chapter):
    assert outcome(chapter, "small-1", "x = 1 / 0", "y = 2", "root = y**0.5") == (
        "line 1: ZeroDivisionError: division by zero",
        [""],
    )


def tasks(chapter, **cells):
    cells = RIGHT | {label.replace("_", "-"): source for label, source in cells.items()}
    return [
        Task(
            e.label,
            chapter.imports,
            e.blank,
            [(check_of(e, check), e.checked(check)) for check in e.checks],
            [cells[e.label]],
        )
        for e in chapter.exercises
    ]


def messages(marks):
    return [message for found in marks.values() for message in found.messages]


def test_a_process_that_crashes_takes_no_other_exercise_with_it(chapter):
    # The first leaves a trap for the second, which is not to blame; the third uses the first.
    trap = "import os\nroot = 2**0.5\nforty = 40\nos._real, os.getpid = os._exit, os.getpid\n"
    trap += "time.sleep = lambda _: os._exit(3)"
    job = tasks(chapter, small_1=trap, small_2=RIGHT["small-2"] + "\nimport os\nos._exit(3)")
    job[2].cells = ["answer = forty + 2"]
    marks, _ = mark(job, Limits(seconds=20.0))
    reason = "it ended its own process (exit status 3)"
    assert messages(marks) == ["", reason, reason, ""]
    assert marks["small-2"].stopped == reason


def test_what_an_earlier_answer_broke_is_tried_again_alone(chapter):
    poison = "root = 2**0.5\nimport os, threading\n"
    poison += "threading.Timer(0.3, lambda: os._exit(4)).start()"
    slow = "time.sleep(0.6)\n" + RIGHT["small-3"]
    marks, _ = mark(tasks(chapter, small_1=poison, small_3=slow), Limits(seconds=20.0))
    assert messages(marks) == [""] * 4


def test_what_never_ends_is_ended_check_by_check(chapter):
    endless = "def double(x):\n    while True:\n        pass\n\n\nthird = 7 / 3"
    begun = time.monotonic()
    marks, _ = mark(tasks(chapter, small_2=endless), Limits(seconds=2.0))
    assert messages(marks) == ["", "it did not end within 2 seconds", "", ""]
    assert time.monotonic() - begun < 60


@pytest.mark.skipif(sys.platform != "linux", reason="no such limits on this system")
def test_memory_network_files_and_prints_are_limited(chapter):
    full = "root = 2**0.5\nhoard = []\nwhile True:\n    hoard.append(bytearray(10**7))"
    loud = "import sys\nfor _ in range(100):\n    print('x' * 10**6)\n    sys.stderr.write('y')\n"
    alone = "import socket, urllib.request\n"
    alone += "answer = 42\nurllib.request.urlopen('http://192.0.2.1', timeout=5)"
    job = tasks(chapter, small_1=full, small_2=loud + RIGHT["small-2"], small_3=alone)
    marks, holds = mark(job, Limits(seconds=20.0, gigabytes=0.5))
    assert messages(marks) == [""] * 4
    assert marks["small-1"].stopped == "it needs more memory than it may take"
    assert marks["small-2"].printed.endswith("x\n… 100,000,200 bytes in all")
    assert len(marks["small-2"].printed) < 5000
    assert "URLError" in marks["small-3"].stopped
    assert "memory" in holds


def test_nothing_of_the_environment_or_the_terminal_is_there(chapter, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    source = "import os\nassert 'SECRET_TOKEN' not in os.environ\nroot = 2**0.5\ninput()"
    marks, _ = mark(tasks(chapter, small_1=source)[:1], Limits(seconds=20.0))
    assert messages(marks) == [""]
    assert marks["small-1"].stopped == "line 4: EOFError: EOF when reading a line"


def test_imports_that_do_not_run_are_no_students_fault(chapter):
    job = tasks(chapter)[:1]
    job[0].imports = "import no_such_package"
    with pytest.raises(RuntimeError, match="before it ran anything"):
        mark(job, Limits(seconds=5.0))


def test_marking_can_be_stopped(chapter):
    limits = Limits(seconds=60.0)
    threading.Timer(1.0, limits.canceled.set).start()
    with pytest.raises(KeyboardInterrupt):
        mark(tasks(chapter, small_1="while True: pass"), limits)
