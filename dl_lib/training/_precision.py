"""Training in half precision: what is cast, and the loss scale that keeps small gradients alive."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.core import Module, combine, parameter_count, partition

__all__ = [
    "LossScale",
    "adjusted",
    "initial_scale",
    "lowered",
    "raised",
    "require_precision",
    "with_statistics",
]

FIRST, LAST, PATIENCE = 2.0**12, 2.0**-24, 2000


class LossScale(NamedTuple):
    """The factor of the loss, and how many steps in a row had finite gradients with it."""

    factor: Any
    good_steps: Any


def require_precision(dtype: Any) -> Any:
    """Refuse what is no floating-point type that this JAX computes in."""
    if dtype is None:
        return None
    try:
        wanted = jnp.dtype(dtype)
    except TypeError:
        wanted = None
    known = wanted is not None and jnp.issubdtype(wanted, jnp.floating)
    if not known or jax.dtypes.canonicalize_dtype(wanted) != wanted:
        raise TypeError(
            f"expected compute_dtype jnp.bfloat16, jnp.float16 or jnp.float32, got {dtype!r}"
        )
    return wanted


def lowered(tree: Any, dtype: Any) -> Any:
    """Cast parameters and inputs to the type of the computation; buffers stay as they are."""
    if dtype is None:
        return tree

    def cast(node):
        if not isinstance(node, Module):
            return _cast(node, dtype)
        if parameter_count(node) == 0:
            return node
        parameters, rest = partition(node)
        return combine(jax.tree.map(lambda leaf: _cast(leaf, dtype), parameters), rest)

    return jax.tree.map(cast, tree, is_leaf=lambda node: isinstance(node, Module))


def raised(tree: Any, dtype: Any) -> Any:
    """Cast what was computed in a narrow type to float32."""
    return tree if dtype is None else jax.tree.map(lambda leaf: _cast(leaf, jnp.float32), tree)


def with_statistics(model: Any, new: Any, dtype: Any) -> Any:
    """Put the buffers of the computed model beside the parameters as they were."""
    if dtype is None:
        return new
    parameters, buffers = partition(model)

    def as_before(old, new):
        return new if new.dtype == old.dtype else new.astype(old.dtype)

    return combine(parameters, jax.tree.map(as_before, buffers, partition(new)[1]))


def initial_scale(dtype: Any) -> LossScale | None:
    """Start the scale of float16; other types have the range of float32, and need none."""
    return LossScale(np.float32(FIRST), np.int32(0)) if dtype == jnp.float16 else None


def adjusted(scale: LossScale, finite: Any) -> LossScale:
    """Halve the factor after an overflow, double it after many steps without one."""
    grown = scale.good_steps + 1 >= PATIENCE
    factor = jnp.where(grown, jnp.minimum(2 * scale.factor, 2.0**24), scale.factor)
    return LossScale(
        jnp.where(finite, factor, jnp.maximum(scale.factor / 2, LAST)),
        jnp.where(finite & ~grown, scale.good_steps + 1, 0),
    )


def _cast(leaf, dtype):
    real = hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.floating)
    return jnp.asarray(leaf, dtype) if real else leaf
