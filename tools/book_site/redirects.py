"""Pages that moved keep their address: chapters/redirects.csv lists `old,new`, without suffix."""

import csv
import html
import posixpath
from pathlib import Path

__all__ = ["setup"]

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>This page has moved</title>
<meta http-equiv="refresh" content="0; url={url}"><link rel="canonical" href="{url}"></head>
<body><main><h1>This page has moved</h1><p><a href="{url}">Go to its new address</a></p></main>
</body></html>
"""


def _write(app, error):
    path = Path(app.srcdir, "chapters", "redirects.csv")
    if error or app.builder.format != "html" or not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        new = row["new"].partition("#")[0]
        if new not in app.env.all_docs:
            raise ValueError(f"{path.name}: {row['old']} leads to {new}, which is no page")
        if row["old"] in app.env.all_docs:
            raise ValueError(f"{path.name}: {row['old']} is a page again, so it cannot lead away")
        name, _, anchor = row["new"].partition("#")
        url = posixpath.relpath(name + ".html", posixpath.dirname(row["old"]) or ".")
        target = Path(app.outdir, row["old"] + ".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        url += "#" + anchor if anchor else ""
        target.write_text(_PAGE.format(url=html.escape(url)), encoding="utf-8")


def setup(app):
    """Write the redirecting pages when all others stand."""
    app.connect("build-finished", _write)
