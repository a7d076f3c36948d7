"""A module is a dataclass whose instances are JAX pytrees.

JAX transforms functions of *pytrees*: nested containers with arrays at the leaves. If a layer is
itself such a container, then `jax.grad`, `jax.jit`, optax and everything else work on models with
no wrapper in between. That is the whole idea; the rest of this file makes mistakes loud.
"""

import dataclasses
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any, dataclass_transform

import jax

from dl_lib.core.calls import surrounded
from dl_lib.core.fields import (
    as_array,
    buffer,
    check_arrays,
    check_static,
    decays,
    static,
    tree_functions,
)
from dl_lib.core.paths import enter, joined, path_name

__all__ = ["Module", "modules", "with_fields"]


def modules(node: Any, name: str = "") -> Iterator[tuple[str, "Module"]]:
    """Walk over every module inside `node`, itself first.

    Args
        node: a module, or a list, tuple, dict or other tree that holds some
        name: what `node` is called; the names of its parts begin with it
    Returns
        an iterator of (dotted name, module)
    Raises
        ValueError: if two modules have one name, as with a dot in the key of a dict
    Chapter
        builders_guide/parameters
    """
    names: set[str] = set()
    for found, module in _walk(node, name):
        enter(found, names, "modules")
        yield found, module


def _walk(node, name=""):
    if isinstance(node, Module):
        yield name, node
        parts = [(part, vars(node).get(part)) for part in node._data]
    else:
        paths = jax.tree_util.tree_leaves_with_path(node, is_leaf=lambda n: isinstance(n, Module))
        parts = [(path_name(path), leaf) for path, leaf in paths if isinstance(leaf, Module)]
    for part, inner in parts:
        yield from _walk(inner, joined(name, part))


class _ModuleType(type):
    """Turn every subclass of `Module` into a dataclass and register it as a pytree."""

    def __new__(mcs, name, bases, body):
        body = {key: surrounded(key, value, _walk) for key, value in body.items()}
        cls = super().__new__(mcs, name, bases, body)
        # An __init__ written by hand, here or in a base class, must not be replaced by a made one.
        cls._by_hand = "__init__" in body or getattr(cls, "_by_hand", False)
        cls = dataclasses.dataclass(cls, init=not cls._by_hand, eq=False, repr=False)
        fields = dataclasses.fields(cls)
        kinds = cls._field_kinds = {f.name: f.metadata.get("kind", "parameter") for f in fields}
        cls._data = tuple(name for name, kind in kinds.items() if kind != "static")
        cls._static = tuple(name for name, kind in kinds.items() if kind == "static")
        # As Float[Array, ""]: a number becomes an array there. `int` and `float` should be static.
        cls._array_fields = {f.name for f in fields if "Array" in str(f.type)} & set(cls._data)
        cls._field_defaults = {f.name: _maker(f) for f in fields if _maker(f) is not None}
        cls._flatten, unflatten = tree_functions(cls, cls._data, cls._static)
        jax.tree_util.register_pytree_with_keys(
            cls, cls._flatten_with_keys, unflatten, cls._flatten
        )
        return cls

    def __call__(cls, *args, **kwargs):
        module = object.__new__(cls)
        vars(module)["_open"] = True  # __init__ may set fields, and nothing else may
        if cls._by_hand:
            for name, make in cls._field_defaults.items():
                setattr(module, name, make())
        module.__init__(*args, **kwargs)
        del vars(module)["_open"]
        if wrong := sorted(set(vars(module)) ^ set(cls._field_kinds)):
            raise TypeError(
                f"{cls.__name__}: the declared fields and the attributes that __init__ sets differ "
                f"in {wrong}"
            )
        _check(module, cls._static)
        return module

    @property
    def __signature__(cls):
        """What notebooks and `help` show of a class: the arguments of its `__init__`."""
        _, *arguments = inspect.signature(cls.__init__).parameters.values()
        return inspect.Signature(arguments)


@dataclass_transform(field_specifiers=(static, buffer, decays), kw_only_default=False)
class Module(metaclass=_ModuleType):
    """Base of every layer and model: declare the fields, set them in `__init__`, define `__call__`.

    A field holds parameters (arrays, modules, or lists, tuples and dicts of them) unless it is
    declared as `static()` or `buffer()`; those that weight decay makes smaller are declared as
    `decays()`. In a field that is annotated as an array, a number becomes one.

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
        super().__setattr__(name, _converted(self, name, value))

    def replace(self, **changes):
        """Return a copy with some fields changed.

        Args
            changes: new values by field name
        Returns
            a module of the same class
        Raises
            TypeError: if a name is not a declared field, or data are of a wrong kind
            ValueError: if one array stands in two fields
        """
        if unknown := sorted(set(changes) - set(self._field_kinds)):
            fields = ", ".join((*self._data, *self._static))
            raise TypeError(f"{type(self).__name__} has no field {unknown[0]!r}; it has {fields}")
        changes = {name: _converted(self, name, value) for name, value in changes.items()}
        new = with_fields(self, changes)
        _check(new, set(changes) & set(self._static))
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


def with_fields(module: Module, changes: dict[str, Any]) -> Module:
    """Return a copy with some fields changed, whatever they hold: masks, names, shapes.

    Args
        module: a module
        changes: new values by field name
    Returns
        a module of the same class, unchecked
    Chapter
        builders_guide/modules
    """
    new = object.__new__(type(module))
    vars(new).update(vars(module) | changes)
    return new


def _converted(module, name, value):
    if name not in module._array_fields:
        return value
    return as_array(value, trained=module._field_kinds[name] != "buffer")


def _check(module, static_fields):
    for name in static_fields:
        check_static(type(module).__name__, name, vars(module)[name])
    check_arrays(module)


def _show(name, value):
    if isinstance(value, list | tuple) and any(isinstance(v, Module) for v in value):
        inner = textwrap.indent("\n".join(_show(str(i), v) for i, v in enumerate(value)), "  ")
        return f"{name}=[\n{inner}\n]"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{name}={value.dtype}{list(value.shape)}"
    shown = getattr(value, "__name__", None) if callable(value) else None
    return f"{name}={shown or repr(value)}"


def _maker(field):
    """What makes the default of a field, or None."""
    if field.default is not dataclasses.MISSING:
        return lambda: field.default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory
