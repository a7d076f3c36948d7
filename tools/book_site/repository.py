"""Source, issue and Colab buttons, for a book whose public address is known."""

import os
from urllib.parse import urlparse

from tools.notebooks import repository_url

__all__ = ["setup"]


def _switch_on_buttons(app, config):
    url = repository_url(app.srcdir)
    if not url:
        return
    host = urlparse(url).hostname
    known = [provider for provider in ("github", "gitlab", "bitbucket") if provider in host]
    config.html_theme_options.update(
        repository_url=url,
        repository_provider=known[0] if known else "github",  # most hosts use GitHub's paths
        repository_branch=os.environ.get("BOOK_REPO_BRANCH", "main"),
        use_repository_button=True,
        use_issues_button=True,
        use_source_button=True,
    )
    if host == "github.com":  # Colab opens notebooks from there and from nowhere else
        config.html_theme_options["launch_buttons"] = {
            "notebook_interface": "jupyterlab",
            "colab_url": "https://colab.research.google.com",
        }


def setup(app):
    """Decide about the buttons once the configuration is read."""
    app.connect("config-inited", _switch_on_buttons, priority=1)
