"""What surrounds a call of a layer: its context, its name in errors and profiles, who looks on."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import jax

from dl_lib.core.context import Context, context_of_forgetful

__all__ = ["observed_by", "surrounded"]

_observer: ContextVar = ContextVar("observer", default=None)


@contextmanager
def observed_by(observe: Callable[[Any, Any], None]) -> Iterator[None]:
    """Have a function look on while models run.

    Args
        observe: called as observe(layer, output) after every call of a layer
    Returns
        a context manager
    Chapter
        builders_guide/parameters
    """
    outer = _observer.get()

    def both(layer, output):
        observe(layer, output)
        if outer is not None:
            outer(layer, output)

    token = _observer.set(both)
    try:
        yield
    finally:
        _observer.reset(token)


def surrounded(name: str, method: Any, find: Callable[[Any], Iterator]) -> Any:
    """Wrap what stands in the body of a class, if it is `__call__` or a method with a context.

    A layer that is called without its context while the model trains is given one that refuses to
    answer; an error in the method names the layer it came from; in a profile, the operations stand
    under the name of the class.

    Args
        name: what it is called
        method: a function; anything else is left as it is
        find: `modules`, which names the parts of a module
    Returns
        the function, wrapped
    Raises
        TypeError: from the method, if something else stands in the place of the context
    Chapter
        builders_guide/modules
    """
    parameters = inspect.signature(method).parameters if inspect.isfunction(method) else ()
    if "ctx" not in parameters and not (parameters and name == "__call__"):
        return method
    place = _place(parameters) if "ctx" in parameters else None

    @functools.wraps(method)
    def call(self, *args, **inputs):
        try:
            if place is not None:
                _check_context(self, place, args, inputs)
            with jax.named_scope(type(self).__name__):
                output = method(self, *args, **inputs)
        except Exception as error:
            _locate(error, self, find)
            raise
        # A class that calls super().__call__ is one layer, seen once.
        if (observe := _observer.get()) is not None and type(self).__call__ is call:
            observe(self, output)
        return output

    return call


def _place(parameters):
    """How many inputs may stand before the context, and whether it may be left out."""
    ctx = parameters["ctx"]
    before = list(parameters).index("ctx") - 1  # self stands before all
    return float("inf") if ctx.kind is ctx.KEYWORD_ONLY else before, ctx.default is not ctx.empty


def _check_context(layer, place, args, inputs):
    before, optional = place
    if len(args) <= before and "ctx" not in inputs:
        if optional and (forgotten := context_of_forgetful.get()) is not None:
            inputs["ctx"] = forgotten(layer)
        return
    ctx = inputs.get("ctx") if len(args) <= before else args[before]
    if not (ctx is None or isinstance(ctx, Context)) or ("ctx" in inputs and len(args) > before):
        raise TypeError(
            f"{type(layer).__name__} takes its context in place {before + 1}, got "
            f"{type(args[before]).__name__ if len(args) > before else type(ctx).__name__} there; "
            f"give the inputs behind it by name: {inspect.signature(layer)}"
        )


def _locate(error, module, find):
    """Note in `error` where inside `module` it arose; each outer module completes the name."""
    notes = getattr(error, "__notes__", [])
    origin = getattr(error, "_origin", None)
    if origin is None:
        origin = error._origin = module
    else:
        notes[:] = [note for note in notes if not note.startswith("in layer ")]
    name = next((name for name, node in find(module) if node is origin), "")
    error.add_note(f"in layer {name or type(origin).__name__}: {origin!r}")
