"""A model as a table, without allocating it."""

from typing import Any

import jax

from dl_lib.core.calls import observed_by
from dl_lib.core.module import modules
from dl_lib.core.names import parameter_count

__all__ = ["summary"]


def summary(model: Any, /, *example: Any, method: str | None = None, **inputs: Any) -> str:
    """List the layers of a model with the shapes of their outputs and their parameters.

    Nothing is computed or allocated: `summary(jax.eval_shape(make_model), shape)` counts a network
    that would not fit into memory.

    Args
        model: a module, or its shapes from `jax.eval_shape`
        example: inputs, or their shapes as `jax.ShapeDtypeStruct`
        method: name of the method to call; None calls the model itself
        inputs: further inputs by name
    Returns
        a table of text, one line a layer in the order of the calls
    Chapter
        builders_guide/parameters
    """
    names: dict[int, tuple[str, Any]] = {}
    rows = []

    def note(module, output):
        if id(module) in names:
            name, own = names[id(module)]
            shapes = [str(tuple(leaf.shape)) for leaf in jax.tree.leaves(output)]
            rows.append((name, type(own).__name__, " ".join(shapes), parameter_count(own)))

    def run(model, example, inputs):
        # Inside eval_shape the model is a copy; name its modules, and remember the originals.
        names.update({id(node): (name or "(model)", node) for name, node in modules(model)})
        with observed_by(note):
            return (model if method is None else getattr(model, method))(*example, **inputs)

    jax.eval_shape(run, model, example, inputs)
    return _table(("layer", "type", "output", "parameters"), rows)


def _table(head, rows):
    cells = [head, *[(*row[:3], f"{row[3]:,}") for row in rows]]
    name, kind, output, count = (max(map(len, column)) for column in zip(*cells, strict=True))
    lines = [f"{a:{name}}  {b:{kind}}  {c:{output}}  {d:>{count}}" for a, b, c, d in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
