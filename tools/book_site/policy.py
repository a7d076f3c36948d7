"""A content security policy on every page: the browser itself refuses what comes from outside.

Scripts are files of the site, or stand in the page and are known by their hash. So no page may load
or send anything elsewhere, nor run what somebody slips into its text.
"""

import base64
import hashlib
import html
import re
from pathlib import Path

__all__ = ["POLICY", "policy_of", "setup"]

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # MathJax and figures write styles as they go
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",  # the search reads the pages that it found
    "base-uri": "'none'",
    "form-action": "'self'",
}
_CHARSET = re.compile(r"<meta charset=[^>]*>")
_EARLIER = re.compile(r"\n<meta http-equiv=\"Content-Security-Policy\"[^>]*>")
_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r"<\w[^>]*\son\w+=\"([^\"]*)\"")


def _hash(text):
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _runs(attributes):
    """Whether a script in the page is a program, not a file's or a piece of data."""
    kind = re.search(r"\btype=\"([^\"]*)\"", attributes)
    known = kind is None or kind[1] in ("", "module", "text/javascript")
    return known and not re.search(r"\bsrc=", attributes)


def handlers_of(page):
    """What stands in attributes such as onclick."""
    return {html.unescape(code) for code in _HANDLER.findall(_SCRIPT.sub("", page))}


def policy_of(page, handlers=()):
    """The policy of one page: its scripts by their hashes, and the handlers of the site."""
    scripts = {_hash(m["body"]) for m in _SCRIPT.finditer(page) if _runs(m["attributes"])}
    hashes = ["'unsafe-hashes'", *sorted(map(_hash, handlers))] if handlers else []
    rules = POLICY | {"script-src": " ".join([POLICY["script-src"], *sorted(scripts), *hashes])}
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def _protect(app, error):
    """Write the policy as the first thing after the charset, above all that it is to hold back."""
    if error or app.builder.format != "html":
        return
    paths = (path.relative_to(app.outdir) for path in Path(app.outdir).rglob("*.html"))
    paths = [Path(app.outdir, path) for path in paths if "_static" not in path.parts]
    # An earlier policy goes first: not all pages are written anew by each build.
    pages = {path: _EARLIER.sub("", path.read_text(encoding="utf-8")) for path in paths}
    # The search reads other pages, and a browser holds their handlers against its own policy.
    handlers = set().union(*map(handlers_of, pages.values()))
    for path, page in pages.items():
        place = _CHARSET.search(page)
        if not place:
            raise ValueError(f"{path} has no charset, after which its policy belongs")
        rules = policy_of(page, handlers)
        meta = f'\n<meta http-equiv="Content-Security-Policy" content="{rules}">'
        protected = page[: place.end()] + meta + page[place.end() :]
        path.write_text(protected, encoding="utf-8")


def setup(app):
    """Protect the pages when all are written."""
    app.connect("build-finished", _protect, priority=950)
