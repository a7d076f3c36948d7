"""AlexNet: LeNet made wider and deeper, with relu, dropout and a million images."""

import jax
from jaxtyping import Array, Key

from dl_lib.functional import relu
from dl_lib.layers import Conv2d, Dropout, Flatten, Linear, MaxPool, Sequential
from dl_lib.models._sizes import flat_size
from dl_lib.models._stages import one_each

__all__ = ["AlexNet"]


class AlexNet(Sequential):
    """Five convolutions, three poolings, three dense layers that hold most of the parameters.

    Equation
        96 (11×11) – pool – 256 (5×5) – pool – 384 – 384 – 256 (3×3) – pool – 4096 – 4096 – classes
    Args
        classes: how many numbers come out
        in_channels: of the images
        size: side of the images
        widths: channels of the five convolutions
        hidden: units of the two dense layers in between
        stem: kernel size, stride and padding of the first convolution. (11, 4, 0) with a `size` of
            227 is the network of the paper; (3, 1, 1) is for small images
        groups: 2 for kernels two, four and five that see half of the channels, which the paper had
            in one graphics card of its two
        rate: probability of dropping a unit of the dense layers while training
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, size, size) to logits, (batch, classes)
    Raises
        ValueError: if the widths are not five, or nothing is left of an image of this size
    Source
        Krizhevsky, Sutskever & Hinton 2012. Differs: images of 224 pixels, padded by 1; no groups;
        no local response normalization.
    Chapter
        modern_cnn/alexnet
    """

    def __init__(
        self,
        classes: int = 1000,
        in_channels: int = 3,
        size: int = 224,
        widths: tuple[int, ...] = (96, 256, 384, 384, 256),
        hidden: int = 4096,
        stem: tuple[int, int, int] = (11, 4, 1),
        groups: int = 1,
        rate: float = 0.5,
        *,
        key: Key[Array, ""],
    ):
        a, b, c, d, e = one_each(5, "widths", widths)
        keys = jax.random.split(key, 8)
        features = [
            Conv2d(in_channels, a, *stem, key=keys[0]),  # 96 × 54 × 54
            relu,
            MaxPool(3, 2),  # 96 × 26 × 26
            Conv2d(a, b, 5, padding=2, groups=groups, key=keys[1]),  # 256 × 26 × 26
            relu,
            MaxPool(3, 2),  # 256 × 12 × 12
            Conv2d(b, c, 3, padding=1, key=keys[2]),  # 384 × 12 × 12
            relu,
            Conv2d(c, d, 3, padding=1, groups=groups, key=keys[3]),
            relu,
            Conv2d(d, e, 3, padding=1, groups=groups, key=keys[4]),  # 256 × 12 × 12
            relu,
            MaxPool(3, 2),  # 256 × 5 × 5
        ]
        super().__init__(
            *features,
            Flatten(),  # 6400
            Linear(flat_size(features, in_channels, size), hidden, key=keys[5]),
            relu,
            Dropout(rate),
            Linear(hidden, hidden, key=keys[6]),
            relu,
            Dropout(rate),
            Linear(hidden, classes, key=keys[7]),
        )
