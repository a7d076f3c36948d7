"""Initializers that draw every weight by itself, with a size given beforehand."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.validation import require_nonnegative, require_positive

__all__ = [
    "DType",
    "Initializer",
    "normal",
    "scaled",
    "sparse",
    "symmetric",
    "truncated_normal",
    "uniform",
]

Initializer = Callable[..., Array]  # init(key, shape, dtype)
DType = jnp.dtype | type


def normal(std: float | int = 0.01) -> Initializer:
    """Normal with mean 0.

    Equation
        W ~ N(0, s²)
    Args
        std: s, the standard deviation
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: if s is negative
    Chapter
        linear_networks/linear_regression
    """
    require_nonnegative("std", std)
    return scaled(lambda shape: std, jax.random.normal)


def uniform(limit: float | int = 0.01) -> Initializer:
    """Uniform around 0.

    Equation
        W ~ U(−a, a)
    Args
        limit: a
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: if a is negative
    Chapter
        mlp/initialization
    """
    require_nonnegative("limit", limit)
    return scaled(lambda shape: limit, symmetric)


def truncated_normal(std: float | int = 0.01, bound: float | int = 2.0) -> Initializer:
    """Normal with mean 0 and without its tails.

    Equation
        W ~ N(0, s²) given that |W| ≤ c s
    Args
        std: s, the standard deviation before the tails are cut; for c = 2 it is 0.88 s after
        bound: c
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: if s is negative or c is not positive
    Source
        As PyTorch's trunc_normal_, whose bounds are absolute and not multiples of s.
    Chapter
        attention/vision_transformer
    """
    require_nonnegative("std", std)
    require_positive("bound", bound)

    def draw(key: Key[Array, ""], shape: tuple[int, ...], dtype: DType) -> Float[Array, "..."]:
        return jax.random.truncated_normal(key, -bound, bound, shape, dtype)

    return scaled(lambda shape: std, draw)


def sparse(initializer: Initializer, threshold: float | int) -> Initializer:
    """Draw as another initializer does and set what is small to 0.

    Equation
        W = V · 1(|V| ≥ c)
    Args
        initializer: draws V
        threshold: c
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: if c is negative
    Chapter
        builders_guide/parameters
    """
    require_nonnegative("threshold", threshold)

    def init(key: Key[Array, ""], shape: tuple[int, ...], dtype: DType = float):
        drawn = initializer(key, shape, dtype)
        return jnp.where(jnp.abs(drawn) >= threshold, drawn, 0)

    return init


def scaled(scale: Callable[[tuple[int, ...]], float], draw: Callable) -> Initializer:
    """Multiply draws of a fixed size by a scale that may depend on the shape.

    Args
        scale: function of the shape
        draw: function of key, shape and dtype
    Returns
        init(key, shape, dtype)
    Chapter
        mlp/initialization
    """

    def init(key: Key[Array, ""], shape: tuple[int, ...], dtype: DType = float):
        dtype = jnp.result_type(dtype)  # float is float64 where that is enabled
        # A draw in bfloat16 would be one of 256 numbers. Along one axis the numbers are the same,
        # and their program compiles in a quarter of the time.
        drawn = draw(key, (math.prod(shape),), jnp.promote_types(dtype, jnp.float32))
        # A Python number keeps the dtype, as a NumPy float64 would not.
        return (float(scale(shape)) * drawn).astype(dtype).reshape(shape)

    return init


def symmetric(key: Key[Array, ""], shape: tuple[int, ...], dtype: DType) -> Float[Array, "..."]:
    """Uniform between −1 and 1.

    Args
        key: random key
        shape: of the parameter
        dtype: of the parameter
    Returns
        array of this shape
    Chapter
        mlp/initialization
    """
    return jax.random.uniform(key, shape, dtype, minval=-1, maxval=1)
