"""How a module is taken apart into its arrays and put together again."""

from collections.abc import Callable

__all__ = ["tree_functions"]


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
