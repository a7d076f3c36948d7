"""Network in network: a small dense network at every pixel, and no dense layer at the end."""

import jax
from jaxtyping import Array, Key

from dl_lib.functional import relu
from dl_lib.layers import Conv2d, Dropout, GlobalAvgPool, MaxPool, Sequential
from dl_lib.models._stages import one_each

__all__ = ["NiN", "NiNBlock"]


class NiNBlock(Sequential):
    """A convolution, and behind it a network of two dense layers at every pixel.

    Equation
        conv k×k – relu – conv 1×1 – relu – conv 1×1 – relu
    Args
        in_channels: of the input
        out_channels: of the output, and of what is in between
        kernel_size: k
        stride: of the first convolution
        padding: of the first convolution
        key: random key for the kernels
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height', width')
    Source
        Lin, Chen & Yan 2014.
    Chapter
        modern_cnn/nin
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        *,
        key: Key[Array, ""],
    ):
        keys = jax.random.split(key, 3)
        super().__init__(
            Conv2d(in_channels, out_channels, kernel_size, stride, padding, key=keys[0]),
            relu,
            Conv2d(out_channels, out_channels, 1, key=keys[1]),
            relu,
            Conv2d(out_channels, out_channels, 1, key=keys[2]),
            relu,
        )


class NiN(Sequential):
    """Blocks of pixel-wise networks; the last has a channel a class, and its mean is the logit.

    Equation
        NiN(96) – pool – NiN(256) – pool – NiN(384) – pool – NiN(classes) – mean over the image
    Args
        classes: how many numbers come out; they are not negative, since the last block has a relu
        in_channels: of the images
        widths: channels of the three blocks before the last
        stem: kernel size, stride and padding of the first convolution; (3, 1, 1) for small images
        rate: probability of dropping an input of the last block while training
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, height, width) to logits, (batch, classes)
    Raises
        ValueError: if the widths are not three, or an image is too small for the poolings
    Source
        Lin, Chen & Yan 2014. Differs: the kernels of AlexNet, for images of 224 pixels.
    Chapter
        modern_cnn/nin
    """

    def __init__(
        self,
        classes: int = 1000,
        in_channels: int = 3,
        widths: tuple[int, ...] = (96, 256, 384),
        stem: tuple[int, int, int] = (11, 4, 0),
        rate: float = 0.5,
        *,
        key: Key[Array, ""],
    ):
        a, b, c = one_each(3, "widths", widths)
        keys = jax.random.split(key, 4)
        super().__init__(
            NiNBlock(in_channels, a, *stem, key=keys[0]),  # 96 × 54 × 54
            MaxPool(3, 2),
            NiNBlock(a, b, 5, padding=2, key=keys[1]),  # 256 × 26 × 26
            MaxPool(3, 2),
            NiNBlock(b, c, 3, padding=1, key=keys[2]),  # 384 × 12 × 12
            MaxPool(3, 2),
            Dropout(rate),
            NiNBlock(c, classes, 3, padding=1, key=keys[3]),  # classes × 5 × 5
            GlobalAvgPool(),
        )
