"""Nothing before it is taught: what a page introduces, what it borrows, what its code uses."""

import ast
import functools
import importlib
import inspect
import re

from tools.atlas import load_rows
from tools.folding import is_story
from tools.lint.book import before, targets
from tools.lint.code import parsed
from tools.lint.prose import prose_of
from tools.notebooks import CHAPTERS, read

__all__ = ["imported_names", "public_name", "used_names", "whole_faults"]


def full_name(name: str) -> str:
    """Return a name as the library itself spells it: `jnp.exp` is `jax.numpy.exp`."""
    return re.sub(r"^jnp\.", "jax.numpy.", name)


@functools.cache
def public_name(dotted: str) -> str:
    """Return the part of a dotted name that leads to the first object that is no module."""
    parts = dotted.split(".")
    thing = importlib.import_module(parts[0])
    for length, part in enumerate(parts[1:], 2):
        name = ".".join(parts[:length])
        try:
            thing = getattr(thing, part) if hasattr(thing, part) else importlib.import_module(name)
        except ModuleNotFoundError:
            return dotted
        if not inspect.ismodule(thing):
            return name
    return ""  # a module alone says nothing


def imported_names(page) -> dict[str, str]:
    """Return {name on the page: dotted name} of what it imports from jax and dl_lib."""
    names = {}
    for cell in page.cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(parsed(cell.source)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.name if alias.asname else alias.name.split(".")[0]
                    names[alias.asname or name] = name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return {k: v for k, v in names.items() if v.split(".")[0] in ("jax", "dl_lib")}


def used_names(page, chosen=is_story) -> dict[str, str]:
    """Return {name of jax or dl_lib: id of the first cell that uses it} of the chosen cells."""
    imported, found = imported_names(page), {}
    for cell in page.cells:
        if cell.cell_type != "code" or not chosen(cell):
            continue
        inner = set()
        for node in ast.walk(parsed(cell.source)):
            parts, root = [], node
            while isinstance(root, ast.Attribute):
                parts.insert(0, root.attr)
                root = root.value
                inner.add(id(root))
            if isinstance(root, ast.Name) and root.id in imported and id(node) not in inner:
                name = public_name(".".join([imported[root.id], *parts]))
                found.setdefault(name, cell.id)
    found.pop("", None)
    return found


@functools.cache
def _introduced(name: str) -> frozenset[str]:
    """The names that one chapter introduces."""
    path = CHAPTERS / f"{name}.ipynb"
    if not path.exists():
        return frozenset()
    introduces = read(path).metadata.get("chapter", {}).get("introduces") or {}
    return frozenset(map(full_name, introduces.get("names", [])))


def _as_dictionary(chapter, key, inner):
    value = chapter.get(key)
    return value if isinstance(value, dict) and (not inner or set(value) == inner) else None


def whole_faults(page, name):
    """What the code uses is known, and what the metadata claims is on the page."""
    chapter = page.metadata.get("chapter", {})
    introduces = _as_dictionary(chapter, "introduces", {"terms", "names"})
    if introduces is None:
        yield "metadata: chapter.introduces must be {'terms': [...], 'names': [...]}"
        return
    borrows = chapter.get("borrows", {})
    own = set(map(full_name, introduces["names"]))
    known = own | set(map(full_name, borrows)).union(*map(_introduced, before(name)))
    for used, cell in used_names(page).items():
        if used not in known:
            yield (
                f"cell {cell}: uses {used}, which no page up to here introduces: say what it does"
                " and list it in chapter.introduces.names, or borrow it"
            )
    text = prose_of(page)
    yield from _claims(introduces, own, text)
    for borrowed, place in borrows.items():
        yield from _borrowed(borrowed, place, text)


def _claims(introduces, own, text):
    emphasized = re.findall(r"\*{1,2}([^*\n][^*]*?)\*{1,2}", text)
    emphasized = {" ".join(words.split()).lower() for words in emphasized}
    for term in introduces["terms"]:
        if term.lower() not in emphasized:
            yield f"introduces the term '{term}', which stands nowhere in italics"
    spans = " ".join(re.findall(r"`([^`\n]+)`", text))
    for name in sorted(own):
        if not re.search(rf"\b{re.escape(name.split('.')[-1])}\b", spans):
            yield f"introduces {name}, of which no sentence speaks (as `{name.split('.')[-1]}`)"


def _borrowed(borrowed, place, text):
    chapter, _, anchor = place.partition("#")
    path = CHAPTERS / f"{chapter}.ipynb"
    if path.exists():
        link = f"{chapter.split('/')[-1]}.ipynb#{anchor}"
        if anchor not in targets(read(path)):
            yield f"borrows {borrowed} from {place}: there is no such anchor"
    else:  # not written yet: its row of the atlas says what is to come
        link = f"atlas.md#atlas-{anchor}"
        if anchor not in {row["id"] for row in load_rows()}:
            yield f"borrows {borrowed} from {place}: the atlas has no row {anchor}"
    if f"{link})" not in text:
        yield f"borrows {borrowed} without a link to {link}"
