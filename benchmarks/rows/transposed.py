"""The generator of a DCGAN, which draws images of 64 by 64 pixels with transposed convolutions."""

from functools import partial
from itertools import pairwise

import numpy as np

from benchmarks.side import Row, random

IMAGES, BATCH, RATE = 64, 32, 2e-4
WIDTHS = 100, 512, 256, 128, 64


def data():
    """Two batches of noise and of what it shall become."""
    images = np.random.default_rng(1).uniform(-1, 1, (IMAGES, 3, 64, 64))
    return random(IMAGES, WIDTHS[0], 1, 1), images.astype(np.float32)


def geometries():
    """Inputs, outputs, kernel, stride and padding of each layer but the last."""
    for inputs, outputs in pairwise(WIDTHS):
        yield inputs, outputs, *((4, 1, 0) if inputs == WIDTHS[0] else (4, 2, 1))


def ours():
    """`fit`."""
    from benchmarks.ours import by_fit, keys
    from dl_lib.functional import relu, tanh
    from dl_lib.layers import BatchNorm, ConvTranspose2d, Sequential
    from dl_lib.losses import mse
    from dl_lib.optim import adam

    key, parts = keys(5), []
    for geometry in geometries():
        grow = ConvTranspose2d(*geometry, key=next(key), bias=False)
        parts += [grow, BatchNorm(geometry[1]), relu]
    last = ConvTranspose2d(WIDTHS[-1], 3, 4, 2, 1, key=next(key), bias=False)
    return by_fit(Sequential(*parts, last, tanh), mse, data(), adam(RATE), BATCH)


def pytorch(weights):
    """A loop over slices, contiguous or channels_last."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop, in_order

    parts = []
    for geometry in geometries():
        grow = nn.ConvTranspose2d(*geometry, bias=False)
        parts += [grow, nn.BatchNorm2d(geometry[1]), nn.ReLU(inplace=True)]
    last = nn.ConvTranspose2d(WIDTHS[-1], 3, 4, 2, 1, bias=False)
    net = nn.Sequential(*parts, last, nn.Tanh())
    make, loss = partial(optim.Adam, lr=RATE), nn.functional.mse_loss
    ties = in_order(net, weights)
    return by_loop(net, ties, weights, loss, data(), BATCH, make, ("channels_last",))


ROWS = {
    "transposed": Row(
        "Two steps of the generator of a DCGAN on 32 images of 64 by 64 pixels.",
        1.3,
        ours,
        {"PyTorch": pytorch},
        tolerance=2e-2,
    )
}
