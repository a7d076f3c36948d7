"""Networks of depthwise convolutions: blocks of MobileNet, and blocks of ConvNeXt."""

from functools import partial

import numpy as np

from benchmarks.side import Row, random

STAGES = (32, 64, 1), (64, 128, 2), (128, 128, 1)  # inputs, outputs, stride
WIDTH = 96


def data(images, channels, size):
    """Two batches."""
    return random(images, channels, size, size), np.random.default_rng(0).integers(0, 10, images)


def mobile():
    """A 3×3 convolution of each channel and a 1×1 of all, three times, by `fit`."""
    from benchmarks.ours import by_fit, keys
    from dl_lib.functional import relu
    from dl_lib.layers import (
        BatchNorm,
        DepthwiseSeparableConv2d,
        GlobalAvgPool,
        Linear,
        Sequential,
    )
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    key, parts = keys(4), []
    for inputs, outputs, stride in STAGES:
        geometry = inputs, outputs, 3, stride, 1
        convolution = DepthwiseSeparableConv2d(*geometry, key=next(key), bias=False)
        parts += [convolution, BatchNorm(outputs), relu]
    model = Sequential(*parts, GlobalAvgPool(), Linear(128, 10, key=next(key)))
    return by_fit(model, cross_entropy, data(64, 32, 48), sgd(0.05), 32)


def mobile_in_pytorch(weights):
    """A loop over slices, contiguous or channels_last."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop, in_order

    parts = []
    for inputs, outputs, stride in STAGES:
        parts += [
            nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
    net = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))
    make, loss = partial(optim.SGD, lr=0.05), nn.functional.cross_entropy
    ties, batches = in_order(net, weights), data(64, 32, 48)
    return by_loop(net, ties, weights, loss, batches, 32, make, ("channels_last",))


def next_blocks():
    """A 7×7 convolution of each channel, a layer norm and a network at each pixel, twice."""
    import jax

    from benchmarks.ours import by_fit, keys
    from dl_lib.core import Module
    from dl_lib.functional import gelu
    from dl_lib.layers import (
        Conv2d,
        GlobalAvgPool,
        LayerNorm,
        Linear,
        PositionwiseFeedForward,
        Sequential,
    )
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    class Block(Module):
        depthwise: Conv2d
        norm: LayerNorm
        mix: PositionwiseFeedForward

        def __init__(self, *, key):
            first, second = jax.random.split(key)
            self.depthwise = Conv2d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH, key=first)
            self.norm = LayerNorm(WIDTH)
            self.mix = PositionwiseFeedForward(WIDTH, 4 * WIDTH, key=second, activation=gelu)

        def __call__(self, x, ctx=None):
            h = self.depthwise(x, ctx).transpose(0, 2, 3, 1)
            return x + self.mix(self.norm(h, ctx), ctx).transpose(0, 3, 1, 2)

    key = keys(3)
    blocks = Block(key=next(key)), Block(key=next(key))
    model = Sequential(*blocks, GlobalAvgPool(), Linear(WIDTH, 10, key=next(key)))
    return by_fit(model, cross_entropy, data(32, WIDTH, 24), sgd(0.05), 16)


def next_blocks_in_pytorch(weights):
    """A loop over slices, contiguous or channels_last."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop, in_order

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.depthwise = nn.Conv2d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH)
            self.norm = nn.LayerNorm(WIDTH)
            grow, shrink = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
            self.mix = nn.Sequential(grow, nn.GELU(), shrink)

        def forward(self, x):
            h = self.depthwise(x).permute(0, 2, 3, 1)
            return x + self.mix(self.norm(h)).permute(0, 3, 1, 2)

    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 10)
    net = nn.Sequential(Block(), Block(), *head)
    make, loss = partial(optim.SGD, lr=0.05), nn.functional.cross_entropy
    ties, batches = in_order(net, weights), data(32, WIDTH, 24)
    return by_loop(net, ties, weights, loss, batches, 16, make, ("channels_last",))


ROWS = {
    "depthwise": Row(
        "Two steps of three blocks of MobileNet, 3×3, on 32 images of 48 by 48 pixels.",
        1.2,
        mobile,
        {"PyTorch": mobile_in_pytorch},
    ),
    "depthwise-7x7": Row(
        "Two steps of two blocks of ConvNeXt, 96 channels, on 16 images of 24 by 24 pixels.",
        1.2,
        next_blocks,
        {"PyTorch": next_blocks_in_pytorch},
    ),
}
