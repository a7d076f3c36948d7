"""DenseNet: every layer sees what all layers before it have found, and adds a little."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module
from dl_lib.functional import relu
from dl_lib.layers import (
    AvgPool,
    BatchNorm,
    Conv2d,
    GlobalAvgPool,
    Linear,
    MaxPool,
    Remat,
    Sequential,
)
from dl_lib.models._stages import listed

__all__ = ["DenseBlock", "DenseNet", "Transition"]

# Table 1 of the paper: how many layers each block has; its DenseNet-161 is wider, too.
DENSENETS = {
    121: (6, 12, 24, 16),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
    161: (6, 12, 36, 24),
}


class DenseBlock(Module):
    """Layers that are given the outputs of all layers before them, side by side as channels.

    Equation
        xᵢ = Hᵢ([x₀, …, xᵢ₋₁]),  y = [x₀, …, xₙ];  H: norm – relu – conv 3×3, or with a bottleneck
        norm – relu – conv 1×1 – norm – relu – conv 3×3
    Args
        layers: n
        in_channels: of x₀
        growth: channels of each xᵢ behind it
        bottleneck: how many times `growth` come out of the convolution of 1×1; None for none
        remat: whether what is inside of H, the concatenation too, is computed again on the way
            back: it takes memory that grows with n², and x₀, …, xₙ alone are kept
        key: random key for the kernels
    Returns
        a layer that maps (batch, in, height, width) to (batch, in + n growth, height, width)
    Source
        Huang, Liu, van der Maaten & Weinberger 2017, equation 2; remat: Pleiss et al. 2017.
    Chapter
        modern_cnn/densenet
    """

    layers: tuple[Module, ...]

    def __init__(
        self,
        layers: int,
        in_channels: int,
        growth: int,
        bottleneck: int | None = None,
        remat: bool = False,
        *,
        key: Key[Array, ""],
    ):
        each = [
            _dense_layer(in_channels + i * growth, growth, bottleneck, key_of_one)
            for i, key_of_one in enumerate(jax.random.split(key, layers))
        ]
        self.layers = tuple(map(Remat, each) if remat else each)

    def __call__(self, x: Float[Array, "batch in h w"], ctx: Context | None = None):
        maps = [x]
        for layer in self.layers:
            maps.append(layer(maps, ctx))
        return jnp.concatenate(maps, axis=1)


class _DenseLayer(Sequential):
    """H of a list of maps. They become one array in here, so that it can be computed again."""

    def __call__(self, maps: list[Float[Array, "batch _ h w"]], ctx: Context | None = None):
        return super().__call__(jnp.concatenate(maps, axis=1), ctx)


def _dense_layer(in_channels, growth, bottleneck, key):
    layers = []
    first, second = jax.random.split(key)
    if bottleneck is not None:
        width = bottleneck * growth
        narrow = Conv2d(in_channels, width, 1, bias=False, key=first)
        layers, in_channels = [BatchNorm(in_channels), relu, narrow], width
    kernel = Conv2d(in_channels, growth, 3, padding=1, bias=False, key=second)
    return _DenseLayer(*layers, BatchNorm(in_channels), relu, kernel)


class Transition(Sequential):
    """Fewer channels and half the size, before the next dense block.

    Equation
        norm – relu – conv 1×1 – mean over 2×2
    Args
        in_channels: of the input
        out_channels: of the output
        key: random key for the kernels
    Returns
        a layer that maps (batch, in, height, width) to (batch, out, height / 2, width / 2)
    Source
        Huang, Liu, van der Maaten & Weinberger 2017.
    Chapter
        modern_cnn/densenet
    """

    def __init__(self, in_channels: int, out_channels: int, *, key: Key[Array, ""]):
        convolution = Conv2d(in_channels, out_channels, 1, bias=False, key=key)
        super().__init__(BatchNorm(in_channels), relu, convolution, AvgPool(2))


class DenseNet(Sequential):
    """A stem, dense blocks with transitions in between that halve channels and size, a mean.

    Equation
        conv 7×7 – norm – relu – pool;  dense block – transition – … – dense block;  norm – relu –
        mean – classes
    Args
        depth: 121, 169, 201 or 161 layers; or how many layers each block has, as (4, 4, 4, 4)
        classes: how many numbers come out
        in_channels: of the images
        growth: channels that each layer adds; None for 48 of DenseNet-161, 32 of all others
        width: channels of the stem; None for twice the growth
        bottleneck: of the dense blocks; None for none
        stem: kernel size, stride and padding of the first convolution. With a stride of 1 there is
            no pooling behind it: (3, 1, 1) is for small images
        remat: of the dense blocks
        key: random key for the parameters
    Returns
        a network that maps (batch, in_channels, height, width) to logits, (batch, classes)
    Raises
        ValueError: if there is no DenseNet of this depth, or an image is too small for it
    Source
        Huang, Liu, van der Maaten & Weinberger 2017, table 1.
    Chapter
        modern_cnn/densenet
    """

    def __init__(
        self,
        depth: int | tuple[int, ...] = 121,
        classes: int = 1000,
        in_channels: int = 3,
        growth: int | None = None,
        width: int | None = None,
        bottleneck: int | None = 4,
        stem: tuple[int, int, int] = (7, 2, 3),
        remat: bool = False,
        *,
        key: Key[Array, ""],
    ):
        blocks = depth if isinstance(depth, tuple) else listed("DenseNet", DENSENETS, depth)
        growth = (48 if depth == 161 else 32) if growth is None else growth
        channels = 2 * growth if width is None else width
        keys = iter(jax.random.split(key, 2 * len(blocks) + 1))
        first = Conv2d(in_channels, channels, *stem, bias=False, key=next(keys))
        pool = [MaxPool(3, 2, 1)] if stem[1] > 1 else []
        stages = [Sequential(first, BatchNorm(channels), relu, *pool)]
        for i, layers in enumerate(blocks):
            if i > 0:
                stages.append(Transition(channels, channels // 2, key=next(keys)))
                channels //= 2
            shape = layers, channels, growth, bottleneck, remat
            stages.append(DenseBlock(*shape, key=next(keys)))
            channels += layers * growth
        head = GlobalAvgPool(), Linear(channels, classes, key=next(keys))
        super().__init__(*stages, BatchNorm(channels), relu, *head)
