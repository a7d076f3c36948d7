"""Pictures from numbers, and the judge of them: deep convolutional adversarial networks."""

import itertools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from dl_lib.functional import leaky_relu, relu
from dl_lib.initializers import normal
from dl_lib.layers import BatchNorm, Conv2d, ConvTranspose2d, Sequential
from dl_lib.validation import whole_number

__all__ = ["DCGANDiscriminator", "DCGANGenerator"]

_DRAW = normal(0.02)


class DCGANGenerator(Sequential):
    """Numbers become 4×4 pixels of many channels, and each layer doubles the sides.

    Equation
        conv-t 4×4 – norm – relu – (conv-t 4×4, stride 2 – norm – relu)… – conv-t – tanh
    Args
        latent: how many numbers a picture is made of
        channels: of the pictures
        size: their side, 8 or twice as much as often as needed
        width: channels of the last layer but one; each layer before it has twice as many
        key: random key for kernels and scales, drawn with deviation .02 around 0 and around 1
    Returns
        a network that maps (batch, latent, 1, 1) to (batch, channels, size, size) from −1 to 1
    Raises
        ValueError: if the size is not 4 times a power of two
    Source
        Radford, Metz & Chintala 2016. Differs: the first layer has stride 1 and no padding, as in
        the authors' code; with stride 2 the picture would end at half its size.
    Chapter
        generative/dcgan
    """

    def __init__(
        self,
        latent: int = 100,
        channels: int = 3,
        size: int = 64,
        width: int = 64,
        *,
        key: Key[Array, ""],
    ):
        widths = [latent, *_widths(size, width)[::-1]]
        keys = jax.random.split(key, len(widths))
        layers = []
        for i, (before, after) in enumerate(itertools.pairwise(widths)):
            first, second = jax.random.split(keys[i])
            geometry = (4, 2, 1) if i else (4, 1, 0)
            layers += [_painted(before, after, geometry, first), _norm(after, second), relu]
        last = _painted(width, channels, (4, 2, 1), keys[-1])
        super().__init__(*layers, last, jnp.tanh)


class DCGANDiscriminator(Sequential):
    """Each layer halves the sides; the last one makes a number of what is left.

    Equation
        conv 4×4, stride 2 – leaky – (conv 4×4, stride 2 – norm – leaky)… – conv 4×4, slope .2
    Args
        channels: of the pictures
        size: their side, 8 or twice as much as often as needed
        width: channels of the first layer; each layer after it has twice as many
        first_norm: whether the first layer is normalized, too; the paper has it so nowhere
        key: random key for kernels and scales, drawn with deviation .02 around 0 and around 1
    Returns
        a network that maps (batch, channels, size, size) to logits, (batch, 1, 1, 1)
    Raises
        ValueError: if the size is not 4 times a power of two
    Source
        Radford, Metz & Chintala 2016.
    Chapter
        generative/dcgan
    """

    def __init__(
        self,
        channels: int = 3,
        size: int = 64,
        width: int = 64,
        first_norm: bool = False,
        *,
        key: Key[Array, ""],
    ):
        widths = [channels, *_widths(size, width)]
        keys = jax.random.split(key, len(widths))
        layers = []
        for i, (before, after) in enumerate(itertools.pairwise(widths)):
            first, second = jax.random.split(keys[i])
            layers.append(Conv2d(before, after, 4, 2, 1, key=first, bias=False, initializer=_DRAW))
            if i or first_norm:
                layers.append(_norm(after, second))
            layers.append(_leaky)
        last = Conv2d(widths[-1], 1, 4, key=keys[-1], bias=False, initializer=_DRAW)
        super().__init__(*layers, last)


def _widths(size: int, width: int) -> list[int]:
    """Channels of the layers of halved sides, from the picture to 4×4 pixels."""
    size, width = whole_number("size", size), whole_number("width", width)
    halvings = (size // 4).bit_length() - 1
    if size != 4 * 2**halvings or not halvings:
        raise ValueError(f"expected size to be 4 times a power of two, such as 64; got {size}")
    return [width * 2**i for i in range(halvings)]


def _painted(before, after, geometry, key):
    return ConvTranspose2d(before, after, *geometry, key=key, bias=False, initializer=_DRAW)


def _norm(channels, key):
    return BatchNorm(channels).replace(weight=1 + _DRAW(key, (channels,)))


def _leaky(x):
    return leaky_relu(x, 0.2)
