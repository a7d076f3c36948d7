"""ResNet-18."""

from functools import partial

import numpy as np

from benchmarks.side import Row, random

IMAGES, BATCH, SIZE = 64, 32, 96
STAGES = (64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)  # inputs, outputs, stride
SGD = {"momentum": 0.9}


def data():
    """Two batches."""
    return random(IMAGES, 3, SIZE, SIZE), np.random.default_rng(0).integers(0, 10, IMAGES)


def ours():
    """`fit`."""
    from benchmarks.ours import by_fit, keys
    from dl_lib.functional import relu
    from dl_lib.layers import (
        BatchNorm,
        Conv2d,
        GlobalAvgPool,
        Linear,
        MaxPool,
        Residual,
        Sequential,
    )
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    key = keys(30)

    def normalized(inputs, outputs, kernel, stride, padding):
        convolution = Conv2d(inputs, outputs, kernel, stride, padding, key=next(key), bias=False)
        return convolution, BatchNorm(outputs)

    def block(inputs, outputs, stride):
        first = normalized(inputs, outputs, 3, stride, 1)
        branch = Sequential(*first, relu, *normalized(outputs, outputs, 3, 1, 1))
        if stride == 1 and inputs == outputs:
            return Residual(branch), relu
        return Residual(branch, Sequential(*normalized(inputs, outputs, 1, stride, 0))), relu

    parts = [*normalized(3, 64, 7, 2, 3), relu, MaxPool(3, 2, 1)]
    for inputs, outputs, stride in STAGES:
        parts += [*block(inputs, outputs, stride), *block(outputs, outputs, 1)]
    model = Sequential(*parts, GlobalAvgPool(), Linear(512, 10, key=next(key)))
    return by_fit(model, cross_entropy, data(), sgd(0.05, **SGD), BATCH)


def pytorch(weights):
    """A loop over slices, contiguous or channels_last."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop, in_order

    def normalized(inputs, outputs, *geometry):
        return nn.Conv2d(inputs, outputs, *geometry, bias=False), nn.BatchNorm2d(outputs)

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            first = normalized(inputs, outputs, 3, stride, 1)
            second = normalized(outputs, outputs, 3, 1, 1)
            self.branch = nn.Sequential(*first, nn.ReLU(inplace=True), *second)
            short = normalized(inputs, outputs, 1, stride, 0) if stride > 1 else ()
            self.shortcut = nn.Sequential(*short)

        def forward(self, x):
            return nn.functional.relu(self.branch(x) + self.shortcut(x), inplace=True)

    parts = [*normalized(3, 64, 7, 2, 3), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    for inputs, outputs, stride in STAGES:
        parts += [Block(inputs, outputs, stride), Block(outputs, outputs, 1)]
    net = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))
    make, loss = partial(optim.SGD, lr=0.05, **SGD), nn.functional.cross_entropy
    ties = in_order(net, weights)
    return by_loop(net, ties, weights, loss, data(), BATCH, make, ("channels_last",))


ROWS = {
    "resnet-18": Row(
        "Two steps of ResNet-18 on batches of 32 images of 96 by 96 pixels.",
        1.2,
        ours,
        {"PyTorch": pytorch},
        tolerance=5e-2,  # twenty batch norms in a row multiply what rounding begins
    )
}
