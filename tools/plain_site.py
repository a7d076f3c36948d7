"""Build the site without Jupyter Book, by the newest Sphinx alone.

Jupyter Book 1 gets no more than bug fixes and holds Sphinx back. It can write its settings as a
conf.py, from which Sphinx builds the same pages without it. `make newest` keeps this way out open.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tools.environments import ROOT

__all__ = ["PACKAGES", "build"]

# What conf.py names besides the book's own extension, none of it held back by Jupyter Book.
PACKAGES = [
    *["sphinx", "sphinx-book-theme", "sphinx-external-toc", "sphinx-multitoc-numbering"],
    *["myst-nb", "sphinx-design", "sphinx-exercise", "sphinx-proof", "sphinxcontrib-bibtex"],
    *["sphinx-copybutton", "sphinx-togglebutton", "sphinx-thebe", "sphinx-comments"],
    *["sphinx-jupyterbook-latex", "sphinx-mathjax-offline", "beautifulsoup4"],
]
# Sphinx looks for these beside conf.py.
BESIDE = ("_config.yml", "_toc.yml", "references.bib")


def configure(python: str, folder: Path) -> None:
    """Write conf.py as Jupyter Book has it, less its own extension."""
    shutil.copytree(ROOT / "_static", folder / "_static")
    for name in BESIDE:
        shutil.copy(ROOT / name, folder)
    write = "from jupyter_book.cli.main import main; main()"
    subprocess.run([python, "-c", write, "config", "sphinx", str(folder)], check=True)
    settings = (folder / "conf.py").read_text(encoding="utf-8")
    if "'jupyter_book', " not in settings:
        raise ValueError(f"expected the extension 'jupyter_book' in {folder / 'conf.py'}")
    settings = settings.replace("'jupyter_book', ", "")
    (folder / "conf.py").write_text(settings, encoding="utf-8")


def build(book_python: str, plain_python: str, folder: Path) -> int:
    """Build the site into `folder / "html"` and check it as `make book` does."""
    shutil.rmtree(folder, ignore_errors=True)  # Sphinx would keep listings of an earlier build
    configure(book_python, folder)
    sphinx = [plain_python, "-m", "sphinx", "-c", folder, "-d", folder / "doctrees", "--quiet"]
    strict = ["--fail-on-warning", "--keep-going", "--nitpicky"]
    settings = {"PYTHONPATH": str(ROOT / "tools"), "JAX_PLATFORMS": "cpu", "BOOK_REPO_URL": ""}
    command = [*sphinx, *strict, ROOT, folder / "html"]
    built = subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False)
    check = [plain_python, "-m", "tools.check_site", folder / "html"]
    checked = subprocess.run(check, cwd=ROOT, check=False)
    return built.returncode or checked.returncode
