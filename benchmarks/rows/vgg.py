"""Pairs of 3 by 3 convolutions, each pair followed by a maximum over 2 by 2 pixels."""

from functools import partial
from itertools import pairwise

import numpy as np

from benchmarks.side import Row, random

IMAGES, BATCH, SIZE, RATE = 64, 32, 64, 0.01
WIDTHS = 3, 32, 64, 128, 256
FLAT = WIDTHS[-1] * (SIZE // 16) ** 2


def data():
    """Two batches."""
    return random(IMAGES, 3, SIZE, SIZE), np.random.default_rng(0).integers(0, 10, IMAGES)


def ours():
    """`fit`."""
    from benchmarks.ours import by_fit, keys
    from dl_lib.functional import relu
    from dl_lib.layers import Conv2d, Flatten, Linear, MaxPool, Sequential
    from dl_lib.losses import cross_entropy
    from dl_lib.optim import sgd

    key, parts = keys(10), []
    for inputs, outputs in pairwise(WIDTHS):
        for channels in (inputs, outputs):
            parts += [Conv2d(channels, outputs, 3, padding=1, key=next(key)), relu]
        parts += [MaxPool(2)]
    head = Flatten(), Linear(FLAT, 256, key=next(key)), relu, Linear(256, 10, key=next(key))
    return by_fit(Sequential(*parts, *head), cross_entropy, data(), sgd(RATE), BATCH)


def pytorch(weights):
    """A loop over slices, contiguous or channels_last."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop, in_order

    parts = []
    for inputs, outputs in pairwise(WIDTHS):
        for channels in (inputs, outputs):
            parts += [nn.Conv2d(channels, outputs, 3, padding=1), nn.ReLU(inplace=True)]
        parts += [nn.MaxPool2d(2)]
    head = nn.Flatten(), nn.Linear(FLAT, 256), nn.ReLU(), nn.Linear(256, 10)
    net = nn.Sequential(*parts, *head)
    make, loss = partial(optim.SGD, lr=RATE), nn.functional.cross_entropy
    ties = in_order(net, weights)
    return by_loop(net, ties, weights, loss, data(), BATCH, make, ("channels_last",))


ROWS = {
    "vgg-like": Row(
        "Two steps of eight 3×3 convolutions, 32 to 256 channels, on 32 images of 64 by 64.",
        1.3,
        ours,
        {"PyTorch": pytorch},
        tolerance=5e-2,
    )
}
