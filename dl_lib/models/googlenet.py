"""GoogLeNet: kernels of several sizes side by side, and the next layer takes what it needs."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module
from dl_lib.functional import relu
from dl_lib.layers import (
    AdaptiveAvgPool,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    Sequential,
)

__all__ = ["AuxiliaryClassifier", "GoogLeNet", "Inception"]

# Table 1 of the paper: channels of the branches 1×1; 1×1 and 3×3; 1×1 and 5×5; pooling and 1×1.
STAGES = (
    ((64, (96, 128), (16, 32), 32), (128, (128, 192), (32, 96), 64)),
    (
        (192, (96, 208), (16, 48), 64),
        (160, (112, 224), (24, 64), 64),
        (128, (128, 256), (24, 64), 64),
        (112, (144, 288), (32, 64), 64),
        (256, (160, 320), (32, 128), 128),
    ),
    ((256, (160, 320), (32, 128), 128), (384, (192, 384), (48, 128), 128)),
)


def _conv(in_channels, out_channels, kernel_size, stride=1, padding=0, *, batch_norm, key):
    """A convolution and its relu, with a norm instead of a bias where there is one."""
    shape = in_channels, out_channels, kernel_size, stride, padding
    norm = [BatchNorm(out_channels, eps=1e-3)] if batch_norm else []
    return Sequential(Conv2d(*shape, bias=not batch_norm, key=key), *norm, relu)


class Inception(Module):
    """Four ways to look at the input, side by side as channels.

    Equation
        y = [conv 1×1;  conv 1×1 – conv 3×3;  conv 1×1 – conv 5×5;  max pool 3×3 – conv 1×1](x)
    Args
        in_channels: of the input
        first: channels of the first branch
        second: channels of the two convolutions of the second branch
        third: likewise of the third
        fourth: channels of the last branch
        kernel_size: side of the largest kernel
        batch_norm: whether a norm stands between each convolution and its relu
        key: random key for the kernels
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height, width), where out is
        first + second[1] + third[1] + fourth
    Source
        Szegedy et al. 2015, figure 2b.
    Chapter
        modern_cnn/googlenet
    """

    branch1: Sequential
    branch2: Sequential
    branch3: Sequential
    branch4: Sequential

    def __init__(
        self,
        in_channels: int,
        first: int,
        second: tuple[int, int],
        third: tuple[int, int],
        fourth: int,
        kernel_size: int = 5,
        batch_norm: bool = False,
        *,
        key: Key[Array, ""],
    ):
        keys = iter(jax.random.split(key, 6))

        def conv(*shape):
            return _conv(*shape, batch_norm=batch_norm, key=next(keys))

        n, k = in_channels, kernel_size
        self.branch1 = conv(n, first, 1)
        self.branch2 = Sequential(conv(n, second[0], 1), conv(*second, 3, 1, 1))
        self.branch3 = Sequential(conv(n, third[0], 1), conv(*third, k, 1, k // 2))
        self.branch4 = Sequential(MaxPool(3, 1, 1), conv(n, fourth, 1))

    def __call__(self, x: Float[Array, "batch in h w"], ctx: Context | None = None):
        branches = self.branch1, self.branch2, self.branch3, self.branch4
        return jnp.concatenate([branch(x, ctx) for branch in branches], axis=1)


def _inceptions(in_channels, stage, shrink, kernel_size, batch_norm, keys):
    """The blocks of a line of the table, each with as many channels in as come before it."""
    for wide in stage:
        first, second, third, fourth = jax.tree.map(lambda n: n // shrink, wide)
        shape = in_channels, first, second, third, fourth, kernel_size
        yield Inception(*shape, batch_norm, key=next(keys))
        in_channels = first + second[1] + third[1] + fourth


class AuxiliaryClassifier(Sequential):
    """A small head halfway, so that the layers before it are told early what is wanted.

    Equation
        mean over 4×4 windows – conv 1×1 – hidden – classes
    Args
        in_channels: of the input
        classes: how many numbers come out
        width: channels of the convolution
        hidden: units of the dense layer
        batch_norm: whether a norm stands behind the convolution
        key: random key for the parameters
    Returns
        a layer that maps (batch, in, height, width) to logits, (batch, classes)
    Source
        Szegedy et al. 2015, section 5. Differs: windows that fit any image, as PyTorch.
    Chapter
        modern_cnn/googlenet
    """

    def __init__(
        self,
        in_channels: int,
        classes: int,
        width: int = 128,
        hidden: int = 1024,
        batch_norm: bool = False,
        *,
        key: Key[Array, ""],
    ):
        keys = jax.random.split(key, 3)
        super().__init__(
            AdaptiveAvgPool(4),
            _conv(in_channels, width, 1, batch_norm=batch_norm, key=keys[0]),
            Flatten(),
            Linear(16 * width, hidden, key=keys[1]),
            relu,
            Dropout(0.7),
            Linear(hidden, classes, key=keys[2]),
        )


class GoogLeNet(Sequential):
    """A stem, nine Inception blocks in three stages, a mean over the image, one dense layer.

    `logits, first, second = apply(model, x, method="with_auxiliary", …)` gives what the two heads
    halfway say, too; the paper adds 0.3 of their losses while it trains.

    Equation
        conv 7×7 – pool;  conv 1×1 – conv 3×3 – pool;  inception × 2 – pool;  inception × 5 – pool;
        inception × 2;  mean – dropout – classes
    Args
        classes: how many numbers come out
        in_channels: of the images
        shrink: what all numbers of channels are divided by, for a small network: 1, 2, 4, 8 or 16
        stem: kernel size, stride and padding of the first convolution. With a stride of 1 there is
            no pooling behind it: (3, 1, 1) is for small images
        batch_norm: whether a norm takes the place of each bias
        auxiliary: whether there are heads halfway, behind the third and the sixth Inception block
        largest: side of the largest kernels; PyTorch's network has 3
        last_window: side of the last pooling; PyTorch's network has 2
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, height, width) to logits, (batch, classes)
    Raises
        ValueError: if `shrink` is none of these, or an image is too small for the poolings
    Source
        Szegedy et al. 2015, table 1. Differs: no local response normalization.
    Chapter
        modern_cnn/googlenet
    """

    auxiliary: tuple[AuxiliaryClassifier, ...]

    def __init__(
        self,
        classes: int = 1000,
        in_channels: int = 3,
        shrink: int = 1,
        stem: tuple[int, int, int] = (7, 2, 3),
        batch_norm: bool = False,
        auxiliary: bool = False,
        largest: int = 5,
        last_window: int = 3,
        *,
        key: Key[Array, ""],
    ):
        if shrink not in (1, 2, 4, 8, 16):
            raise ValueError(f"shrink must be 1, 2, 4, 8 or 16, got {shrink}")
        keys = iter(jax.random.split(key, 15))

        def conv(*shape):
            return _conv(*shape, batch_norm=batch_norm, key=next(keys))

        a, b, c, d, e = (n // shrink for n in (64, 192, 480, 832, 1024))
        pool, settings = MaxPool(3, 2, ceil=True), (shrink, largest, batch_norm, keys)
        first = [conv(in_channels, a, *stem)] + ([pool] if stem[1] > 1 else [])
        super().__init__(
            Sequential(*first),
            Sequential(conv(a, a, 1), conv(a, b, 3, 1, 1), pool),
            Sequential(*_inceptions(b, STAGES[0], *settings), pool),
            Sequential(*_inceptions(c, STAGES[1], *settings), MaxPool(last_window, 2, ceil=True)),
            Sequential(*_inceptions(d, STAGES[2], *settings)),
            GlobalAvgPool(),
            Dropout(0.4),
            Linear(e, classes, key=next(keys)),
        )
        head = classes, 128 // shrink, 1024 // shrink, batch_norm
        self.auxiliary = tuple(
            AuxiliaryClassifier(n // shrink, *head, key=next(keys))
            for n in ((512, 528) if auxiliary else ())
        )

    def with_auxiliary(self, x: Float[Array, "batch in h w"], ctx: Context | None = None):
        """What the network says, and what it says halfway.

        Args
            x: images, (batch, in_channels, height, width)
            ctx: context
        Returns
            logits of the last head and of each auxiliary one, (batch, classes) each
        """
        heads = dict(zip((0, 3), self.auxiliary, strict=False))
        before, halfway, behind = self.layers[:3], self.layers[3], self.layers[4:]
        early = []
        for layer in before:
            x = layer(x, ctx)
        for i, layer in enumerate(halfway):
            x = layer(x, ctx)
            if i in heads:
                early.append(heads[i](x, ctx))
        for layer in behind:
            x = layer(x, ctx)
        return x, *early
