"""The contract of a chapter, checked: `python -m tools.lint [part/chapter ...]`."""

from tools.lint import cells, code, exercises, names, notebook, prose, spelling
from tools.lint.book import lint_labels, lint_times
from tools.notebooks import chapter_paths, name_of, read

__all__ = ["NOT_YET", "lint", "lint_labels", "lint_times", "main"]

# Chapters that keep the first contract only, until they are brought to the whole one.
NOT_YET = frozenset(
    {
    }
)


def lint(path, whole: bool | None = None) -> list[str]:
    """Return what is wrong with one notebook, a line each.

    The whole contract holds for every chapter that is not in NOT_YET; `whole=True` asks for it of
    those too.
    """
    page, name = read(path), name_of(path)
    faults = [
        *notebook.faults(path, page),
        *cells.faults(page),
        *prose.faults(page, name),
        *exercises.faults(page, path.stem),
    ]
    if whole or (whole is None and name not in NOT_YET):
        for checks in (notebook, cells, prose, exercises, code, names, spelling):
            faults += checks.whole_faults(page, name)
    return faults


def main(arguments: list[str]) -> int:
    """Print the faults of the named notebooks, or of all and of the book."""
    chosen = [name for name in arguments if not name.startswith("-")]
    paths = [path for path in chapter_paths() if not chosen or name_of(path) in chosen]
    whole = True if "--whole" in arguments else None
    faults = [f"{name_of(path)}: {fault}" for path in paths for fault in lint(path, whole)]
    faults += [] if chosen else [*lint_labels(), *lint_times()]
    print("\n".join(faults) or f"{len(paths)} notebooks keep the contract")
    return bool(faults)
