"""Where the book stands and which Python runs in an environment; needs nothing but Python."""

import sys
from pathlib import Path

__all__ = ["ROOT", "python_of"]

ROOT = Path(__file__).resolve().parent.parent


def python_of(environment: Path) -> str:
    """Return the interpreter of a virtual environment."""
    folder = "Scripts" if sys.platform == "win32" else "bin"
    return str(environment / folder / "python")
