"""First values of parameters: functions `init(key, shape, dtype)`, and makers of them.

Each has the signature of `jax.nn.initializers`, so that either side's can be used.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

__all__ = [
    "Initializer",
    "constant",
    "fans",
    "he_normal",
    "he_uniform",
    "normal",
    "ones",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Initializer = Callable[..., Array]
DType = jnp.dtype | type


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs each output adds up, and how many outputs each input feeds.

    Equation
        (in, out): in, out;  (out, in, kh, kw): in · kh · kw, out · kh · kw
    Args
        shape: of a dense weight, (in, out), or of a kernel, (out, in, ...)
    Returns
        fan-in and fan-out
    Raises
        ValueError: if the shape has fewer than two axes, as a bias has
    Source
        Glorot & Bengio 2010.
    Chapter
        mlp/initialization
    """
    if len(shape) < 2:
        raise ValueError(f"fans need a shape of two axes or more, got {shape}")
    if len(shape) == 2:
        return shape[0], shape[1]
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def zeros(
    key: Key[Array, ""] | None, shape: tuple[int, ...], dtype: DType = jnp.float32
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
    key: Key[Array, ""] | None, shape: tuple[int, ...], dtype: DType = jnp.float32
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

    def init(key: Key[Array, ""] | None, shape: tuple[int, ...], dtype: DType = jnp.float32):
        del key
        return jnp.full(shape, value, dtype)

    return init


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
    if not std >= 0:
        raise ValueError(f"std must not be negative, got {std}")
    return _scaled(lambda shape: std, jax.random.normal)


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
    if not limit >= 0:
        raise ValueError(f"limit must not be negative, got {limit}")
    return _scaled(lambda shape: limit, _symmetric)


def xavier_normal(gain: float | int = 1.0) -> Initializer:
    """Xavier (Glorot) initialization, normal.

    Equation
        W ~ N(0, s²),  s = g sqrt(2 / (n_in + n_out))
    Args
        gain: g
    Returns
        init(key, shape, dtype); the shape needs two axes or more
    Source
        Glorot & Bengio 2010.
    Chapter
        mlp/initialization
    """
    return _scaled(lambda shape: gain * math.sqrt(2 / sum(fans(shape))), jax.random.normal)


def xavier_uniform(gain: float | int = 1.0) -> Initializer:
    """Xavier (Glorot) initialization, uniform, with the variance of the normal one.

    Equation
        W ~ U(−a, a),  a = g sqrt(6 / (n_in + n_out))
    Args
        gain: g
    Returns
        init(key, shape, dtype); the shape needs two axes or more
    Source
        Glorot & Bengio 2010, equation 16.
    Chapter
        mlp/initialization
    """
    return _scaled(lambda shape: gain * math.sqrt(6 / sum(fans(shape))), _symmetric)


def he_normal(slope: float | int = 0.0) -> Initializer:
    """He (Kaiming) initialization, normal, for layers followed by a relu.

    Equation
        W ~ N(0, s²),  s = sqrt(2 / ((1 + a²) n_in))
    Args
        slope: a, the slope of a leaky relu on the negative side
    Returns
        init(key, shape, dtype); the shape needs two axes or more
    Source
        He et al. 2015. Differs from `jax.nn.initializers.he_normal`: not truncated.
    Chapter
        mlp/initialization
    """
    gain = 2 / (1 + slope**2)
    return _scaled(lambda shape: math.sqrt(gain / fans(shape)[0]), jax.random.normal)


def he_uniform(slope: float | int = 0.0) -> Initializer:
    """He (Kaiming) initialization, uniform, with the variance of the normal one.

    Equation
        W ~ U(−l, l),  l = sqrt(6 / ((1 + a²) n_in))
    Args
        slope: a, the slope of a leaky relu on the negative side
    Returns
        init(key, shape, dtype); the shape needs two axes or more
    Source
        He et al. 2015. Differs from PyTorch's default for linear layers, which has slope √5.
    Chapter
        mlp/initialization
    """
    gain = 6 / (1 + slope**2)
    return _scaled(lambda shape: math.sqrt(gain / fans(shape)[0]), _symmetric)


def _scaled(scale: Callable[[tuple[int, ...]], float], draw: Callable) -> Initializer:
    def init(key: Key[Array, ""], shape: tuple[int, ...], dtype: DType = jnp.float32):
        # A Python number keeps the dtype, as a NumPy float64 would not.
        return float(scale(shape)) * draw(key, shape, dtype)

    return init


def _symmetric(key: Key[Array, ""], shape: tuple[int, ...], dtype: DType) -> Float[Array, "..."]:
    return jax.random.uniform(key, shape, dtype, minval=-1, maxval=1)
