"""Checks that speak up: what can be known before the arithmetic starts is checked there."""

import operator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Num, ScalarLike

__all__ = [
    "is_known",
    "require_axes",
    "require_broadcast",
    "require_count",
    "require_distribution",
    "require_drop_rate",
    "require_nonnegative",
    "require_positive",
    "require_same_shape",
    "require_sequences",
    "require_unit_interval",
    "whole_number",
]


def is_known(*arrays: object) -> bool:
    """Tell whether the values can be looked at, which they cannot while JAX is tracing them.

    A known array must be looked at with NumPy: inside a traced function whatever `jax.numpy` makes
    of it is traced, even where the array itself is a constant.

    Args
        arrays: arrays, or None for an argument that was left out
    Returns
        False if any of them is a tracer (inside jit, grad, vmap, scan), else True
    Chapter
        preliminaries/tensors
    """
    return not any(isinstance(array, jax.core.Tracer) for array in arrays)


def require_axes(name: str, array: Array, layout: str) -> None:
    """Raise unless an array has the axes of a layout, however long they are.

    Args
        name: what to call the array in the message
        array: any array
        layout: names of the axes, as "batch, time, in"; "..." stands for any number of them
    Raises
        ValueError: if there are too few axes or too many; the message names layout and shape
    Chapter
        preliminaries/tensors
    """
    axes = layout.split(", ")
    missing = len(axes) - ("..." in axes) - array.ndim
    if missing > 0 or (missing < 0 and "..." not in axes):
        raise ValueError(f"{name} must have shape ({layout}), got {array.shape}")


def require_sequences(**sequences: Array) -> None:
    """Raise unless all arrays are sequences of vectors, (..., time, width).

    Args
        sequences: arrays by the names that the message calls them
    Raises
        ValueError: if one has fewer than two axes
    Chapter
        attention/attention_scoring
    """
    for name, sequence in sequences.items():
        require_axes(name, sequence, "..., time, width")


def require_same_shape(first_name: str, first: Array, second_name: str, second: Array) -> None:
    """Raise unless two arrays have one shape, because broadcasting would hide the mistake.

    Args
        first_name: what to call the first array in the message
        first: any array
        second_name: what to call the second array in the message
        second: any array
    Raises
        ValueError: if the shapes differ; the message names both
    Chapter
        preliminaries/tensors
    """
    if first.shape != second.shape:
        raise ValueError(
            f"{first_name} has shape {first.shape} but {second_name} has shape {second.shape}; "
            "they must be the same"
        )


def require_distribution(name: str, p: Float[Array, "..."], axis: int | None = -1) -> None:
    """Raise unless the values are probabilities that sum to one, which is known outside of jit.

    Args
        name: what to call the array in the message
        p: probabilities
        axis: the axis over which they sum to one; None for all of them
    Raises
        ValueError: if a probability is negative or NaN, or a sum is off by more than rounding
    Chapter
        preliminaries/probability
    """
    if not is_known(p):
        return
    p = np.asarray(p, float)  # JAX traces what is done to a constant inside a traced function
    if not np.all(p >= 0):
        raise ValueError(f"{name} must hold probabilities, found {p.min()}")
    worst = np.max(np.abs(np.sum(p, axis=axis) - 1), initial=0)
    halves = [t for t in (jnp.float16, jnp.bfloat16) if np.array_equal(p, p.astype(t))]
    if not worst <= max([1e-4, *(float(jnp.finfo(t).eps) for t in halves)]):
        over = "all entries" if axis is None else f"axis {axis}"
        raise ValueError(f"{name} must sum to 1 over {over}, a sum is off by {worst:.4g}")


def require_positive(name: str, value: ScalarLike | Num[Array, "..."] | Bool[Array, "..."]) -> None:
    """Raise unless what is known of a value is positive.

    Args
        name: what to call the value in the message
        value: a number, or an array of them
    Raises
        ValueError: if a number is not positive; of an array the message names the least
    Chapter
        preliminaries/tensors
    """
    if is_known(value) and not np.all(np.asarray(value) > 0):
        raise ValueError(f"{name} must be positive, {_least(value)}")


