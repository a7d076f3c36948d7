"""ResNet: blocks that add to what they are given; and ResNeXt."""

from collections.abc import Callable
from functools import partial

import jax
from jaxtyping import Array, Key

from dl_lib.core import Module
from dl_lib.functional import relu
from dl_lib.layers import BatchNorm, Conv2d, GlobalAvgPool, Linear, MaxPool, Sequential
from dl_lib.models._stages import listed, one_each
from dl_lib.models.residual_blocks import (
    BasicBlock,
    Bottleneck,
    PreActivationBlock,
    ResidualStage,
)

__all__ = ["ResNeXt", "ResNet"]

# Table 1 of the paper: the kind of block, and how many of it each stage has.
RESNETS = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}
# Channels of the stem and of the four stages.
WIDTHS = {BasicBlock: (64, 64, 128, 256, 512), Bottleneck: (64, 256, 512, 1024, 2048)}


class ResNet(Sequential):
    """A stem, stages of residual blocks that halve the image from one to the next, a mean, a layer.

    Equation
        conv 7×7 – batch norm – relu – pool;  stage₁ – stage₂ – stage₃ – stage₄;  mean – classes
    Args
        depth: 18, 34, 50, 101 or 152 layers; or how many blocks each stage has, as (1, 1, 1)
        classes: how many numbers come out
        in_channels: of the images
        widths: channels of the stem and of each stage; None for those of the paper
        stem: kernel size, stride and padding of the first convolution. With a stride of 1 there is
            no pooling behind it: (3, 1, 1) is for small images
        key: random key for the parameters
        block: kind of the blocks, called as block(in_channels, out_channels, stride, key=key), as
            `PreActivationBlock` or partial(BasicBlock, residual=False); None for that of the paper
    Returns
        a network that maps (batch, in_channels, height, width) to logits, (batch, classes)
    Raises
        ValueError: if there is no ResNet of this depth, or the widths are not one a stage and one
            for the stem
    Source
        He, Zhang, Ren & Sun 2016a, table 1; 2016b with `PreActivationBlock`.
    Chapter
        modern_cnn/resnet
    """

    def __init__(
        self,
        depth: int | tuple[int, ...] = 18,
        classes: int = 1000,
        in_channels: int = 3,
        widths: tuple[int, ...] | None = None,
        stem: tuple[int, int, int] = (7, 2, 3),
        *,
        key: Key[Array, ""],
        block: Callable[..., Module] | None = None,
    ):
        kind, blocks = BasicBlock, depth
        if not isinstance(depth, tuple):
            kind, blocks = listed("ResNet", RESNETS, depth)
        widths = WIDTHS[kind][: len(blocks) + 1] if widths is None else widths
        widths = one_each(len(blocks) + 1, "widths", widths)
        first, last, *keys = jax.random.split(key, 2 + len(blocks))
        layers = [Conv2d(in_channels, widths[0], *stem, bias=False, key=first)]
        layers += [BatchNorm(widths[0]), relu]
        if stem[1] > 1:
            layers.append(MaxPool(3, 2, 1))
        strides = 1, *(2,) * (len(blocks) - 1)  # for the first stage the stem has halved enough
        shapes = zip(blocks, widths[:-1], widths[1:], strides, keys, strict=True)
        stages = [
            ResidualStage(block or kind, *shape, key=key_of_one) for *shape, key_of_one in shapes
        ]
        head = [GlobalAvgPool(), Linear(widths[-1], classes, key=last)]
        if isinstance(stages[-1][-1], PreActivationBlock):
            head = [BatchNorm(widths[-1]), relu, *head]  # which no block does to what leaves it
        super().__init__(Sequential(*layers), *stages, *head)


class ResNeXt(ResNet):
    """ResNet whose bottlenecks are as many small ones side by side: groups of channels.

    Equation
        y = relu(x + Σᵢ fᵢ(x)),  each fᵢ a narrow bottleneck: 1×1 – 3×3 – 1×1
    Args
        depth: 50, 101 or 152 layers; or how many blocks each stage has
        classes: how many numbers come out
        in_channels: of the images
        groups: how many fᵢ there are, the paper's cardinality
        group_width: channels of each in the first stage; from stage to stage they double
        widths: channels of the stem and of each stage; None for those of the paper
        stem: as of `ResNet`
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, height, width) to logits, (batch, classes)
    Raises
        ValueError: if the groups do not divide the channels, or as `ResNet`
    Source
        Xie, Girshick, Dollár, Tu & He 2017. ResNeXt-50 (32×4d) is the default.
    Chapter
        modern_cnn/resnet
    """

    def __init__(
        self,
        depth: int | tuple[int, ...] = 50,
        classes: int = 1000,
        in_channels: int = 3,
        groups: int = 32,
        group_width: int = 4,
        widths: tuple[int, ...] | None = None,
        stem: tuple[int, int, int] = (7, 2, 3),
        *,
        key: Key[Array, ""],
    ):
        stages = len(depth) if isinstance(depth, tuple) else 4
        widths = WIDTHS[Bottleneck][: stages + 1] if widths is None else widths
        block = partial(Bottleneck, ratio=widths[1] / (groups * group_width), groups=groups)
        super().__init__(depth, classes, in_channels, widths, stem, key=key, block=block)
