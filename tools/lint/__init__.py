"""The contract of a chapter, checked: `python -m tools.lint [part/chapter ...]`."""

from tools.lint import cells, code, exercises, names, notebook, prose, spelling
from tools.lint.book import lint_labels, lint_times
from tools.notebooks import chapter_paths, name_of, read

__all__ = ["lint", "lint_labels", "lint_times", "main"]


def lint(path) -> list[str]:
    """Return what is wrong with one notebook, a line each."""
    page, name = read(path), name_of(path)
    faults = [
        *notebook.faults(path, page),
        *cells.faults(page),
        *prose.faults(page, name),
        *exercises.faults(page, path.stem),
    ]
    for checks in (notebook, cells, prose, exercises, code, names, spelling):
        faults += checks.whole_faults(page, name)
    return faults


def main(chosen: list[str]) -> int:
    """Print the faults of the named notebooks, or of all and of the book."""
    paths = [path for path in chapter_paths() if not chosen or name_of(path) in chosen]
    faults = [f"{name_of(path)}: {fault}" for path in paths for fault in lint(path)]
    faults += [] if chosen else [*lint_labels(), *lint_times()]
    print("\n".join(faults) or f"{len(paths)} notebooks keep the contract")
    return bool(faults)