def require_nonnegative(
    name: str, value: ScalarLike | Num[Array, "..."] | Bool[Array, "..."]
) -> None:
    """Raise unless what is known of a value is 0 or more.

    Args
        name: what to call the value in the message
        value: a number, or an array of them
    Raises
        ValueError: if a number is negative or NaN; of an array the message names the least
    Chapter
        preliminaries/tensors
    """
    if is_known(value) and not np.all(np.asarray(value) >= 0):
        raise ValueError(f"{name} must not be negative, {_least(value)}")


def require_unit_interval(
    name: str, values: ScalarLike | Num[Array, "..."] | Bool[Array, "..."]
) -> None:
    """Raise unless what is known of some values lies from 0 to 1.

    Args
        name: what to call the array in the message
        values: a number, or an array of them
    Raises
        ValueError: if a value lies outside [0, 1] or is NaN
    Chapter
        preliminaries/probability
    """
    if is_known(values):
        known = np.asarray(values)
        lowest, highest = known.min(initial=0), known.max(initial=1)
        if not (lowest >= 0 and highest <= 1):
            found = f"found {lowest} to {highest}" if known.ndim else f"got {values}"
            raise ValueError(f"{name} must lie in [0, 1], {found}")


def require_count(name: str, count: int | Array, most: int) -> None:
    """Raise unless some numbers count entries of an axis: integers from 0 to its length.

    Args
        name: what to call the numbers in the message
        count: a number, or an array of them
        most: the length of the axis
    Raises
        ValueError: if a number is no integer, or is known and negative or exceeds the length
    Chapter
        preliminaries/tensors
    """
    dtype = count.dtype if hasattr(count, "dtype") else np.asarray(count).dtype
    if not np.issubdtype(dtype, np.integer):
        raise ValueError(f"{name} must be integers, got {count}")
    if is_known(count):
        known = np.asarray(count)
        if not np.all((known >= 0) & (known <= most)):
            raise ValueError(f"{name} must lie in 0..{most}, the length, got {count}")


def whole_number(name: str, value: object, least: int = 1) -> int:
    """Read a setting that counts something, or begins a count, as a plain integer.

    Args
        name: what to call the setting in the message
        value: an integer of Python, NumPy or JAX
        least: the smallest that will do
    Returns
        the same number
    Raises
        TypeError: if it is no integer: a float, a truth value, a text
        ValueError: if it is less than `least`
    Chapter
        preliminaries/tensors
    """
    try:
        number = operator.index(None if isinstance(value, bool) else value)
    except TypeError:
        raise TypeError(f"expected {name} to be a whole number, got {value!r}") from None
    if number < least:
        raise ValueError(f"expected {name} to be at least {least}, got {value}")
    return number


def require_drop_rate(rate: float | int) -> None:
    """Raise unless a layer can drop at this rate and still let something through.

    Args
        rate: the probability of dropping
    Raises
        ValueError: if the rate is negative, or 1 or more
    Chapter
        mlp/dropout
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate is the probability of dropping, 0 <= rate < 1; got {rate}")


def _least(value: ScalarLike | Num[Array, "..."]) -> str:
    return f"found {np.min(np.asarray(value))}" if np.ndim(value) else f"got {value}"


def require_broadcast(name: str, array: Array, shape: tuple[int, ...]) -> None:
    """Refuse an array that does not broadcast to the scores of an attention.

    Args
        name: what to call it in the error
        array: a mask or a bias
        shape: of the scores
    Raises
        ValueError: if an axis is neither 1 nor that of the scores
    Chapter
        attention/attention_scoring
    """
    fits = array.ndim <= len(shape) and all(
        a in (1, b) for a, b in zip(array.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ValueError(f"{name} of shape {array.shape} does not broadcast to scores {shape}")
