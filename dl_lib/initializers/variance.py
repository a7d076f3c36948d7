"""Initializers that keep the size of signals, however many numbers meet in a unit."""

import math
from collections.abc import Callable

import jax

from dl_lib.initializers.random import Initializer, scaled, symmetric

__all__ = [
    "fans",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "xavier_normal",
    "xavier_uniform",
]


def fans(shape: tuple[int, ...], groups: int = 1, transposed: bool = False) -> tuple[int, int]:
    """How many inputs each output adds up, and how many outputs each input feeds.

    Equation
        dense (in, out): in, out
        kernel (out, in / groups, kh, kw): in / groups · kh · kw, out / groups · kh · kw
        transposed kernel (in, out / groups, kh, kw): the same two the other way round
    Args
        shape: of a dense weight, (in, out), or of a kernel, (out, in / groups, ...)
        groups: into how many parts the channels are split; all of them for a depthwise kernel
        transposed: the kernel is that of a transposed convolution, (in, out / groups, ...); with
            stride s an output then adds up only one in s of these inputs along each axis
    Returns
        fan-in and fan-out
    Raises
        ValueError: if the shape has fewer than two axes, as a bias has; if the groups do not
            divide the first axis
    Source
        Glorot & Bengio 2010. Differs from PyTorch, which leaves the groups out of the fan-out and
        reads every kernel as (out, in, ...).
    Chapter
        mlp/initialization
    """
    if len(shape) < 2:
        raise ValueError(f"fans need a shape of two axes or more, got {shape}")
    if min(shape) < 1:
        raise ValueError(f"fans need a positive shape, got {shape}")
    if len(shape) == 2:
        return shape[0], shape[1]
    if groups < 1 or shape[0] % groups:
        raise ValueError(f"{groups} groups do not divide the {shape[0]} kernels of shape {shape}")
    field = math.prod(shape[2:])
    inner, outer = shape[1] * field, shape[0] // groups * field
    return (outer, inner) if transposed else (inner, outer)


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
