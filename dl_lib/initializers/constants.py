"""Initializers that draw nothing."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.initializers.random import DType, Initializer

__all__ = ["constant", "ones", "zeros"]


def zeros(
    key: Key[Array, ""] | None, shape: tuple[int, ...], dtype: DType = float
) -> Float[Array, "..."]:
    """Zeros, for biases: weights that start equal stay equal.

    Args
        key: not used
        shape: of the parameter
        dtype: of the parameter
    Returns
        array of this shape
    Chapter
        linear_networks/linear_regression
    """
    del key
    return jnp.zeros(shape, dtype)


def ones(
    key: Key[Array, ""] | None, shape: tuple[int, ...], dtype: DType = float
) -> Float[Array, "..."]:
    """Ones, for the scale of a normalization.

    Args
        key: not used
        shape: of the parameter
        dtype: of the parameter
    Returns
        array of this shape
    Chapter
        builders_guide/parameters
    """
    del key
    return jnp.ones(shape, dtype)


def constant(value: float | int) -> Initializer:
    """The same value everywhere.

    Args
        value: the value
    Returns
        init(key, shape, dtype)
    Chapter
        builders_guide/parameters
    """

    def init(key: Key[Array, ""] | None, shape: tuple[int, ...], dtype: DType = float):
        del key
        return jnp.full(shape, value, dtype)

    return init
