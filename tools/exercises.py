"""The exercises of a notebook, found by the convention of CONTRIBUTING.md."""

import ast
import re
from dataclasses import dataclass, field

from tools.notebooks import tags

__all__ = ["ROLES", "Exercise", "exercises", "import_source", "sub_answers"]

ROLES = ("exercise", "solution", "check")


@dataclass
class Exercise:
    """One exercise: its blank, its solution, its checks, and the metadata of the blank."""

    label: str
    metadata: dict = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)

    def run(self, imports: str, solved: bool) -> list[Exception | None]:
        """Return what each check raises on the solution, or on the blank, None where it passes."""
        namespace: dict = {}
        exec(imports, namespace)
        exec(self.sources["exercise"], namespace)
        if solved:
            exec(self.sources["solution"], namespace)
        outcomes = []
        for check in self.checks:
            try:
                exec(check, dict(namespace))  # what one check defines, the next does not see
            except Exception as error:
                outcomes.append(error)
            else:
                outcomes.append(None)
        return outcomes


def exercises(notebook) -> list[Exercise]:
    """Return the exercises of a notebook in order."""
    found: dict[str, Exercise] = {}
    for cell in notebook.cells:
        for role in tags(cell) & set(ROLES):
            first = re.match(rf"# {role}: (\S+)(?: .*)?\n", cell.source)
            if first is None:
                raise ValueError(f"cell {cell.id}: the first line must be '# {role}: <label>'")
            exercise = found.setdefault(first.group(1), Exercise(first.group(1)))
            if role == "check":
                exercise.checks.append(cell.source)
                continue
            if role in exercise.sources:
                raise ValueError(f"cell {cell.id}: a second {role} for {exercise.label}")
            exercise.sources[role] = cell.source
            if role == "exercise":
                exercise.metadata = dict(cell.metadata.get("exercise", {}))
    return list(found.values())


def sub_answers(blank: str) -> list[str]:
    """Return the names that a reader fills in: those that stand for `...`, else all."""
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


def import_source(notebook) -> str:
    """Return the source of the notebook's import cell."""
    return next(cell.source for cell in notebook.cells if cell.id == "imports")
