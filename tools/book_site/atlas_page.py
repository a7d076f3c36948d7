"""The atlas as one table that a reader can filter, made from chapters/atlas.csv."""

import html
from pathlib import Path

import atlas
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .parts import load_parts

__all__ = ["AtlasDirective", "setup"]

_STATUS = {"planned": "planned", "library": "in the library", "complete": "complete"}
_JAX_PAGES = "https://docs.jax.dev/en/latest/_autosummary/{}.html"
_FORM = """<form id="atlas-filter" role="search" aria-label="Filter the atlas" hidden>
<p><label for="atlas-words">Words</label>
<input id="atlas-words" type="search" autocomplete="off" placeholder="softmax, norm, graph …"></p>
<p><label for="atlas-part">Part</label><select id="atlas-part"><option value="">all</option>
{parts}</select></p>
<p><label for="atlas-status">Status</label><select id="atlas-status"><option value="">all</option>
{statuses}</select></p>
<output id="atlas-count" for="atlas-words atlas-part atlas-status"></output></form>
"""


class AtlasNode(nodes.General, nodes.Element):
    """Stands for the table until every target and every function of the build is known."""


class AtlasDirective(SphinxDirective):
    """`{atlas}` shows the whole table."""

    def run(self):
        """Leave a node that the transform below fills."""
        self.env.note_dependency(str(Path(self.env.srcdir, "chapters", "atlas.csv")))
        self.env.note_reread()  # what a line links to may have come or gone in any other page
        return [AtlasNode()]


class _Links:
    """Where the three kinds of claim lead, seen from the page of the atlas."""

    def __init__(self, app, docname):
        self.app, self.docname = app, docname
        self.labels = app.env.get_domain("std").anonlabels
        self.objects = app.env.get_domain("py").objects

    def page(self, docname, anchor):
        """A relative address inside the book."""
        return self.app.builder.get_relative_uri(self.docname, docname) + "#" + anchor

    def target(self, row):
        """The paragraph that explains the technique, or None."""
        docname, anchor = self.labels.get(row["target"].lower(), ("", ""))
        return self.page(docname, anchor) if docname else None

    def function(self, name):
        """The entry of a function: here for ours, in its own documentation for JAX."""
        if name.startswith("jax."):
            return _JAX_PAGES.format(name)
        thing = atlas.resolve(name)
        defined = f"{thing.__module__}.{thing.__qualname__}" if callable(thing) else name
        entry = self.objects.get(name) or self.objects.get(defined)
        return self.page(entry.docname, entry.node_id) if entry else None

    def oracle(self, oracle):
        """The assertion itself: a cell of a chapter, or a test on its listing page."""
        if "::" in oracle:
            path, _, name = oracle.partition("[")[0].partition("::")
            return self.page("proofs/" + path.removesuffix(".py"), name.replace("::", "."))
        notebook, _, cell = oracle.partition("#")
        return self.page("chapters/" + notebook, "cell-" + cell)


def _link(text, address):
    text = html.escape(text)
    if not address:
        return text
    return f'<a href="{html.escape(address)}">{text}</a>'


def _proof(oracle, links):
    # Its name stands at the end of the address; written twice, all names would weigh 100 kB.
    return _link("test" if "::" in oracle else "cell", links.oracle(oracle))


def _row(row, links):
    name = _link(row["name"], links.target(row))
    equation = f"<code>{html.escape(row['equation'])}</code>" if row["equation"] else ""
    functions = [f for f in row["api"].split(";") if f not in ("", "-")]
    listed = "<br>".join(_link(f.replace("jax.numpy", "jnp"), links.function(f)) for f in functions)
    proofs = " ".join(_proof(o, links) for o in row["oracle"].split(";") if o)
    status = row["status"]
    return (
        f'<tr id="atlas-{row["id"]}" data-status="{status}"><td>{name}{equation}</td>'
        f"<td>{listed}</td><td>{proofs}</td><td>{_STATUS[status]}</td></tr>"
    )


def _group(part, number, chapter, rows, page):
    """All lines of one chapter under one heading."""
    title = chapter.replace("_", " ").capitalize()
    heading = f"{number} {html.escape(part['title'])} · {_link(title, page)}"
    return (
        f'<tbody data-part="{part["folder"]}"><tr class="atlas-chapter">'
        f'<th colspan="4" scope="rowgroup">{heading}</th></tr>\n' + "\n".join(rows) + "</tbody>"
    )


def _options(pairs):
    return "\n".join(
        f'<option value="{value}">{html.escape(text)}</option>' for value, text in pairs
    )


def render(app, docname):
    """The form, the table and the few lines of script that connect them."""
    links, rows, parts = _Links(app, docname), atlas.load_rows(app.srcdir), load_parts(app.srcdir)
    groups = []
    for number, part in enumerate(parts, start=1):
        for chapter in part["chapters"].split():
            notebook = f"{part['folder']}/{chapter}"
            found = [_row(row, links) for row in rows if row["notebook"] == notebook]
            here = f"chapters/{notebook}" in app.env.all_docs
            page = app.builder.get_relative_uri(docname, f"chapters/{notebook}") if here else ""
            if found:
                groups.append(_group(part, number, chapter, found, page))
    numbered = [(p["folder"], f"{i} {p['title']}") for i, p in enumerate(parts, start=1)]
    form = _FORM.format(parts=_options(numbered), statuses=_options(_STATUS.items()))
    head = "".join(
        f'<th scope="col">{t}</th>' for t in ("Technique", "Function", "Proof", "Status")
    )
    script = Path(__file__).with_name("atlas.js").read_text(encoding="utf-8")
    return (
        f'{form}<table id="atlas"><thead><tr>{head}</tr></thead>\n'
        + "\n".join(groups)
        + f"</table><script>{script}</script>"
    )


class FillAtlas(SphinxPostTransform):
    """Replace the node by the table."""

    default_priority = 5

    def run(self, **kwargs):
        """Fill each node of the page (there is one)."""
        for node in list(self.document.findall(AtlasNode)):
            table = render(self.app, self.env.docname)
            node.replace_self(nodes.raw("", table, format="html"))


def _offer_rows(app, doctree):
    """Let a page link a row, atlas.md#atlas-<id>; the table is raw HTML, unknown to Sphinx."""
    if app.env.docname == "reference/atlas":
        slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
        for row in atlas.load_rows(app.srcdir):
            slugs.setdefault(f"atlas-{row['id']}", (0, f"atlas-{row['id']}", row["name"]))


def setup(app):
    """Register the directive and its transform, and the anchors of the rows."""
    app.connect("doctree-read", _offer_rows)
    app.add_node(AtlasNode)
    app.add_directive("atlas", AtlasDirective)
    app.add_post_transform(FillAtlas)
