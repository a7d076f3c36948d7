"""Data as fit, evaluate and predict take them, and what is wrong with them if anything is."""

from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["as_arrays", "check_batch_size"]


def as_arrays(data: Any, name: str = "data") -> tuple[Any, int]:
    """Put data on the device and count the examples.

    Args
        data: a pytree of arrays with one row an example, usually a pair (X, y), or an object with
            the fields X and y, such as a `dl_lib.data.Dataset`
        name: what to call them in an error
    Returns
        the same tree of JAX arrays, and the number of examples
    Raises
        ValueError: if there are no examples, or the arrays disagree about their number
        TypeError: if something is no array
    Chapter
        linear_networks/linear_regression
    """
    if hasattr(data, "X") and hasattr(data, "y"):
        data = (data.X, data.y)
    try:
        arrays = jax.tree.map(jnp.asarray, data)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected arrays such as (X, y), got {error}") from None
    shapes = [leaf.shape for leaf in jax.tree.leaves(arrays)]
    if not shapes or () in shapes:
        raise ValueError(f"{name}: expected arrays with one row an example, got shapes {shapes}")
    lengths = sorted({shape[0] for shape in shapes})
    if len(lengths) > 1:
        raise ValueError(f"{name}: expected one number of examples, got arrays of shapes {shapes}")
    if lengths[0] == 0:
        raise ValueError(f"{name}: expected at least one example, got shapes {shapes}")
    return arrays, lengths[0]


def check_batch_size(batch_size: int | None, examples: int) -> None:
    """Refuse a batch size that these data cannot fill.

    Args
        batch_size: examples in a batch, or None for all of them
        examples: how many there are
    Raises
        ValueError: unless 1 ≤ batch_size ≤ examples
    Chapter
        linear_networks/linear_regression
    """
    if batch_size is not None and not 1 <= batch_size <= examples:
        raise ValueError(f"expected a batch_size from 1 to {examples} examples, got {batch_size}")
