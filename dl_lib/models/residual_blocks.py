"""The blocks of residual networks: what is added to the input, and how it is left alone."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from dl_lib.core import Module
from dl_lib.functional import relu
from dl_lib.initializers import he_uniform, zeros
from dl_lib.layers import BatchNorm, Conv2d, Residual, Sequential, SqueezeExcitation

__all__ = ["BasicBlock", "Bottleneck", "PreActivationBlock", "ResidualStage"]


class BasicBlock(Sequential):
    """Two convolutions of 3×3, added to the input.

    Equation
        y = relu(s(x) + f(x)),  f: conv 3×3 – norm – relu – conv 3×3 – norm,  s(x) = x, or a
        convolution of 1×1 and a norm where the shape changes
    Args
        in_channels: of the input
        out_channels: of the output
        stride: of the first convolution and of s
        key: random key for the kernels
        residual: False for y = relu(f(x)), the plain network to compare with
        zero_init: let the scale of the last norm be 0 at first, so that f is
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height / s, width / s)
    Source
        He, Zhang, Ren & Sun 2016a; zero_init: Goyal et al. 2017.
    Chapter
        modern_cnn/resnet
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        *,
        key: Key[Array, ""],
        residual: bool = True,
        zero_init: bool = False,
    ):
        keys = jax.random.split(key, 3)
        branch = Sequential(
            Conv2d(in_channels, out_channels, 3, stride, 1, bias=False, key=keys[0]),
            BatchNorm(out_channels),
            relu,
            Conv2d(out_channels, out_channels, 3, 1, 1, bias=False, key=keys[1]),
            _last_norm(out_channels, zero_init),
        )
        shortcut = _projection(in_channels, out_channels, stride, keys[2])
        super().__init__(Residual(branch, shortcut) if residual else branch, relu)


class Bottleneck(Sequential):
    """A convolution of 3×3 between two of 1×1, where it has fewer channels, added to the input.

    Equation
        y = relu(s(x) + f(x)),  f: conv 1×1 – norm – relu – conv 3×3 – norm – relu – conv 1×1 – norm
    Args
        in_channels: of the input
        out_channels: of the output
        stride: of the convolution of 3×3, and of s
        ratio: how many times fewer channels there are inside: 4 in ResNet
        groups: of the convolution of 3×3: 32 in ResNeXt
        squeeze: units of a squeeze-and-excitation behind that convolution; 0 for none
        key: random key for the kernels
        residual: False for y = relu(f(x)), the plain network to compare with
        zero_init: let the scale of the last norm be 0 at first, so that f is
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height / s, width / s)
    Raises
        ValueError: if the groups do not divide the channels inside
    Source
        He, Zhang, Ren & Sun 2016a. Differs: the stride is that of the 3×3, as PyTorch.
    Chapter
        modern_cnn/resnet
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        ratio: float | int = 4,
        groups: int = 1,
        squeeze: int = 0,
        *,
        key: Key[Array, ""],
        residual: bool = True,
        zero_init: bool = False,
    ):
        keys = jax.random.split(key, 5)
        inside = round(out_channels / ratio)
        gate = [SqueezeExcitation(inside, hidden=squeeze, key=keys[2])] if squeeze else []
        branch = Sequential(
            Conv2d(in_channels, inside, 1, bias=False, key=keys[0]),
            BatchNorm(inside),
            relu,
            Conv2d(inside, inside, 3, stride, 1, groups=groups, bias=False, key=keys[1]),
            BatchNorm(inside),
            relu,
            *gate,
            Conv2d(inside, out_channels, 1, bias=False, key=keys[3]),
            _last_norm(out_channels, zero_init),
        )
        shortcut = _projection(in_channels, out_channels, stride, keys[4])
        super().__init__(Residual(branch, shortcut) if residual else branch, relu)


class PreActivationBlock(Sequential):
    """Norm and relu before each convolution, and nothing at all on the way around them.

    Equation
        y = x + f(x),  f: norm – relu – conv 3×3 – norm – relu – conv 3×3;  where the shape changes,
        y = s(z) + g(z),  z = relu(norm(x)),  g: conv 3×3 – norm – relu – conv 3×3,  s: conv 1×1
    Args
        in_channels: of the input
        out_channels: of the output
        stride: of the first convolution and of s
        key: random key for the kernels
        residual: False for y = f(x), the plain network to compare with
        zero_init: let the last kernels be 0 at first, so that f is
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height / s, width / s)
    Source
        He, Zhang, Ren & Sun 2016b.
    Chapter
        modern_cnn/resnet
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        *,
        key: Key[Array, ""],
        residual: bool = True,
        zero_init: bool = False,
    ):
        keys = jax.random.split(key, 3)
        last = {"initializer": zeros if zero_init else he_uniform()}
        activation = BatchNorm(in_channels), relu
        convolutions = Sequential(
            Conv2d(in_channels, out_channels, 3, stride, 1, bias=False, key=keys[0]),
            BatchNorm(out_channels),
            relu,
            Conv2d(out_channels, out_channels, 3, 1, 1, bias=False, key=keys[1], **last),
        )
        if not residual:
            super().__init__(*activation, convolutions)
        elif _fits(in_channels, out_channels, stride):
            super().__init__(Residual(Sequential(*activation, convolutions)))
        else:
            shortcut = Conv2d(in_channels, out_channels, 1, stride, bias=False, key=keys[2])
            super().__init__(*activation, Residual(convolutions, shortcut))


class ResidualStage(Sequential):
    """Blocks of one size, the first of which makes it from that of the stage before.

    Equation
        y = blockₙ(… block₂(block₁(x)))
    Args
        block: kind of the blocks, called as block(in_channels, out_channels, stride, key=key)
        blocks: n
        in_channels: of the input
        out_channels: of each block
        stride: of the first block
        key: random key for the kernels
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height / s, width / s)
    Chapter
        modern_cnn/resnet
    """

    def __init__(
        self,
        block: Callable[..., Module],
        blocks: int,
        in_channels: int,
        out_channels: int,
        stride: int,
        *,
        key: Key[Array, ""],
    ):
        first, *keys = jax.random.split(key, blocks)
        super().__init__(
            block(in_channels, out_channels, stride, key=first),
            *(block(out_channels, out_channels, 1, key=key_of_one) for key_of_one in keys),
        )


def _projection(in_channels, out_channels, stride, key):
    """What makes the input of a block fit its output: nothing where it fits already."""
    if _fits(in_channels, out_channels, stride):
        return None
    convolution = Conv2d(in_channels, out_channels, 1, stride, bias=False, key=key)
    return Sequential(convolution, BatchNorm(out_channels))


def _fits(in_channels, out_channels, stride):
    return stride == 1 and in_channels == out_channels


def _last_norm(channels, zero_init):
    norm = BatchNorm(channels)
    return norm.replace(weight=jnp.zeros(channels)) if zero_init else norm
