"""What stands between the convolutions of a network: batch norm, ReLU and a maximum."""

import numpy as np

from benchmarks.side import Row, random

BATCH, CHANNELS, SIZE = 32, 64, 48


def arrays():
    """Images, weights and biases, and a gradient of the result."""
    weight = np.random.default_rng(1).uniform(0.5, 1.5, CHANNELS).astype(np.float32)
    images = random(BATCH, CHANNELS, SIZE, SIZE)
    return [images, weight, random(CHANNELS)], random(BATCH, CHANNELS, SIZE // 2, SIZE // 2)


def ours():
    """The three layers, in training."""
    from benchmarks.ours import by_operation
    from dl_lib.core import apply
    from dl_lib.functional import relu
    from dl_lib.layers import BatchNorm, MaxPool, Sequential

    norm = BatchNorm(CHANNELS)

    def block(x, weight, bias):
        layers = Sequential(norm.replace(weight=weight, bias=bias), relu, MaxPool(3, 2, 1))
        return apply(layers, x, training=True)[0]

    images = 4 * BATCH * CHANNELS * SIZE**2
    # Statistics, result; gradients of the statistics, of the images, which are written.
    return by_operation(block, *arrays(), bytes=5 * images)


def pytorch(weights):
    """The same, contiguous or channels_last."""
    import torch
    from torch.nn import functional

    from benchmarks.pytorch import DEVICE, by_operation

    del weights
    mean, variance = torch.zeros(CHANNELS, device=DEVICE), torch.ones(CHANNELS, device=DEVICE)

    def block(x, weight, bias):
        y = functional.batch_norm(x, mean, variance, weight, bias, training=True)
        return functional.max_pool2d(functional.relu(y, inplace=True), 3, 2, 1)

    return by_operation(block, *arrays(), variants=("channels_last",))


ROWS = {
    "bn-relu-pool": Row(
        "Batch norm, ReLU and a 3×3 maximum of 32 images of 64 channels, forward and backward.",
        1.1,
        ours,
        {"PyTorch": pytorch},
    )
}
