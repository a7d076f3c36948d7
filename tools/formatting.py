"""The code of all chapters is laid out by one program, as wide as the column of a page."""

import subprocess
import sys
from pathlib import Path

from tools.notebooks import CHAPTERS

__all__ = ["format_code", "is_formatted"]

RUFF = [sys.executable, "-m", "ruff", "format", "--quiet", "--config", CHAPTERS / "ruff.toml"]


def format_code(path: Path) -> None:
    """Lay out the code cells of a notebook."""
    subprocess.run([*RUFF, path], check=True)


def is_formatted(path: Path) -> bool:
    """Tell whether `format_code` would change nothing."""
    return subprocess.run([*RUFF, "--check", path], check=False).returncode == 0
