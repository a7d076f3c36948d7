"""The fields of a module: how they are declared, what they may hold, how JAX takes them apart."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

__all__ = [
    "as_array",
    "buffer",
    "check_arrays",
    "check_static",
    "decays",
    "static",
    "tree_functions",
]


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


def decays(**kwargs) -> Any:
    """Declare a parameter that weight decay makes smaller: a kernel or a weight matrix.

    A parameter without this declaration (a bias, a scale, a slope, a time constant) does not decay:
    that it is small makes no function simpler.

        weight: Float[Array, "in out"] = decays()
        bias: Float[Array, "out"]

    Args
        kwargs: as in `dataclasses.field`
    Returns
        a dataclass field
    Chapter
        linear_networks/weight_decay
    """
    return dataclasses.field(metadata={"kind": "decays"}, **kwargs)


def as_array(value: Any, trained: bool) -> Any:
    """Turn a number into an array, for a field that is annotated as one.

    Args
        value: what the field is to hold
        trained: whether it is trained, and thus never an integer
    Returns
        an array that is not weakly typed, since such an array changes its type in the first step
        of training; anything but a number or an array as it is
    Chapter
        builders_guide/parameters
    """
    if getattr(value, "weak_type", False):
        return jax.lax.convert_element_type(value, value.dtype)
    if not isinstance(value, int | float | complex) or isinstance(value, bool):
        return value
    kind = float if trained and isinstance(value, int) else type(value)
    return jnp.asarray(value, jnp.result_type(kind))


def check_static(owner: str, name: str, value: Any) -> None:
    """Refuse a value of a static field that JAX could not compare, or that hides parameters.

    Args
        owner: name of the class
        name: of the field
        value: what it is to hold
    Raises
        TypeError: if it cannot be hashed, or holds a module
    Chapter
        builders_guide/modules
    """
    try:
        hash(value)
    except TypeError:
        raise TypeError(
            f"{owner}.{name} is static, so it must be hashable; got {type(value).__name__} "
            f"(use a tuple for a list, and a field without static() for an array)"
        ) from None
    if (hidden := _hidden(value)) is not None:
        raise TypeError(
            f"{owner}.{name} is static, so {hidden!r} would be a constant, never trained; "
            f"a module or an array belongs in a field without static()"
        )


def check_arrays(module: Any) -> None:
    """Refuse a module that holds something else than arrays, or one array twice.

    Args
        module: a module
    Raises
        TypeError: if a field that is not static holds no array
        ValueError: if one array stands in two places
    Chapter
        builders_guide/modules
    """
    arrays = [leaf for leaf in jax.tree.leaves(module) if hasattr(leaf, "dtype")]
    if len({id(array) for array in arrays}) == jax.tree.structure(module).num_leaves:
        return
    cls, seen = type(module).__name__, {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(module):
        name = jax.tree_util.keystr(path)
        if not hasattr(leaf, "dtype"):
            raise TypeError(
                f"{cls}{name} holds {leaf!r}, which is no array; "
                f"declare a field that configures the module as static()"
            )
        if isinstance(leaf, jax.Array) and (first := seen.setdefault(id(leaf), name)) != name:
            raise ValueError(
                f"{cls} holds one array in two places, {first} and {name}; training would untie "
                f"them. Keep it in one field and use that field twice"
            )


def _hidden(value):
    """A module or an array inside a static value, or None."""
    if isinstance(value, functools.partial):
        value = (value.func, *value.args, *value.keywords.values())
    if isinstance(value, tuple | frozenset):
        return next((found for part in value if (found := _hidden(part)) is not None), None)
    owner = getattr(value, "__self__", value)  # of a bound method
    is_module = hasattr(owner, "_field_kinds")
    return owner if is_module or isinstance(owner, jax.Array) else None


def tree_functions(
    cls: type, data: tuple[str, ...], static: tuple[str, ...]
) -> tuple[Callable, Callable]:
    """Write the two functions that JAX calls for every module at every step.

    A loop over the names of the fields would take as long as a small step itself, so the functions
    are written out for each class, as `dataclasses` writes its `__init__`. For a class with the
    fields weight, bias and the static stride they read

        def flatten(m):
            return (m.weight, m.bias,), (m.stride,)

        def unflatten(static, data):
            m = new(cls)
            d = m.__dict__
            (d["weight"], d["bias"],) = data
            (d["stride"],) = static
            return m

    A line with an empty tuple is left out.

    Args
        cls: a subclass of `Module`
        data: names of its fields that hold arrays or modules
        static: names of the others
    Returns
        flatten and unflatten
    Chapter
        builders_guide/modules
    """

    def every(pattern, names):
        return "(" + "".join(pattern.format(name) + "," for name in names) + ")"

    kinds = {"data": data, "static": static}
    lines = [
        "def flatten(m):",
        f"    return {every('m.{}', data)}, {every('m.{}', static)}",
        "def unflatten(static, data):",
        "    m = new(cls)",
        "    d = m.__dict__",
        *(f"    {every('d[{!r}]', names)} = {kind}" for kind, names in kinds.items() if names),
        "    return m",
    ]
    functions = {"new": object.__new__, "cls": cls}
    exec("\n".join(lines), functions)
    return functions["flatten"], functions["unflatten"]
