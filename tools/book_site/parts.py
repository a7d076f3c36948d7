"""The twenty parts as cards, and the chapters of one part as a list."""

import csv
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .chapter_card import run_time, timings

__all__ = ["PartsDirective", "load_parts", "setup"]


class PartsNode(nodes.General, nodes.Element):
    """Stands for the cards until the titles of all pages are known."""


def load_parts(root):
    """The rows of chapters/parts.csv, in the order of the book."""
    with Path(root, "chapters", "parts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class PartsDirective(SphinxDirective):
    """`{parts}` shows every part, `{parts} name` the chapters of one."""

    optional_arguments = 1

    def run(self):
        """Leave a node that the transform below fills."""
        for name in ("parts.csv", "timings.csv"):
            path = Path(self.env.srcdir, "chapters", name)
            if path.exists():
                self.env.note_dependency(str(path))
        return [PartsNode(part=self.arguments[0] if self.arguments else "")]


class FillParts(SphinxPostTransform):
    """Replace the node by cards made of what this build contains."""

    default_priority = 5

    def run(self, **kwargs):
        """Fill each node of the page."""
        for node in list(self.document.findall(PartsNode)):
            node.replace_self(self._chapters(node["part"]) if node["part"] else self._parts())

    def _chapter_names(self, folder):
        """Chapters of a part in reading order, as the table of contents has them."""
        index = f"chapters/{folder}/index"
        return list(self.env.toctree_includes.get(index, []))

    def _link(self, docname, text, name=""):
        uri = self.app.builder.get_relative_uri(self.env.docname, docname)
        link = nodes.reference("", "", internal=True, refuri=uri, classes=[name] if name else [])
        link += nodes.inline(text, text)
        return link

    def _parts(self):
        grid = nodes.bullet_list(classes=["part-cards"])
        for number, part in enumerate(load_parts(self.env.srcdir), start=1):
            grid += self._part(number, part)
        return grid

    def _part(self, number, part):
        index = f"chapters/{part['folder']}/index"
        here = index in self.env.all_docs
        count = len(self._chapter_names(part["folder"]))
        item = nodes.list_item(classes=["part-card", "here" if here else "coming"])
        title = nodes.paragraph(classes=["part-title"])
        title += nodes.inline(str(number), str(number), classes=["part-number"])
        title += self._link(index, part["title"]) if here else nodes.Text(part["title"])
        written = f"{count} chapters" if count else "in preparation"
        status = written if here else "not yet written"
        item += title
        item += nodes.paragraph(part["promise"], part["promise"])
        item += nodes.paragraph(status, status, classes=["part-status"])
        return item

    def _chapters(self, folder):
        seconds = timings(self.env.srcdir)
        items = nodes.bullet_list(classes=["chapter-list"])
        for docname in self._chapter_names(folder):
            line = nodes.paragraph("", "", self._link(docname, self.env.titles[docname].astext()))
            name = docname.removeprefix("chapters/")
            if name in seconds:
                text = f"runs in {run_time(seconds[name])}"
                line += nodes.inline(text, text, classes=["chapter-time"])
            items += nodes.list_item("", line)
        return items


def setup(app):
    """Register the directive and the transform that fills it."""
    app.add_node(PartsNode)
    app.add_directive("parts", PartsDirective)
    app.add_post_transform(FillParts)
