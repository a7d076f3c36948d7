"""Assignments: the exercises of some chapters as a notebook for students, without solutions."""

import re
from dataclasses import dataclass
from pathlib import Path

from dl_lib.course import _notebooks
from dl_lib.course._markup import without_links
from dl_lib.course.book import Chapter, Exercise, read_chapter

__all__ = ["Slot", "check_of", "sheet_name", "slots", "write_sheet"]

HEAD = """\
# {title}

{due}

| | exercise | points | minutes |
|---|---|---|---|
{rows}
| | **together** | **{points}** | **{minutes}** |

Write your answers into the cells that begin with `# exercise:` and leave that line as it is. \
The cell below each checks your answer: run it; if it stops, its last line says what is wrong. \
Run the next two cells of code first. Add cells where you like; a check sees what stands above \
it. Only the checks of the course count, so there is no use in changing those here."""

INSTALL = """\
import importlib.util

if importlib.util.find_spec("dl_lib") is None:
    %pip install -q "dl_lib[data] @ {address}"
"""
GUARD = "from dl_lib.course import answered"


@dataclass
class Slot:
    """A place on a sheet.

    Args
        role: title, setup, imports, question, exercise or check
        label: of the exercise, "" where the place belongs to none
        cell: what stands there
    Chapter
        reference/teach
    """

    role: str
    label: str
    cell: dict


def sheet_name(names: list[str]) -> str:
    """Return the file name of the sheet of some chapters.

    Args
        names: each part/chapter
    Returns
        the names of the chapters, joined
    Chapter
        reference/teach
    """
    return "-".join(name.rpartition("/")[2] for name in names)


def slots(chapters: list[Chapter], due: str = "", title: str = "", install: str = "") -> list[Slot]:
    """Return the places of a sheet in order.

    Args
        chapters: where its exercises come from
        due: when and where it is to be handed in, in words
        title: its heading; by default those of the chapters
        install: what pip installs the library from; by default as the chapter does
    Returns
        title, setup, and for each chapter its imports and its exercises
    Chapter
        reference/teach
    """
    every = [exercise for chapter in chapters for exercise in chapter.exercises]
    rows = [
        f"| {number} | {exercise.title} | {exercise.points} | {exercise.metadata['minutes']} |"
        for number, exercise in enumerate(every, 1)
    ]
    head = HEAD.format(
        title=title or ", ".join(chapter.title for chapter in chapters),
        due=f"**{due}**" if due else "",
        rows="\n".join(rows),
        points=sum(exercise.points for exercise in every),
        minutes=sum(exercise.metadata["minutes"] for exercise in every),
    )
    setup = INSTALL.format(address=install) if install else chapters[0].setup + "\n"
    found = [
        Slot("title", "", _notebooks.markdown("sheet", re.sub(r"\n{3,}", "\n\n", head))),
        Slot("setup", "", _notebooks.code("setup", f"{setup}\n{GUARD}")),
    ]
    number = 0
    for chapter in chapters:
        name = f"imports-{sheet_name([chapter.name])}"
        if len(chapters) > 1:
            heading = _notebooks.markdown(f"title-{name}"[:64], f"## {chapter.title}")
            found.append(Slot("title", "", heading))
        found.append(Slot("imports", "", _notebooks.code(name[:64], chapter.imports)))
        for exercise in chapter.exercises:
            number += 1
            found += _places(exercise, number)
    return found


def _places(exercise, number):
    label, worth = exercise.label, exercise.points
    heading = f"### {number}. {exercise.title} ({worth} point{'s' * (worth != 1)})"
    question = _notebooks.markdown(
        f"{label}-question", f"{heading}\n\n{without_links(exercise.question)}"
    )
    yield Slot("question", label, question)
    yield Slot("exercise", label, _notebooks.code(label, exercise.blank))
    for place, check in enumerate(exercise.checks, 1):
        source = f"{check_of(exercise, check)}\nprint('✓ right')"
        yield Slot("check", label, _notebooks.code(f"{label}-check-{place}", source, folded=True))


def check_of(exercise: Exercise, check: str) -> str:
    """Return a check that says of a blank that it is one.

    Args
        exercise: whose check it is
        check: its code in the book
    Returns
        the code, on a sheet and in grading
    Chapter
        reference/teach
    """
    first, _, rest = check.partition("\n")
    names = ", ".join(f"{name}={name}" for name in exercise.checked(check))
    return f"{first}\nanswered({names})\n{rest.rstrip()}"


def write_sheet(
    names: list[str],
    to: Path,
    *,
    due: str = "",
    title: str = "",
    install: str = "",
    folder: Path = Path("chapters"),
) -> Path:
    """Write the student's notebook of some chapters' exercises.

    Args
        names: the chapters, each part/chapter
        to: the folder for the notebook
        due: when and where it is to be handed in, in words
        title: its heading; by default those of the chapters
        install: what pip installs the library from; by default as the chapters do
        folder: where the parts of the book are
    Returns
        the path of the notebook
    Raises
        ValueError: if a chapter is missing, or has cells that are not as they should be
    Chapter
        reference/teach
    """
    chapters = [read_chapter(name, folder) for name in names]
    cells = [slot.cell for slot in slots(chapters, due, title, install)]
    path = to / f"{sheet_name(names)}.ipynb"
    to.mkdir(parents=True, exist_ok=True)
    path.write_text(_notebooks.text_of(_notebooks.notebook(cells)), encoding="utf-8")
    return path
