"""Source, issue and Colab buttons, for a book whose public address is known."""

import os
import subprocess

__all__ = ["repository_url", "setup"]


def repository_url(root):
    """The public https address of the repository, or "" where there is none.

    BOOK_REPO_URL decides; without it the git remote does, if it is an https address. A remote that
    is a path or an ssh address would put something private or dead on every page.
    """
    url = os.environ.get("BOOK_REPO_URL")
    if url is None:
        command = ["git", "-C", str(root), "remote", "get-url", "origin"]
        try:
            url = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        except OSError:  # no git on this machine
            url = ""
    url = url.strip().removesuffix(".git").rstrip("/")
    # An address may carry a name and a password: those never reach a page.
    return url if url.startswith("https://") and "@" not in url else ""


def _switch_on_buttons(app, config):
    url = repository_url(app.srcdir)
    if not url:
        return
    config.html_theme_options.update(
        repository_url=url,
        repository_branch=os.environ.get("BOOK_REPO_BRANCH", "main"),
        use_repository_button=True,
        use_issues_button=True,
        use_source_button=True,
        launch_buttons={
            "notebook_interface": "jupyterlab",
            "colab_url": "https://colab.research.google.com",
        },
    )


def setup(app):
    """Decide about the buttons once the configuration is read."""
    app.connect("config-inited", _switch_on_buttons, priority=1)
