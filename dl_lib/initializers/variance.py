"""Initializers that keep the size of signals, whatever the width of the layer."""

import math
from collections.abc import Callable

import jax

from dl_lib.initializers.fans import fans
from dl_lib.initializers.random import scaled, symmetric
from dl_lib.initializers.types import Initializer

__all__ = [
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "xavier_normal",
    "xavier_uniform",
]


def xavier_normal(gain: float | int = 1.0, count: Callable = fans) -> Initializer:
    """Xavier (Glorot) initialization, normal.

    Equation
        W ~ N(0, s²),  s = g sqrt(2 / (n_in + n_out))
    Args
        gain: g
        count: function of the shape that gives (fan-in, fan-out)
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: from init, if the shape has fewer than two axes
    Source
        Glorot & Bengio 2010.
    Chapter
        mlp/initialization
    """
    return scaled(lambda shape: gain * math.sqrt(2 / sum(count(shape))), jax.random.normal)


def xavier_uniform(gain: float | int = 1.0, count: Callable = fans) -> Initializer:
    """Xavier (Glorot) initialization, uniform, with the variance of the normal one.

    Equation
        W ~ U(−a, a),  a = g sqrt(6 / (n_in + n_out))
    Args
        gain: g
        count: function of the shape that gives (fan-in, fan-out)
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: from init, if the shape has fewer than two axes
    Source
        Glorot & Bengio 2010, equation 16.
    Chapter
        mlp/initialization
    """
    return scaled(lambda shape: gain * math.sqrt(6 / sum(count(shape))), symmetric)


def he_normal(slope: float | int = 0.0, count: Callable = fans) -> Initializer:
    """He (Kaiming) initialization, normal, for layers followed by a relu.

    Equation
        W ~ N(0, s²),  s = sqrt(2 / ((1 + a²) n_in))
    Args
        slope: a, the slope of a leaky relu on the negative side
        count: function of the shape that gives (fan-in, fan-out)
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: from init, if the shape has fewer than two axes
    Source
        He et al. 2015. Differs from `jax.nn.initializers.he_normal`: not truncated.
    Chapter
        mlp/initialization
    """
    gain = 2 / (1 + slope**2)
    return scaled(lambda shape: math.sqrt(gain / count(shape)[0]), jax.random.normal)


def he_uniform(slope: float | int = 0.0, count: Callable = fans) -> Initializer:
    """He (Kaiming) initialization, uniform, with the variance of the normal one.

    Equation
        W ~ U(−l, l),  l = sqrt(6 / ((1 + a²) n_in))
    Args
        slope: a, the slope of a leaky relu on the negative side
        count: function of the shape that gives (fan-in, fan-out)
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: from init, if the shape has fewer than two axes
    Source
        He et al. 2015. Differs from PyTorch's default for linear layers, which has slope √5.
    Chapter
        mlp/initialization
    """
    gain = 6 / (1 + slope**2)
    return scaled(lambda shape: math.sqrt(gain / count(shape)[0]), symmetric)


def lecun_normal(count: Callable = fans) -> Initializer:
    """LeCun initialization, normal: outputs of a linear layer as large as its inputs.

    Equation
        W ~ N(0, s²),  s = sqrt(1 / n_in)
    Args
        count: function of the shape that gives (fan-in, fan-out)
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: from init, if the shape has fewer than two axes
    Source
        LeCun, Bottou, Orr & Müller 1998. Differs from `jax.nn.initializers.lecun_normal`: not
        truncated.
    Chapter
        mlp/initialization
    """
    return scaled(lambda shape: math.sqrt(1 / count(shape)[0]), jax.random.normal)


def lecun_uniform(count: Callable = fans) -> Initializer:
    """LeCun initialization, uniform, with the variance of the normal one.

    Equation
        W ~ U(−a, a),  a = sqrt(3 / n_in)
    Args
        count: function of the shape that gives (fan-in, fan-out)
    Returns
        init(key, shape, dtype)
    Raises
        ValueError: from init, if the shape has fewer than two axes
    Source
        LeCun, Bottou, Orr & Müller 1998.
    Chapter
        mlp/initialization
    """
    return scaled(lambda shape: math.sqrt(3 / count(shape)[0]), symmetric)
