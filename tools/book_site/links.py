"""Roles and anchors that tie pages together: chapters, atlas rows and notebook cells."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxRole

__all__ = ["ChapterRole", "HomeRole", "setup"]


class BookLink(nodes.inline):
    """A link that is settled when all pages are known: text, if there is no page yet."""


class ChapterRole(SphinxRole):
    """:chapter:`part/chapter` links the chapter under its title, or as :chapter:`words <...>`."""

    def run(self):
        """Leave a node that the transform below settles."""
        words, _, target = self.text.rpartition(" <")
        target = target.removesuffix(">") if words else self.text
        return [BookLink(self.text, kind="chapter", target=target, words=words)], []


class HomeRole(SphinxRole):
    """:home:`row` links the paragraph that carries the target `(row)=`."""

    def run(self):
        """Leave a node that the transform below settles."""
        return [BookLink(self.text, kind="home", target=self.text)], []


class SettleBookLinks(SphinxPostTransform):
    """Replace every BookLink by a reference or by text."""

    default_priority = 5

    def run(self, **kwargs):
        """Look each target up among the pages and labels of this build."""
        for node in list(self.document.findall(BookLink)):
            found = self._chapter(node) if node["kind"] == "chapter" else self._home(node)
            node.replace_self(found)

    def _reference(self, docname, anchor, text):
        uri = self.app.builder.get_relative_uri(self.env.docname, docname)
        link = nodes.reference("", "", internal=True, refuri=uri + ("#" + anchor if anchor else ""))
        link += nodes.inline(text, text, classes=["std", "std-ref"])
        return link

    def _chapter(self, node):
        docname = node["target"]
        if docname not in self.env.all_docs:
            docname = f"chapters/{docname}"
        words = node.get("words")
        if docname in self.env.all_docs:
            return self._reference(docname, "", words or self.env.titles[docname].astext())
        return nodes.inline("", words or node["target"], classes=["to-come"])

    def _home(self, node):
        labels = self.env.get_domain("std").anonlabels
        docname, anchor = labels.get(node["target"].lower(), ("", ""))
        if not docname:
            return nodes.inline("", "")
        title = self.env.titles[docname].astext()
        paragraph = nodes.inline("", "", nodes.Text("→ "), classes=["glossary-home"])
        paragraph += self._reference(docname, anchor, title)
        return paragraph


def _notebook_cells(app, docname):
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb":
        return []
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def _add_anchors(app, doctree):
    """Give each code cell the anchor of its id, and let file links reach explicit targets."""
    cells = _notebook_cells(app, app.env.docname)
    for node in doctree.findall(nodes.container):
        index = node.get("cell_index")
        if index is not None and index < len(cells) and "id" in cells[index]:
            node["ids"].append("cell-" + cells[index]["id"])
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for name, explicit in doctree.nametypes.items():
        anchor = doctree.nameids.get(name)
        if explicit and anchor:
            slugs.setdefault(name, (0, anchor, name))


def setup(app):
    """Register the roles, the transform and the anchors."""
    app.add_node(BookLink)
    app.add_role("chapter", ChapterRole())
    app.add_role("home", HomeRole())
    app.add_post_transform(SettleBookLinks)
    app.connect("doctree-read", _add_anchors)
