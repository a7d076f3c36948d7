"""API pages that list what the library has, so that none has to be kept in step by hand.

A page under reference/api holds a line `{{ api: dl_lib.core }}`. Before it is parsed, that line
becomes one section for each file of the subpackage, with its public names. A large subpackage has
several pages: `{{ api: dl_lib.functional: images, boxes }}` takes these files or folders, and the
page with the plain line takes what no other names.
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

__all__ = ["files_named", "markdown", "public_names", "setup"]

_MARKER = re.compile(r"^\{\{ api: ([\w.]+)(?:: ([\w, ]+))? \}\}$", re.MULTILINE)


def public_names(package):
    """(defining module, name, object) of all that a subpackage exports.

    What only its own files share stays out: the page shows what a reader imports.
    """
    found = []
    for name in package.__all__:
        thing = getattr(package, name)
        home = getattr(thing, "__module__", package.__name__)
        inside = home.startswith(package.__name__)
        if inside or _first_to_export(name, thing) == package.__name__:
            found.append((home if inside else package.__name__, name, thing))
    return found


def _first_to_export(name, thing):
    """The subpackage whose page describes what several export: the one at home, else the first."""
    library = importlib.import_module("dl_lib")
    rooms = [info.name for info in pkgutil.iter_modules(library.__path__, "dl_lib.")]
    modules = {room: importlib.import_module(room) for room in rooms}
    exporting = [
        room
        for room, module in modules.items()
        if name in getattr(module, "__all__", ()) and getattr(module, name) is thing
    ]
    at_home = [room for room in exporting if getattr(thing, "__module__", "").startswith(room)]
    return (at_home or exporting)[0]


def _directive(path, name, thing):
    """The autodoc directive for one object."""
    kind, options = "autodata", ["   :no-value:"]
    if inspect.isclass(thing):
        kind, options = "autoclass", ["   :members:"]
    elif inspect.isroutine(thing):
        kind, options = "autofunction", []
    return [f".. {kind}:: {path}.{name}", *options, ""]


def _heading(module_name, package_name):
    return module_name.removeprefix(package_name).strip(".") or package_name.split(".")[-1]


def _summary(module):
    """The module's docstring as one paragraph each; its code spans are Markdown already."""
    text = inspect.getdoc(module) or ""
    return re.sub(r"([*_|])", r"\\\1", text) if "`" not in text else text


def markdown(package_name, files=(), elsewhere=()):
    """The generated part of one API page: all files or folders, some, or all but some."""
    package = importlib.import_module(package_name)
    sections = {}
    for module_name, name, thing in public_names(package):
        file = module_name.removeprefix(f"{package_name}.").split(".")[0]
        if (not files or file in files) and file not in elsewhere:
            sections.setdefault(module_name, []).append((name, thing))
    lines = []
    for module_name, entries in sorted(sections.items()):
        lines += [f"## {_heading(module_name, package_name)}", ""]
        lines += [_summary(importlib.import_module(module_name)), "", "```{eval-rst}"]
        for name, thing in sorted(entries, key=lambda entry: entry[0].lower()):
            lines += _directive(package_name, name, thing)
        lines += ["```", ""]
    return "\n".join(lines)


def _split(files):
    return tuple(file.strip() for file in files.split(",")) if files else ()


def files_named(folder, package_name):
    """The files or folders of a subpackage that have a page other than its plain one."""
    found = []
    for page in sorted(folder.glob("*.md")):
        for name, files in _MARKER.findall(page.read_text(encoding="utf-8")):
            found += _split(files) if name == package_name else ()
    return found


def _expand(app, docname, source):
    if not docname.startswith("reference/api/"):
        return

    def section(match):
        if files := _split(match[2]):
            return markdown(match[1], files)
        folder = Path(app.srcdir, "reference", "api")
        return markdown(match[1], elsewhere=files_named(folder, match[1]))

    source[0] = _MARKER.sub(section, source[0])


def setup(app):
    """Expand the markers as each page is read."""
    app.connect("source-read", _expand)
