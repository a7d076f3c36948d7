"""The sidebar: quick to draw on hundreds of pages, and its arrows have a name."""

from functools import partial

from bs4 import BeautifulSoup
from sphinx import addnodes

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


def _titles(tocs):
    """The contents of each document without its sections, which the sidebar does not show."""
    titles = {}
    for name, toc in tocs.items():
        titles[name] = toc.deepcopy()
        if not any(titles[name].findall(addnodes.toctree)):
            for item in titles[name].children:
                del item[1:]
    return titles


def _quicken(kept, app, pagename, templatename, context, doctree):
    """Let Sphinx copy titles, not every section of the book for every page.

    Pages of source code, six of seven, differ by how deep they lie and share their drawing.
    """
    draw, env = context["toctree"], app.env
    if "titles" not in kept:
        kept["titles"] = _titles(env.tocs)

    def from_titles(**options):
        whole, env.tocs = env.tocs, kept["titles"]
        try:
            return draw(**options)
        finally:
            env.tocs = whole

    def toctree(**options):
        if not options.get("titles_only"):
            return draw(**options)
        if pagename in env.found_docs:
            return from_titles(**options)
        place = (pagename.count("/"), *sorted(options.items()))
        if place not in kept:
            kept[place] = from_titles(**options)
        return kept[place]

    context["toctree"] = toctree


def setup(app):
    """Come before the theme, which draws at once, and after it."""
    app.connect("html-page-context", partial(_quicken, {}), priority=400)
    app.connect("html-page-context", _wrap, priority=950)
