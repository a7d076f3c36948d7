"""A module is a dataclass whose instances are JAX pytrees.

JAX transforms functions of *pytrees*: nested containers with arrays at the leaves. If a layer is
itself such a container, then `jax.grad`, `jax.jit`, optax and everything else work on models with
no wrapper in between. That is the whole idea; the rest of this file makes mistakes loud.
"""

import dataclasses
import functools
import inspect
import textwrap
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, dataclass_transform

import jax

from dl_lib.core.flattening import tree_functions

__all__ = ["Module", "buffer", "modules", "static"]

# Called as observer(module, output) after every layer call while `summary` looks on; else None.
observer: ContextVar = ContextVar("observer", default=None)


def static(**kwargs) -> Any:
    """Declare a field that configures a module and holds no data.

    A compiled function is compiled anew when a static field changes, so its value must be hashable.

    Args
        kwargs: as in `dataclasses.field`, for example `default=1`
    Returns
        a dataclass field
    Chapter
        builders_guide/modules
    """
    return dataclasses.field(metadata={"kind": "static"}, **kwargs)


def buffer(**kwargs) -> Any:
    """Declare a field that holds data but is not trained, such as running statistics.

    Args
        kwargs: as in `dataclasses.field`
    Returns
        a dataclass field
    Chapter
        builders_guide/parameters
    """
    return dataclasses.field(metadata={"kind": "buffer"}, **kwargs)


class _ModuleType(type):
    """Turn every subclass of `Module` into a dataclass and register it as a pytree."""

    def __new__(mcs, name, bases, body):
        if "__call__" in body:
            body["__call__"] = _located(body["__call__"])
        cls = super().__new__(mcs, name, bases, body)
        # An __init__ written by hand, here or in a base class, must not be replaced by a made one.
        cls._by_hand = "__init__" in body or getattr(cls, "_by_hand", False)
        cls = dataclasses.dataclass(cls, init=not cls._by_hand, eq=False, repr=False)
        kinds = {f.name: f.metadata.get("kind", "data") for f in dataclasses.fields(cls)}
        cls._data = tuple(n for n, kind in kinds.items() if kind != "static")
        cls._static = tuple(n for n, kind in kinds.items() if kind == "static")
        cls._buffers = tuple(n for n, kind in kinds.items() if kind == "buffer")
        cls._flatten, unflatten = tree_functions(cls, cls._data, cls._static)
        jax.tree_util.register_pytree_with_keys(
            cls, cls._flatten_with_keys, unflatten, cls._flatten
        )
        return cls

    def __call__(cls, *args, **kwargs):
        module = object.__new__(cls)
        vars(module)["_open"] = True  # __init__ may set fields, and nothing else may
        module.__init__(*args, **kwargs)
        del vars(module)["_open"]
        _check(module)
        return module

    @property
    def __signature__(cls):
        """What notebooks and `help` show of a class: the arguments of its `__init__`."""
        _, *arguments = inspect.signature(cls.__init__).parameters.values()
        return inspect.Signature(arguments)


@dataclass_transform(field_specifiers=(static, buffer), kw_only_default=False)
class Module(metaclass=_ModuleType):
    """Base of every layer and model: declare the fields, set them in `__init__`, define `__call__`.

    Args
        fields: those the subclass declares; a subclass without `__init__` takes them in order
    Returns
        an immutable module; `replace` gives a changed copy
    Raises
        TypeError: if `__init__` sets other fields than those declared, or data of a wrong kind
        ValueError: if one array stands in two fields
    Chapter
        builders_guide/modules
    """

    def __setattr__(self, name, value):
        if "_open" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__} cannot be changed after __init__; "
                f"model.replace({name}=...) gives a changed copy"
            )
        super().__setattr__(name, value)

    def replace(self, **changes):
        """Return a copy with some fields changed.

        Args
            changes: new values by field name
        Returns
            a module of the same class
        Raises
            TypeError: if a name is not a declared field
        """
        if unknown := sorted(set(changes) - {*self._data, *self._static}):
            fields = ", ".join((*self._data, *self._static))
            raise TypeError(f"{type(self).__name__} has no field {unknown[0]!r}; it has {fields}")
        new = object.__new__(type(self))
        vars(new).update(vars(self) | changes)
        return new

    def __repr__(self):
        lines = []
        for name in (*self._data, *self._static):
            lines.extend(_show(name, vars(self).get(name)).splitlines())
        title = type(self).__name__
        one_line = f"{title}({', '.join(lines)})"
        nested = any(isinstance(vars(self).get(n), Module | list | tuple) for n in self._data)
        if not nested and len(one_line) <= 100:
            return one_line
        return "\n".join([f"{title}(", *(f"  {line}" for line in lines), ")"])

    def _flatten_with_keys(self):
        children, aux = self._flatten()
        keys = map(jax.tree_util.GetAttrKey, self._data)
        return list(zip(keys, children, strict=True)), aux


