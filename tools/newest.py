"""Run everything on the newest Python and the newest packages: `make newest`.

The lock says what works today; this says what will break tomorrow. It uses the newest Python on the
PATH, or the one that $NEWEST_PYTHON names, and a fresh environment without the lock.
"""

import os
import shutil
import subprocess
import sys

from tools.environments import ROOT, python_of

__all__ = ["main"]

EXTRAS = ".[data,book,lab,test]"
SHOWN = ("jax", "jaxlib", "numpy", "matplotlib", "jupyter-book", "pytest", "nbval")
STAGES = {
    "unit tests": ["tests", "--ignore=tests/site", "-n", "2", "--dist", "loadfile", "-q"],
    "notebooks": [
        *["--nbval", "--nbval-sanitize-with=tests/notebooks/sanitize.cfg", "chapters"],
        *["-n", "2", "--dist", "loadfile", "-q", "-W", "ignore"],
    ],
    "site": ["tests/site", "-q"],
}


def newest_python() -> str:
    """Return the newest interpreter that can be found."""
    if chosen := os.environ.get("NEWEST_PYTHON"):
        return chosen
    found = (shutil.which(f"python3.{minor}") for minor in range(20, 10, -1))
    return next((path for path in found if path and works(path)), sys.executable)


def works(python: str) -> bool:
    """Tell whether an interpreter starts at all."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def main() -> int:
    """Make the environment, run all stages, print what was used and how each stage ended."""
    environment = ROOT / "_build" / "newest"
    subprocess.run([newest_python(), "-m", "venv", "--clear", environment], check=True)
    python = python_of(environment)
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--upgrade", "--editable", EXTRAS], cwd=ROOT, check=True)
    print(subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout)
    versions = f"from importlib.metadata import version as v; [print(p, v(p)) for p in {SHOWN}]"
    subprocess.run([python, "-c", versions], check=True)
    results = {}
    for stage, arguments in STAGES.items():
        done = subprocess.run([python, "-m", "pytest", *arguments], cwd=ROOT, check=False)
        results[stage] = done.returncode
    for stage, code in results.items():
        print(f"{stage}: {'passed' if code == 0 else f'failed (exit {code})'}")
    return max(results.values())


if __name__ == "__main__":
    sys.exit(main())
