"""The exercises of a notebook, found by the convention of CONTRIBUTING.md."""

import re
from dataclasses import dataclass, field

from tools.notebooks import tags

__all__ = ["Exercise", "exercises", "import_source"]

ROLES = ("exercise", "solution", "check")


@dataclass
class Exercise:
    """One exercise: the code cells of its three roles and the metadata of the first."""

    label: str
    metadata: dict = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def run(self, imports: str, solved: bool) -> None:
        """Run the check on the solution, or on the blank; raises what the check raises."""
        namespace: dict = {}
        exec(imports, namespace)
        exec(self.sources["exercise"], namespace)
        if solved:
            exec(self.sources["solution"], namespace)
        exec(self.sources["check"], namespace)


def exercises(notebook) -> list[Exercise]:
    """Return the exercises of a notebook in order."""
    found: dict[str, Exercise] = {}
    for cell in notebook.cells:
        for role in tags(cell) & set(ROLES):
            first = re.match(rf"# {role}: (\S+)\n", cell.source)
            if first is None:
                raise ValueError(f"cell {cell.id}: the first line must be '# {role}: <label>'")
            exercise = found.setdefault(first.group(1), Exercise(first.group(1)))
            if role in exercise.sources:
                raise ValueError(f"cell {cell.id}: a second {role} for {exercise.label}")
            exercise.sources[role] = cell.source
            if role == "exercise":
                exercise.metadata = dict(cell.metadata.get("exercise", {}))
    return list(found.values())


def import_source(notebook) -> str:
    """Return the source of the notebook's import cell."""
    return next(cell.source for cell in notebook.cells if cell.id == "imports")
