"""Run the tests at the ends of the ranges in pyproject.toml: `make newest`, `make oldest`.

The lock says what works today. The newest releases say what will break tomorrow, the oldest ones
whether a reader who has them already may keep them. Each run has a fresh environment, on the newest
Python on the PATH (newest) or the one that runs this (oldest), or on what $RANGES_PYTHON names.
"""

import os
import shutil
import subprocess
import sys

from tools import plain_site
from tools.environments import ROOT, python_of

__all__ = ["main"]

INSTALLS = {
    "newest": ["--upgrade", "--editable", ".[data,book,lab,test]"],
    # The site is built by its maintainers, so an old release of what builds it helps nobody.
    "oldest": ["--resolution", "lowest-direct", "--editable", ".[data,test]"],
    "plain": ["--upgrade", "--editable", ".[data]", *plain_site.PACKAGES],
}
SHOWN = ("jax", "jaxlib", "numpy", "matplotlib", "pytest", "nbval", "sphinx", "myst-nb")
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
    found = (shutil.which(f"python3.{minor}") for minor in range(20, 10, -1))
    return next((path for path in found if path and works(path)), sys.executable)


def works(python: str) -> bool:
    """Tell whether an interpreter starts at all."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def make_environment(python: str, name: str) -> str:
    """Make a fresh environment under _build, print what is in it, return its interpreter."""
    environment = ROOT / "_build" / name
    subprocess.run([python, "-m", "venv", "--clear", environment], check=True)
    python = python_of(environment)
    # uv, because pip cannot look for the lowest versions.
    subprocess.run([python, "-m", "pip", "--quiet", "install", "uv"], check=True)
    uv = [python, "-m", "uv", "pip"]
    subprocess.run(
        [*uv, "install", "--quiet", "--python", python, *INSTALLS[name]], cwd=ROOT, check=True
    )
    print(subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout)
    packages = subprocess.run(
        [*uv, "freeze", "--python", python], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    print(*(line for line in packages if line.partition("==")[0] in SHOWN), sep="\n", flush=True)
    return python


def main(end: str) -> int:
    """Make the environment, run the stages, print what was used and how each stage ended."""
    base = os.environ.get("RANGES_PYTHON")
    base = base or (newest_python() if end == "newest" else sys.executable)
    python = make_environment(base, end)
    results = {}
    for stage, arguments in STAGES.items():
        if stage == "site" and end == "oldest":
            continue
        # As readers run it: which shortcuts a version of XLA knows, only the locked one is asked.
        environment = os.environ | {"DL_LIB_OPTIMIZED": "1"}
        command = [python, "-m", "pytest", *arguments]
        done = subprocess.run(command, cwd=ROOT, check=False, env=environment)
        results[stage] = done.returncode
    if end == "newest":
        plain = make_environment(base, "plain")
        results["site by plain Sphinx"] = plain_site.build(
            python, plain, ROOT / "_build/plain_site"
        )
    for stage, code in results.items():
        print(f"{stage}: {'passed' if code == 0 else f'failed (exit {code})'}")
    return max(results.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
