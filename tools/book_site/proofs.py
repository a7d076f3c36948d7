"""Listing pages for the tests that the atlas names, so that a proof can be read in the book."""

import ast
from pathlib import Path

import atlas

__all__ = ["setup"]


def _anchors(source):
    """{first line: anchor} of every test function, those in classes as Class.test."""
    anchors = {}
    for node in ast.parse(source).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = node.name + "." if isinstance(node, ast.ClassDef) else ""
        for function in inner:
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                first = min([function.lineno, *(d.lineno for d in function.decorator_list)])
                anchors[first] = prefix + function.name
    return anchors


def _listing(app, source):
    """The highlighted source with an anchor at each test."""
    page = app.builder.highlighter.highlight_block(source, "python", linenos=False)
    before, pre, after = page.partition("<pre>")
    lines = after.split("\n")
    # The highlighter opens the block with an empty span of its own, on the first line.
    for number, anchor in _anchors(source).items():
        lines[number - 1] = f'<span id="{anchor}" class="proof-test"></span>' + lines[number - 1]
    return before + pre + "\n".join(lines)


def _pages(app):
    if app.builder.name != "html":
        return
    oracles = (o for row in atlas.load_rows(app.srcdir) for o in row["oracle"].split(";"))
    for path in sorted({oracle.partition("::")[0] for oracle in oracles if "::" in oracle}):
        source = Path(app.srcdir, path).read_text(encoding="utf-8")
        body = (
            f'<h1 class="listing">{path}</h1>'
            "<p>One file of the test suite, as the atlas refers to it. "
            f"<code>pytest {path}</code> runs it.</p>" + _listing(app, source)
        )
        yield "proofs/" + path.removesuffix(".py"), {"title": path, "body": body}, "page.html"


def setup(app):
    """Write the pages beside those of the book."""
    app.connect("html-collect-pages", _pages)
