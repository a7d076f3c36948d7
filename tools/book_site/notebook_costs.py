"""What running each notebook takes, made from chapters/timings.csv."""

from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .chapter_card import costs
from .parts import load_parts

__all__ = ["NotebookCostsDirective", "setup"]


class NotebookCostsNode(nodes.General, nodes.Element):
    """Stands for the table until the titles of all pages are known."""


class NotebookCostsDirective(SphinxDirective):
    """`{notebook-costs}` shows the time and the memory of every notebook."""

    def run(self):
        """Leave a node that the transform below fills."""
        self.env.note_dependency(str(Path(self.env.srcdir, "chapters", "timings.csv")))
        self.env.note_reread()  # titles may have changed
        return [NotebookCostsNode()]


class FillNotebookCosts(SphinxPostTransform):
    """Replace the node by a table in the order of the book."""

    default_priority = 4  # before the links are settled

    def run(self, **kwargs):
        """Fill each node of the page."""
        for node in list(self.document.findall(NotebookCostsNode)):
            known = costs(self.env.srcdir)
            names = [
                docname.removeprefix("chapters/")
                for part in load_parts(self.env.srcdir)
                for docname in self.env.toctree_includes.get(f"chapters/{part['folder']}/index", [])
            ]
            node.replace_self(self._table([name for name in names if name in known], known))

    def _table(self, names, known):
        group, body = nodes.tgroup(cols=3), nodes.tbody()
        group += [nodes.colspec(colwidth=width) for width in (3, 1, 1)]
        head = _row(*([nodes.Text(text)] for text in ("Notebook", "CPU seconds", "Peak memory")))
        for name in names:
            seconds, peak = known[name]
            memory = f"{peak:,.0f} MB" if peak else "–"
            body += _row([self._link(name)], [nodes.Text(f"{seconds:.1f}")], [nodes.Text(memory)])
        total = sum(known[name][0] for name in names)
        body += _row(
            [nodes.Text(f"all {len(names)}")], [nodes.Text(f"{total:.0f}")], [nodes.Text("–")]
        )
        group += [nodes.thead("", head), body]
        return nodes.table("", group, classes=["plan"])

    def _link(self, name):
        docname = f"chapters/{name}"
        uri = self.app.builder.get_relative_uri(self.env.docname, docname)
        link = nodes.reference("", "", internal=True, refuri=uri)
        link += nodes.inline("", self.env.titles[docname].astext())
        return link


def _row(*cells):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def setup(app):
    """Register the directive and the transform that fills it."""
    app.add_node(NotebookCostsNode)
    app.add_directive("notebook-costs", NotebookCostsDirective)
    app.add_post_transform(FillNotebookCosts)
