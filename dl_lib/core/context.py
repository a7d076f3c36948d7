"""What travels through a model while it trains: random keys in, running statistics out.

A pure function cannot keep a random state or a running mean to itself. `apply` makes a `Context`,
hands it to the model, and afterwards builds the model that carries the new statistics.
"""

import inspect
from contextvars import ContextVar
from typing import Any

import jax

try:  # Outside JAX's promise of compatibility, and used to catch mistakes only.
    from jax.extend.core import get_opaque_trace_state
except ImportError:  # pragma: no cover

    def get_opaque_trace_state(convention: str):
        """Stand in where JAX no longer has it: all traces look the same, nothing is caught."""


__all__ = ["Context", "apply", "context_of_forgetful"]

# While a model trains: makes what a layer is given that was called without its context; else None.
context_of_forgetful: ContextVar = ContextVar("context_of_forgetful", default=None)


class Context:
    """What a layer may ask for besides its input; made by `apply`, valid for that call only.

    A layer hands its context on to its parts, `self.drop(x, ctx)`. Without one, or with None, they
    infer; while `apply(..., training=True)` runs, None has to be written out, for it is then more
    often forgotten than meant.

    Args
        key: random key, or None for a model that draws nothing
        training: whether layers such as dropout and batch normalization train
    Returns
        a context, for `apply` to pass on
    Chapter
        builders_guide/modules
    """

    def __init__(self, key: Any = None, training: bool = False):
        self.training = training
        self._key, self._keys_given = key, 0
        self._records: dict[int, tuple[Any, Any]] = {}  # id -> (as it was, as it is now)
        self._trace = get_opaque_trace_state(convention="flax")

    def key(self):
        """Return a fresh random key.

        Returns
            a key, different at every call
        Raises
            ValueError: if `apply` was given no key
            RuntimeError: if called inside jit, grad, scan, vmap or checkpoint, where one key would
                be drawn once and used for every step
        """
        self._check_trace("draws a key")
        if self._key is None:
            raise ValueError("a layer needs a random key: call apply(model, x, key=..., ...)")
        self._keys_given += 1
        return jax.random.fold_in(self._key, self._keys_given)

    def has_key(self) -> bool:
        """Say whether there is a key, for a layer that hands one on to an inner `apply`.

        Returns
            whether `key` gives one
        """
        return self._key is not None

    def latest(self, module: Any) -> Any:
        """Return `module` with the statistics recorded so far, for a layer that is called twice.

        Args
            module: the layer that asks, usually `self`
        Returns
            the layer as the last `record` left it
        """
        return self._records.get(id(module), (module, module))[1]

    def record(self, module: Any, **buffers):
        """Set fields of `module` in the model that `apply` returns.

        Args
            module: the layer that records, usually `self`
            buffers: new values by field name
        Raises
            RuntimeError: if called inside jit, grad, scan, vmap or checkpoint, which would lose
                the values
        """
        self._check_trace("records statistics")
        self._records[id(module)] = (module, self.latest(module).replace(**buffers))

    def _check_trace(self, what):
        if get_opaque_trace_state(convention="flax") != self._trace:
            raise RuntimeError(
                f"a layer {what} inside jit, grad, scan, vmap or checkpoint, but its context is "
                f"from outside; call apply(layer, x, key=..., training=...) inside that function, "
                f"and record the layer that it returns outside of it"
            )

    def _commit(self, model):
        found = set()

        def recorded(node):
            return id(node) in self._records

        def latest(node):
            if not recorded(node):
                return node
            found.add(id(node))
            # Parts of what was recorded may have recorded, too.
            return jax.tree.map(latest, self._records[id(node)][1], is_leaf=recorded)

        new = jax.tree.map(latest, model, is_leaf=recorded)
        if lost := [module for i, (module, _) in self._records.items() if i not in found]:
            raise RuntimeError(
                f"the statistics of {lost[0]!r} would be lost: it is not part of the model given "
                f"to apply, but a copy of one of its layers (jit, grad, scan, vmap and checkpoint "
                f"hand copies on), or a layer around it has recorded another in its place"
            )
        return new


class _Forgotten(Context):
    """What a layer is given that was called without its context while the model trains."""

    def __init__(self, layer):
        self._layer = type(layer).__name__

    def _refuse(self):
        raise RuntimeError(
            f"{self._layer} was called without its context while the model trains: call it as "
            f"layer(x, ctx), or as layer(x, ctx=None) where inference is meant"
        )

    training = has_key = key = latest = record = property(_refuse)


def apply(
    model: Any,
    /,
    *args,
    key: Any = None,
    training: bool = False,
    method: str | None = None,
    **inputs,
):
    """Call a model with a context: y, model' = model(x; ω, θ).

    Args
        model: a module, or any function; what has no argument `ctx` is called without
        args: its inputs
        key: random key ω for dropout and its like
        training: True uses batch statistics and dropout; False is the same as `model(*args)`
        method: name of the method to call, for example "encode"; None calls the model itself
        inputs: further inputs by name
    Returns
        the output, and the model with the statistics that its layers recorded
    Raises
        ValueError: if a layer needs a key and none was given
        RuntimeError: if a key is drawn or statistics are recorded where they would go wrong, or a
            layer that trains otherwise than it infers is called without its context in training
    Chapter
        builders_guide/modules
    """
    context = Context(key, training)
    function = model if method is None else getattr(model, method)
    if _takes_context(function):
        inputs["ctx"] = context
    token = context_of_forgetful.set(_Forgotten if training else None)
    try:
        output = function(*args, **inputs)
    finally:
        context_of_forgetful.reset(token)
    return output, context._commit(model)


def _takes_context(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # written in C
        return False
    return any(p.name == "ctx" or p.kind is p.VAR_KEYWORD for p in parameters)
