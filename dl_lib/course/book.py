"""What a course takes from the book: the exercises of its chapters."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from dl_lib.course._notebooks import parse
from dl_lib.course._running import Bench

__all__ = ["ROLES", "Chapter", "Exercise", "chapter_path", "exercises", "import_source"]
__all__ += ["read_chapter", "sub_answers"]

ROLES = ("exercise", "solution", "check")
START = re.compile(r":::\{exercise-start\} (.*)\n:label: (\S+)\n(?:.*\n)*?:::\n*((?:.*\n?)*)")


@dataclass
class Exercise:
    """One exercise: its question, its blank, its solution, its checks.

    Args
        label: its name, one in the whole book
        title, question: its text
        metadata: kind, difficulty, points and minutes
        sources: {role: code} of its blank and its solution
        checks: the code of its checks, one for each sub-answer
    Chapter
        reference/teach
    """

    label: str
    title: str = ""
    question: str = ""
    metadata: dict = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)

    @property
    def points(self) -> int:
        """What it is worth."""
        return self.metadata["points"]

    @property
    def blank(self) -> str:
        """The code that a student fills in."""
        return self.sources["exercise"]

    def checked(self, check: str) -> list[str]:
        """Return the names that one of its checks is for."""
        named = re.match(r"# check: \S+ (\w+)", check)
        return [named.group(1)] if named else sub_answers(self.blank)

    def run(self, imports: str, solved: bool) -> list[str]:
        """Return what each check says to the solution, or to the blank, "" where it passes."""
        bench = Bench(imports)
        cells = [self.blank, *([self.sources["solution"]] if solved else [])]
        stopped = bench.answer(self.label, cells)
        if stopped:
            return [stopped] * len(self.checks)
        return [bench.check(c, self.blank, self.checked(c)) for c in self.checks]


@dataclass
class Chapter:
    """What a course needs of one chapter.

    Args
        name: its place in the book, part/chapter
        title: its heading
        setup: the code that makes `dl_lib` importable
        imports: the code that its exercises and their checks begin with
        exercises: in the order of the page
    Chapter
        reference/teach
    """

    name: str
    title: str
    setup: str
    imports: str
    exercises: list[Exercise]


def chapter_path(name: str, folder: Path) -> Path:
    """Return where a chapter is.

    Args
        name: part/chapter
        folder: where the parts of the book are
    Returns
        the path of its notebook
    Raises
        ValueError: if there is no such chapter
    Chapter
        reference/teach
    """
    path = folder / f"{name}.ipynb"
    if not path.is_file():
        known = sorted(f"{p.parent.name}/{p.stem}" for p in folder.glob("*/*.ipynb"))
        raise ValueError(f"{path}: no such chapter; there are {', '.join(known) or 'none'}")
    return path


def read_chapter(name: str, folder: Path) -> Chapter:
    """Read what a course needs of a chapter.

    Args
        name: part/chapter
        folder: where the parts of the book are
    Returns
        the chapter with its exercises
    Raises
        ValueError: if there is no such chapter, or one of its cells is not as it should be
    Chapter
        reference/teach
    """
    path = chapter_path(name, folder)
    try:
        page = {"cells": parse(path.read_bytes())}
        heading = next(c["source"] for c in page["cells"] if c["source"].startswith("# "))
        title = heading.partition("\n")[0].removeprefix("# ")
        setup = next(c["source"] for c in page["cells"] if c["id"] == "setup")
        found = Chapter(name, title, setup, import_source(page), exercises(page))
        for exercise in found.exercises:
            _complete(exercise)
    except StopIteration:
        raise ValueError(f"{path}: a title, and cells with the ids setup and imports") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return found


def _complete(exercise):
    parts = {*exercise.sources, *(["check"] if exercise.checks else [])}
    if parts != set(ROLES) or not isinstance(exercise.metadata.get("points"), int):
        raise ValueError(
            f"exercise {exercise.label}: expected {', '.join(ROLES)} and points in the metadata of "
            f"the first, got {', '.join(sorted(parts))} and {exercise.metadata or 'none'}"
        )


def exercises(notebook: dict) -> list[Exercise]:
    """Return the exercises of a notebook in order.

    Args
        notebook: a page of the book
    Returns
        its exercises, found by the tags and first lines of their cells
    Raises
        ValueError: if the first line of a cell names no exercise, or one that has such a cell
    Chapter
        reference/teach
    """
    found: dict[str, Exercise] = {}
    for cell in notebook["cells"]:
        source = cell["source"]
        if start := START.match(source):
            title, label, question = start.groups()
            found.setdefault(label, Exercise(label, title.strip(), question.strip()))
        for role in sorted(set(cell["metadata"].get("tags", ())) & set(ROLES)):
            first = re.match(rf"# {role}: (\S+)(?: .*)?\n", source)
            if first is None:
                raise ValueError(f"cell {cell['id']}: the first line must be '# {role}: <label>'")
            exercise = found.setdefault(first.group(1), Exercise(first.group(1)))
            if role == "check":
                exercise.checks.append(source)
                continue
            if role in exercise.sources:
                raise ValueError(f"cell {cell['id']}: a second {role} for {exercise.label}")
            exercise.sources[role] = source
            if role == "exercise":
                exercise.metadata = dict(cell["metadata"].get("exercise", {}))
    return list(found.values())


def sub_answers(blank: str) -> list[str]:
    """Return the names that a reader fills in: those that stand for `...`, else all.

    Args
        blank: the code of an exercise
    Returns
        the names, in order
    Chapter
        reference/teach
    """
    every, open_ones = [], []
    for node in ast.parse(blank).body:
        names = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        if isinstance(node, ast.Assign):
            inner = (part for target in node.targets for part in ast.walk(target))
            names = [part.id for part in inner if isinstance(part, ast.Name)]
        every += names
        parts = (part for part in ast.walk(node) if isinstance(part, ast.Constant))
        open_ones += names if any(part.value is Ellipsis for part in parts) else []
    return open_ones or every


def import_source(notebook: dict) -> str:
    """Return the source of the notebook's import cell.

    Args
        notebook: a page of the book
    Returns
        the code of the cell with the id `imports`
    Chapter
        reference/teach
    """
    return next(cell["source"] for cell in notebook["cells"] if cell["id"] == "imports")
