"""What a traced program makes and does, read from its jaxpr without running it."""

import math

import jax

__all__ = ["array_sizes", "borders", "entries_written"]


def array_sizes(closed):
    """The number of entries of every array that a program makes, its inner programs included."""
    for equation, _ in _equations(closed.jaxpr, 1):
        yield from (math.prod(v.aval.shape) for v in equation.outvars if hasattr(v.aval, "shape"))


def borders(closed):
    """What every `pad` of a program puts before, behind and between the entries of each axis."""
    for equation, _ in _equations(closed.jaxpr, 1):
        if equation.primitive.name == "pad":
            yield from equation.params["padding_config"]


def entries_written(closed):
    """How many entries a program writes in all: a measure of its work that no machine disturbs."""
    return sum(
        times * sum(math.prod(v.aval.shape) for v in equation.outvars if hasattr(v.aval, "shape"))
        for equation, times in _equations(closed.jaxpr, 1)
    )


def _equations(jaxpr, times):
    for equation in jaxpr.eqns:
        yield equation, times
        inside = (
            times * equation.params.get("length", 1) if equation.primitive.name == "scan" else times
        )
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=_is_program):
            if _is_program(inner):
                yield from _equations(getattr(inner, "jaxpr", inner), inside)


def _is_program(thing):
    return hasattr(getattr(thing, "jaxpr", thing), "eqns")
