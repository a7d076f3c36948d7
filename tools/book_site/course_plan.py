"""What a course is planned from: which chapter needs which, and how long each takes.

Both are drawn from the metadata of the notebooks whenever the page is built.
"""

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from dl_lib.course import exercises
from tools.length import minutes
from tools.notebooks import read, tags

from .parts import load_parts

__all__ = ["PrerequisitesDirective", "drawing", "plan_of", "setup"]

ROW, LEFT, WIDTH, WIDEST = 26, 200, 640, 180  # pixels of the drawing
COLUMNS = ("Chapter", "needs", "core", "page", "exercises")


class PlanNode(nodes.General, nodes.Element):
    """Stands for the drawing and the table until the titles of all pages are known."""


class PrerequisitesDirective(SphinxDirective):
    """`{prerequisites}` shows what every chapter needs and how long it takes."""

    def run(self):
        """Leave a node that the transform below fills."""
        self.env.note_reread()  # every chapter may have changed
        return [PlanNode()]


def plan_of(path):
    """What the metadata and the cells of a notebook say to a teacher."""
    page = read(path)
    chapter = page.metadata.get("chapter", {})
    every = [exercise.metadata for exercise in exercises(page)]
    return {
        "needs": chapter.get("prerequisites", []),
        "core": minutes([cell for cell in page.cells if "core" in tags(cell)]),
        "page": chapter.get("minutes", 0),
        "exercises": sum(found.get("minutes", 0) for found in every),
    }


def drawing(titles, plans):
    """An arc from each chapter, a row each, up to every chapter that it needs."""
    names = list(titles)
    middle = {name: ROW * place + ROW // 2 for place, name in enumerate(names)}
    lines = []
    for name in names:
        for need in (need for need in plans[name]["needs"] if need in middle):
            start, end = middle[need], middle[name]
            reach = LEFT - min(WIDEST, 10 + abs(end - start) * 0.6)
            path = f"M{LEFT} {start}C{reach:.0f} {start} {reach:.0f} {end} {LEFT} {end}"
            words = escape(f"{titles[name]} needs {titles[need]}")
            lines.append(f'<path d="{path}"><title>{words}</title></path>')
    for name, title in titles.items():
        lines.append(f'<circle cx="{LEFT}" cy="{middle[name]}" r="4"/>')
        lines.append(f'<text x="{LEFT + 14}" y="{middle[name] + 5}">{escape(title)}</text>')
    size = f'viewBox="0 0 {WIDTH} {ROW * len(names)}"'
    label = "An arc leads from each chapter up to those it needs; the table below lists the same"
    inside = "\n".join(lines)
    return f'<svg class="prerequisites" role="img" aria-label="{label}" {size}>\n{inside}\n</svg>'


class FillPlan(SphinxPostTransform):
    """Replace the node by what this build contains."""

    default_priority = 4  # before the links are settled

    def run(self, **kwargs):
        """Fill each node of the page."""
        for node in list(self.document.findall(PlanNode)):
            names = [
                docname.removeprefix("chapters/")
                for part in load_parts(self.env.srcdir)
                for docname in self.env.toctree_includes.get(f"chapters/{part['folder']}/index", [])
            ]
            titles = {name: self.env.titles[f"chapters/{name}"].astext() for name in names}
            folder = Path(self.env.srcdir, "chapters")
            plans = {name: plan_of(folder / f"{name}.ipynb") for name in names}
            figure = nodes.raw("", drawing(titles, plans), format="html")
            node.replace_self([figure, self._table(names, plans)])

    def _link(self, name):
        docname = f"chapters/{name}"
        if docname not in self.env.all_docs:
            return nodes.inline("", name, classes=["to-come"])
        uri = self.app.builder.get_relative_uri(self.env.docname, docname)
        link = nodes.reference("", "", internal=True, refuri=uri)
        link += nodes.inline("", self.env.titles[docname].astext())
        return link

    def _table(self, names, plans):
        group = nodes.tgroup(cols=len(COLUMNS))
        group += [nodes.colspec(colwidth=1) for _ in COLUMNS]
        head = nodes.thead("", _row([nodes.Text(column)] for column in COLUMNS))
        body = nodes.tbody()
        for name in names:
            plan, needs = plans[name], []
            for need in plan["needs"]:
                needs += [nodes.Text(", ")] * bool(needs) + [self._link(need)]
            times = [f"{plan[key]} min" if plan[key] else "–" for key in COLUMNS[2:]]
            body += _row([[self._link(name)], needs, *([nodes.Text(time)] for time in times)])
        group += [head, body]
        return nodes.table("", group, classes=["plan"])


def _row(cells):
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def setup(app):
    """Register the directive and the transform that fills it."""
    app.add_node(PlanNode)
    app.add_directive("prerequisites", PrerequisitesDirective)
    app.add_post_transform(FillPlan)
