"""Parts of a model by name: put others in their place, or see what they compute."""

import difflib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from dl_lib.core.calls import observed_by
from dl_lib.core.context import get_opaque_trace_state
from dl_lib.core.module import Module, modules
from dl_lib.core.paths import enter, joined

__all__ = ["capture", "edit"]


def edit(model: Any, changes: Mapping[str, Any]) -> Any:
    """Replace parts of a model: layers, arrays or settings, by name.

        edit(model, {"head": Linear(512, 10, key=key)})            # another head
        edit(model, {"*.rate": 0.0})                               # no dropout anywhere
        edit(model, {"blocks.*.weight": lambda weight: weight * mask})

    Args
        model: a module, or lists, tuples and dicts of modules
        changes: by name, what stands there afterwards, or a function that makes it of what stands
            there now. In a name, * stands for anything, dots among it
    Returns
        the model with these parts; the old one is as it was
    Raises
        KeyError: if there is no part of a name, or it lies in a part that is replaced as well
        ValueError: if two parts have one name, as with a dot in the key of a dict
        TypeError: if a field cannot hold what it is given, see `replace`
    Chapter
        builders_guide/parameters
    """
    names: set[str] = set()
    used: set[str] = set()
    new = _edited(model, "", changes, names, used)
    _require_known(changes.keys() - used, names)
    return new


def capture(
    model: Any, /, *args: Any, names: str | Iterable[str] = "*", method: str | None = None, **inputs
) -> tuple[Any, dict[str, Any]]:
    """Call a model and keep what its layers compute on the way.

        y, seen = capture(vgg, x, names=["layers.3", "layers.8"])
        seen["layers.3"]

    It is a pure function, for jit and grad as well. Inside of a model that trains, it passes the
    context on like any other input: `capture(self.vgg, x, ctx=ctx)`.

    Args
        model: a module
        args: its inputs
        names: of the layers, one or several; in a name, * stands for anything, dots among it
        method: name of the method to call; None calls the model itself
        inputs: further inputs by name
    Returns
        the output, and the output of each of these layers by name; of a layer that is called
        several times, the list of its outputs
    Raises
        KeyError: if there is no layer of a name
        RuntimeError: if a layer is called inside of scan, vmap and the like, whose values do not
            come out, or not at all
    Chapter
        builders_guide/parameters
    """
    layers = {id(layer): name for name, layer in modules(model) if name}
    patterns = [names] if isinstance(names, str) else list(names)
    matched = {p: {n for n in layers.values() if fnmatchcase(n, p)} for p in patterns}
    _require_known([p for p, found in matched.items() if not found and p != "*"], layers.values())
    trace = get_opaque_trace_state(convention="flax")
    outputs: dict[str, list] = {}

    def note(layer, output):
        name = layers.get(id(layer))
        if not any(name in found for found in matched.values()):
            return
        if get_opaque_trace_state(convention="flax") != trace:
            raise RuntimeError(
                f"{name} is called inside of jit, grad, scan, vmap or checkpoint within the model, "
                f"from where its output does not come out"
            )
        outputs.setdefault(name, []).append(output)

    with observed_by(note):
        output = (model if method is None else getattr(model, method))(*args, **inputs)
    if silent := [p for p, found in matched.items() if p != "*" and not found & outputs.keys()]:
        raise RuntimeError(f"{silent[0]} was not called; called were {sorted(outputs)}")
    return output, {name: o[0] if len(o) == 1 else o for name, o in outputs.items()}


def _edited(node, name, changes, names, used):
    """Replace in the part of this name; collect the names there are and the patterns used."""
    if name:
        enter(name, names, "parts")
    for pattern, change in changes.items():
        if name and fnmatchcase(name, pattern):
            used.add(pattern)
            return change(node) if _is_function(change) else change
    parts = _parts(node)
    new = {k: _edited(part, joined(name, k), changes, names, used) for k, part in parts.items()}
    changed = {key: part for key, part in new.items() if part is not parts[key]}
    if not changed:
        return node
    if isinstance(node, Module):
        return node.replace(**changed)
    if isinstance(node, dict):
        return {**node, **changed}
    if isinstance(node, list):
        return list(new.values())
    return node._replace(**changed) if hasattr(node, "_fields") else tuple(new.values())


def _parts(node):
    if isinstance(node, Module):
        return {name: vars(node)[name] for name in (*node._data, *node._static)}
    if hasattr(node, "_fields"):  # of a named tuple
        return node._asdict()
    if isinstance(node, list | tuple):
        return dict(enumerate(node))
    return node if isinstance(node, dict) else {}


def _is_function(change):
    return callable(change) and not isinstance(change, Module | type)


def _require_known(unknown, names):
    if unknown := sorted(unknown):
        near = difflib.get_close_matches(unknown[0], list(names), n=4, cutoff=0.3)
        raise KeyError(f"no part is called {unknown[0]!r}; near are {near}")
