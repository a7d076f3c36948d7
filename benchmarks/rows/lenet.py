"""The convolutional network of 1998, with a border around images of 28 by 28 pixels."""

from functools import partial

import numpy as np

from benchmarks.side import Row, random

IMAGES, BATCH, RATE = 2048, 256, 0.1


def data():
    """Eight batches."""
    return random(IMAGES, 1, 28, 28), np.random.default_rng(0).integers(0, 10, IMAGES)


def ours():
    """`fit`."""
    from benchmarks.ours import KEY, by_fit
    from dl_lib.losses import cross_entropy
    from dl_lib.models import LeNet
    from dl_lib.optim import sgd

    return by_fit(LeNet(key=KEY), cross_entropy, data(), sgd(RATE), BATCH)


def pytorch(weights):
    """A loop over slices, contiguous or channels_last."""
    from torch import nn, optim

    from benchmarks.pytorch import by_loop, in_order

    net = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid()),
        nn.Linear(84, 10),
    )
    make = partial(optim.SGD, lr=RATE)
    ties = in_order(net, weights)
    loss = nn.functional.cross_entropy
    return by_loop(net, ties, weights, loss, data(), BATCH, make, ("channels_last",))


ROWS = {
    "lenet": Row(
        "Eight steps of LeNet on batches of 256 images of 28 by 28 pixels.",
        1.3,
        ours,
        {"PyTorch": pytorch},
    )
}
