"""Take away what the theme adds and no page needs."""

from pathlib import Path

__all__ = ["setup"]


def _drop_scripts(app, pagename, templatename, context, doctree):
    """Each script once, and none of the hook for running code on a server (thebe).

    The theme emits that hook twice, which is a console error on every page.
    """
    seen, kept = set(), []
    for script in context.get("script_files", []):
        body = getattr(script, "attributes", {}).get("body")
        name = str(getattr(script, "filename", script) or "")
        unused = "thebe" in name or (body and "THEBE_JS_URL" in body)
        if unused or (name, body) in seen:
            continue
        seen.add((name, body))
        kept.append(script)
    context["script_files"] = kept
    css = context.get("css_files", [])
    context["css_files"] = [sheet for sheet in css if "thebe" not in str(sheet.filename)]


def _drop_roles(app, pagename, templatename, context, doctree):
    """What a screen reader cannot read, or reads in place of something better.

    Sphinx calls a list of references a list without items; myst-nb names every fold alike, and
    hides what its line says.
    """
    body = context.get("body", "").replace(
        '<summary aria-label="Toggle hidden content">', "<summary>"
    )
    context["body"] = body
    if "citation-list" in body:
        body = body.replace(
            '<div role="list" class="citation-list">', '<div class="citation-list">'
        )
        context["body"] = body.replace(' role="doc-biblioentry"', "")


def _drop_files(app, error):
    """Source maps, and the parts of MathJax that the bundled `tex-chtml.js` never asks for."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for path in static.rglob("*.map"):
        path.unlink()
    for path in static.glob("*thebe*"):
        path.unlink()
    mathjax = static / "mathjax"
    for pattern in ("*.js", "output/*.js", "output/svg/**/*", "adaptors/**/*"):
        for path in mathjax.glob(pattern):
            if path.is_file() and path.name != "tex-chtml.js":
                path.unlink()


def setup(app):
    """Connect after the theme (which adds) and after MathJax is copied."""
    app.connect("html-page-context", _drop_scripts, priority=900)
    app.connect("html-page-context", _drop_roles)
    app.connect("build-finished", _drop_files, priority=900)
