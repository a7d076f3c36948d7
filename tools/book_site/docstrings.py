"""Turn the library's docstrings into pages.

A docstring of dl_lib reads as plain text: headings on lines of their own, contents indented, math
in unicode. Sphinx wants reStructuredText, in which a stray `*` or `|` is a mistake. So the text is
translated here, once, before any other extension sees it.
"""

import inspect
import re
import textwrap

__all__ = ["HEADINGS", "setup", "to_rst"]

HEADINGS = ("Equation", "Args", "Returns", "Raises", "Source", "Chapter")
_FIELDS = {"Returns": ":returns:", "Source": ":Source:"}
_ENTRY = re.compile(r"^(\*{0,2}[A-Za-z_][\w.]*(?:, ?\*{0,2}[A-Za-z_]\w*)*):\s*(.*)$")


def _sections(lines):
    """Split a docstring into its free text and a list of (heading, indented lines)."""
    free, sections, current = [], [], None
    for line in lines:
        if line in HEADINGS:
            current = []
            sections.append((line, current))
        elif current is not None and (line.startswith("    ") or not line.strip()):
            current.append(line[4:])
        else:
            current = None
            free.append(line)
    return free, sections


def _inline(text):
    """Escape what reStructuredText would read as markup; `code` becomes literal text."""
    pieces = re.split(r"(`+[^`]+`+)", text)
    for i, piece in enumerate(pieces):
        if i % 2:
            pieces[i] = "``" + piece.strip("`") + "``"
        else:
            plain = re.sub(r"([*|\\]|_(?=\W|$))", r"\\\1", piece)
            # A literal must not touch a letter: an escaped space separates them without showing.
            before = "\\ " if i > 0 and re.match(r"\w", plain) else ""
            after = "\\ " if i + 1 < len(pieces) and re.search(r"\w$", plain) else ""
            pieces[i] = before + plain + after
    return "".join(pieces)


def _prose(lines):
    """Paragraphs are escaped; anything indented or written as `>>>` is shown as code."""
    out, in_code = [], False
    for line in lines:
        code = line.startswith(("    ", ">>>", "..."))
        if code and not in_code:
            out += ["", "::", ""]
        if in_code and not code and line.strip():
            out.append("")
        in_code = code or (in_code and not line.strip())
        out.append(("    " + line if line.strip() else "") if in_code else _inline(line))
    return out


def _entries(lines):
    """(name, text) of each `name: text`, whose text may go on over indented lines."""
    entries = []
    for line in lines:
        match = None if line.startswith(" ") else _ENTRY.match(line)
        if match:
            entries.append([match[1], match[2]])
        elif line.strip() and entries:
            entries[-1][1] += " " + line.strip()
        elif line.strip():
            entries.append(["", line.strip()])
    return entries


def _equation(lines):
    text = textwrap.dedent("\n".join(lines)).strip("\n").split("\n")
    return [".. code-block:: text", "   :class: equation", "", *("   " + line for line in text), ""]


def _chapter(lines):
    """Links to the chapters, where they exist: the role looks them up when the page is written."""
    names = re.findall(r"[a-z_0-9]+/[a-z_0-9]+", " ".join(lines))
    return [":Chapter: " + ", ".join(f":chapter:`{name}`" for name in names)]


def _field(heading, lines):
    if heading == "Chapter":
        return _chapter(lines)
    if heading in ("Args", "Raises"):
        field = "param" if heading == "Args" else "raises"
        return [
            f":{field} {_inline(name)}: {_inline(text)}" if name else _inline(text)
            for name, text in _entries(lines)
        ]
    return [_FIELDS[heading] + " " + _inline(" ".join(line.strip() for line in lines).strip())]


def to_rst(lines):
    """A docstring's lines as reStructuredText: equation first, then the fields."""
    free, sections = _sections(inspect.cleandoc("\n".join(lines)).split("\n"))
    out = [*_prose(free), ""]
    for heading, content in sections:
        if heading == "Equation":
            out += _equation(content)
    for heading, content in sections:
        if heading != "Equation":
            out += _field(heading, content)
    return [*out, ""]


def _translate(app, what, name, obj, options, lines):
    if name.split(".")[0] == "dl_lib":
        lines[:] = to_rst(lines)


def setup(app):
    """Translate before autodoc's other listeners run."""
    app.connect("autodoc-process-docstring", _translate, priority=1)
