"""Indices that cannot be wrong in silence, and the one-hot vectors they stand for."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Integer, Num

from dl_lib.validation import is_known

__all__ = ["one_hot", "require_classes", "require_either", "require_index", "take"]


def require_index(name: str, index: Integer[Array, "..."], size: int) -> Int[Array, "..."]:
    """Raise on an index out of range if it is known, else move it where NaN will be read.

    JAX clamps an index that is too large to the last entry and wraps a negative one, so a
    wrong label would read another example's value.

    Args
        name: what to call the index in the message
        index: integers, any shape
        size: how many entries there are to choose from
    Returns
        `index` in the widest integers there are, with every entry outside 0..size−1 replaced by
        `size`, which 8 bits might not hold
    Raises
        ValueError: if a known index is negative or not below `size`
    Chapter
        preliminaries/tensors
    """
    if is_known(index):
        known = np.asarray(index)
        wrong = known[(known < 0) | (known >= size)]
        if wrong.size:
            raise ValueError(f"{name} must lie in 0..{size - 1}, found {wrong.flat[0]}")
    index = jnp.asarray(index).astype(int)
    valid = (index >= 0) & (index < size)
    return jnp.where(valid, index, size)


def require_classes(name: str, scores: Float[Array, "..."], axis: int = -1) -> None:
    """Raise if there is one class only: it always wins, and nothing is left to be learned.

    Args
        name: what to call the scores in the message
        scores: one for each class, along one of the axes
        axis: that axis
    Raises
        ValueError: if there are fewer than two classes; the message names what is for one score
    Chapter
        linear_networks/softmax_regression
    """
    if scores.shape[axis] < 2:
        raise ValueError(
            f"{name} of shape {scores.shape} must have two classes or more on axis {axis}; one "
            "score for yes or no has the loss binary_cross_entropy, and the label score > 0"
        )


def require_either(name: str, values: Array, allowed: tuple[int, int]) -> None:
    """Raise unless what is known of some labels is one of two numbers.

    Args
        name: what to call the labels in the message
        values: any numbers or truth values, any shape
        allowed: what no and yes are called
    Raises
        ValueError: if a known value is neither
    Chapter
        losses/classification
    """
    if is_known(values):
        known = np.asarray(values)
        no, yes = allowed
        wrong = known[(known != no) & (known != yes)]
        if wrong.size:
            raise ValueError(f"{name} must be {no} or {yes}, found {wrong.flat[0]}")


def take(x: Num[Array, "..."], index: Integer[Array, "..."], axis: int = 0) -> Num[Array, "..."]:
    """Pick entries along an axis by number.

    Equation
        yᵢ = x[indexᵢ]
    Args
        x: any shape
        index: integers from 0 to size − 1, any shape; there are no negative indices here
        axis: the axis of `x` to pick from
    Returns
        x's shape with that axis replaced by the shape of `index`. Under jit an index out of
        range gives NaN (for integers the smallest, for unsigned ones the largest value)
    Raises
        ValueError: if a known index is out of range
    Chapter
        preliminaries/tensors
    """
    index = require_index("index", index, x.shape[axis])
    if index.size == 0:  # of an axis that is empty, too, jnp.take returns x
        before, after = x.shape[: axis % x.ndim], x.shape[axis % x.ndim + 1 :]
        return jnp.zeros((*before, *index.shape, *after), x.dtype)
    return jnp.take(x, index, axis=axis, mode="fill")


def one_hot(
    labels: Integer[Array, "..."], classes: int, dtype: jnp.dtype | type = jnp.float32
) -> Float[Array, "... classes"]:
    """One-hot vectors.

    Equation
        yⱼ = 1 if j = label else 0
    Args
        labels: integers from 0 to classes − 1, any shape
        classes: length of each vector
        dtype: a floating type
    Returns
        the shape of `labels`, then (classes,). Under jit a label out of range gives a row of
        NaN, where `jax.nn.one_hot` gives zeros
    Raises
        ValueError: if a known label is out of range, or `dtype` cannot hold NaN
    Chapter
        linear_networks/softmax_regression
    """
    if not jnp.issubdtype(dtype, jnp.floating):
        raise ValueError(f"dtype must be a floating type, got {jnp.dtype(dtype)}")
    labels = require_index("labels", labels, classes)[..., None]
    hot = (labels == jnp.arange(classes)).astype(dtype)
    return jnp.where(labels == classes, jnp.nan, hot)
