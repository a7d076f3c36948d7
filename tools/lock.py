"""Renew requirements.txt from the ranges in pyproject.toml: `make lock`.

The lock holds for every platform and for Python 3.11 to 3.14. It is made by uv in an environment
that is thrown away, because nothing else in the project needs uv.
"""

import subprocess
import tempfile
import venv
from pathlib import Path

from tools.environments import ROOT, python_of

__all__ = ["main"]

HEAD = """\
# The lock, made by `make lock` from the ranges in pyproject.toml. Do not edit by hand.
"""
COMPILE = "pip compile --quiet --universal --all-extras --no-annotate --no-header --upgrade"


def main() -> None:
    """Resolve all extras together and write the lock."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = python_of(Path(folder))
        subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
        done = subprocess.run(
            [python, "-m", "uv", *COMPILE.split(), "--python-version", "3.11", "pyproject.toml"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    (ROOT / "requirements.txt").write_text(HEAD + done.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
