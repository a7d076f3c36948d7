"""VGG: nothing but convolutions of 3×3, in blocks, and the question how deep one can go."""

import jax
from jaxtyping import Array, Key

from dl_lib.functional import relu
from dl_lib.layers import BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool, Sequential
from dl_lib.models._sizes import flat_size
from dl_lib.models._stages import listed, one_each

__all__ = ["VGG", "VGGBlock"]

# Table 1 of the paper: how many convolutions each block has. Three dense layers come on top.
CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}


class VGGBlock(Sequential):
    """Some convolutions of 3×3 that keep the size, and a pooling that halves it.

    Equation
        [conv 3×3, padding 1 – relu] × n – max pool 2×2
    Args
        convolutions: n
        in_channels: of the input
        out_channels: of the output
        batch_norm: whether batch normalization stands between a convolution and its relu
        key: random key for the kernels
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height / 2, width / 2)
    Source
        Simonyan & Zisserman 2015.
    Chapter
        modern_cnn/vgg
    """

    def __init__(
        self,
        convolutions: int,
        in_channels: int,
        out_channels: int,
        batch_norm: bool = False,
        *,
        key: Key[Array, ""],
    ):
        layers = []
        for key_of_one in jax.random.split(key, convolutions):
            layers.append(Conv2d(in_channels, out_channels, 3, padding=1, key=key_of_one))
            layers += [BatchNorm(out_channels), relu] if batch_norm else [relu]
            in_channels = out_channels
        super().__init__(*layers, MaxPool(2))


class VGG(Sequential):
    """Five blocks that halve the image and double the channels, three dense layers.

    Equation
        block(64) – block(128) – block(256) – block(512) – block(512) – 4096 – 4096 – classes
    Args
        depth: 11, 13, 16 or 19 layers; or how many convolutions each block has, as (1, 1, 2)
        classes: how many numbers come out
        in_channels: of the images
        size: side of the images
        widths: channels of each block; None for as many of the five above as there are blocks
        hidden: units of the two dense layers in between
        rate: probability of dropping each of them while training
        batch_norm: whether there is batch normalization
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, size, size) to logits, (batch, classes)
    Raises
        ValueError: if there is no VGG of this depth, the widths are not one a block, or nothing is
            left of an image of this size
    Source
        Simonyan & Zisserman 2015, table 1, A, B, D and E.
    Chapter
        modern_cnn/vgg
    """

    def __init__(
        self,
        depth: int | tuple[int, ...] = 11,
        classes: int = 1000,
        in_channels: int = 3,
        size: int = 224,
        widths: tuple[int, ...] | None = None,
        hidden: int = 4096,
        rate: float = 0.5,
        batch_norm: bool = False,
        *,
        key: Key[Array, ""],
    ):
        blocks = depth if isinstance(depth, tuple) else listed("VGG", CONVOLUTIONS, depth)
        widths = (64, 128, 256, 512, 512)[: len(blocks)] if widths is None else widths
        channels = in_channels, *one_each(len(blocks), "widths", widths)
        first, second, last, *keys = jax.random.split(key, 3 + len(blocks))
        features = [
            VGGBlock(*block, batch_norm, key=key_of_one)
            for *block, key_of_one in zip(blocks, channels[:-1], widths, keys, strict=True)
        ]
        super().__init__(
            *features,
            Flatten(),
            Linear(flat_size(features, in_channels, size), hidden, key=first),
            relu,
            Dropout(rate),
            Linear(hidden, hidden, key=second),
            relu,
            Dropout(rate),
            Linear(hidden, classes, key=last),
        )