def modules(node: Any, name: str = "") -> Iterator[tuple[str, Module]]:
    """Walk over every module inside `node`, itself first.

    Args
        node: a module, or a list, tuple or dict that holds some
        name: what `node` is called; the names of its parts begin with it
    Returns
        an iterator of (dotted name, module)
    Chapter
        builders_guide/parameters
    """
    if isinstance(node, Module):
        yield name, node
        parts = {n: vars(node).get(n) for n in node._data}
    elif isinstance(node, list | tuple):
        parts = dict(enumerate(node))
    else:
        parts = node if isinstance(node, dict) else {}
    for key, part in parts.items():
        yield from modules(part, f"{name}.{key}".lstrip("."))


def _show(name, value):
    if isinstance(value, list | tuple) and any(isinstance(v, Module) for v in value):
        inner = textwrap.indent("\n".join(_show(str(i), v) for i, v in enumerate(value)), "  ")
        return f"{name}=[\n{inner}\n]"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{name}={value.dtype}{list(value.shape)}"
    shown = getattr(value, "__name__", None) if callable(value) else None
    return f"{name}={shown or repr(value)}"


def _check(module):
    cls = type(module).__name__
    if wrong := sorted(set(vars(module)) ^ {*module._data, *module._static}):
        raise TypeError(
            f"{cls}: the declared fields and the attributes that __init__ sets differ in {wrong}"
        )
    for name in module._static:
        value = vars(module)[name]
        try:
            hash(value)
        except TypeError:
            raise TypeError(
                f"{cls}.{name} is static, so it must be hashable; got {type(value).__name__} "
                f"(use a tuple for a list, and a field without static() for an array)"
            ) from None
    arrays = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(module):
        name = jax.tree_util.keystr(path)
        if not hasattr(leaf, "dtype"):
            raise TypeError(
                f"{cls}{name} holds {leaf!r}, which is no array; "
                f"declare a field that configures the module as static()"
            )
        if isinstance(leaf, jax.Array) and (first := arrays.setdefault(id(leaf), name)) != name:
            raise ValueError(
                f"{cls} holds one array in two places, {first} and {name}; training would untie "
                f"them. Keep it in one field and use that field twice"
            )


def _located(call):
    """Wrap `__call__` so that an error names the layer it came from."""

    @functools.wraps(call)
    def __call__(self, *args, **kwargs):  # noqa: N807
        try:
            output = call(self, *args, **kwargs)
        except Exception as error:
            _locate(error, self)
            raise
        if (watch := observer.get()) is not None:
            watch(self, output)
        return output

    return __call__


def _locate(error, module):
    """Note in `error` where inside `module` it arose; each outer module completes the name."""
    notes = getattr(error, "__notes__", [])
    origin = getattr(error, "_origin", None)
    if origin is None:
        origin = error._origin = module
    else:
        notes[:] = [note for note in notes if not note.startswith("in layer ")]
    name = next((name for name, node in modules(module) if node is origin), "")
    error.add_note(f"in layer {name or type(origin).__name__}: {origin!r}")
