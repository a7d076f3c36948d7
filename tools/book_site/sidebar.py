"""Give the arrows of the sidebar a name: the theme leaves them mute for a screen reader."""

from bs4 import BeautifulSoup

__all__ = ["setup"]


def _name_arrows(html):
    """Each arrow opens and closes the list under the link that stands before it."""
    soup = html if isinstance(html, BeautifulSoup) else BeautifulSoup(str(html), "html.parser")
    for summary in soup.find_all("summary"):
        link = summary.find_parent("li").find("a")
        summary["aria-label"] = f"Chapters of {link.get_text(strip=True)}"
    return soup


def _wrap(app, pagename, templatename, context, doctree):
    generate = context.get("generate_toctree_html")
    if generate:
        context["generate_toctree_html"] = lambda *args, **kwargs: _name_arrows(
            generate(*args, **kwargs)
        )


def setup(app):
    """Wrap the theme's function once it is in the context."""
    app.connect("html-page-context", _wrap, priority=950)
