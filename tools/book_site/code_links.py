"""Names of the library in a chapter's code lead to their entry in the library's pages.

The entry has the docstring and, one click on, the source. In each cell the first use of a name is
the link, so that the keyboard does not have to pass every one.
"""

import ast
import html
import re
from pathlib import Path

from tools.lint.code import parsed
from tools.lint.names import imported_names, public_name
from tools.notebooks import read

__all__ = ["linked", "places", "setup"]

_BLOCK = re.compile(r'(<div class="highlight-i?python3? notranslate">.*?<pre>)(.*?)(</pre>)', re.S)
_PIECE = re.compile(r"<[^>]*>|[^<]+")


def places(source, imported):
    """{name of the library: (start, end) of its first use}, in characters of the source."""
    lines = source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(number, column):
        return starts[number - 1] + len(lines[number - 1].encode()[:column].decode())

    found = {}
    for node in ast.walk(parsed(source)):
        name = _dotted(node, imported)
        if name.startswith("dl_lib.") and node.lineno == node.end_lineno:
            here = offset(node.lineno, node.col_offset), offset(node.lineno, node.end_col_offset)
            found[name] = min(here, found.get(name, here))
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _dotted(node, imported):
    """The public name that a node means in full, or ""."""
    parts, root = [], node
    while isinstance(root, ast.Attribute):
        parts.insert(0, root.attr)
        root = root.value
    if isinstance(root, ast.alias) and root.asname is None:
        return public_name(imported[root.name]) if root.name in imported else ""
    if not isinstance(root, ast.Name) or root.id not in imported:
        return ""
    dotted = ".".join([imported[root.id], *parts])
    return dotted if public_name(dotted) == dotted else ""


def linked(block, imported, address):
    """A highlighted block with links; `address` gives that of a name, or None."""
    source = html.unescape(re.sub(r"<[^>]*>", "", block))
    try:
        found = places(source, imported)
    except SyntaxError:
        return block
    begins, ends = {}, set()
    for name, (start, end) in found.items():
        if url := address(name):
            begins[start] = f'<a class="code-link" href="{html.escape(url)}" title="{name}">'
            ends.add(end)
    out, position, inside = [], 0, False
    for piece in _PIECE.findall(block):
        if piece.startswith("<span") and position in begins and not inside:
            out.append(begins.pop(position))
            inside = True
        out.append(piece)
        if not piece.startswith("<"):
            position += len(html.unescape(piece))
        elif piece == "</span>" and inside and position in ends:
            out.append("</a>")
            inside = False
    return "".join(out)


def _link_page(app, pagename, templatename, context, doctree):
    path = Path(app.srcdir, pagename + ".ipynb")
    if not pagename.startswith("chapters/") or not path.exists() or not context.get("body"):
        return
    imported = imported_names(read(path))
    objects = app.env.get_domain("py").objects

    def address(name):
        entry = objects.get(name)
        uri = entry and app.builder.get_relative_uri(pagename, entry.docname)
        return f"{uri}#{entry.node_id}" if entry else None

    context["body"] = _BLOCK.sub(
        lambda match: match[1] + linked(match[2], imported, address) + match[3], context["body"]
    )


def setup(app):
    """Link when a page is written, where every entry is known."""
    app.connect("html-page-context", _link_page)
