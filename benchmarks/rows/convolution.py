"""Convolutions alone, in the forms that the library chooses on a CPU."""

from functools import partial

from benchmarks.side import Row, random

CASES = {
    # row: (images, kernels, stride, padding, groups, target)
    "conv-depthwise-3x3": ((32, 96, 24, 24), (96, 1, 3, 3), 1, 1, 96, 1.2),
    "conv-depthwise-7x7": ((32, 96, 24, 24), (96, 1, 7, 7), 1, 3, 96, 1.2),
    "conv-32-groups": ((8, 128, 28, 28), (128, 4, 3, 3), 1, 1, 32, 1.2),
    "conv-1x1": ((16, 64, 24, 24), (128, 64, 1, 1), 1, 0, 1, 1.2),
    "conv-1-channel": ((256, 1, 28, 28), (6, 1, 5, 5), 1, 2, 1, 1.2),
    "conv-few-pixels": ((16, 512, 2, 2), (512, 512, 3, 3), 1, 1, 1, 1.2),
}


def arrays(images, kernels, stride, padding):
    """Images and kernels, and a gradient of the result."""
    size = (images[2] + 2 * padding - kernels[2]) // stride + 1
    result = images[0], kernels[0], size, size
    return [random(*images), 0.1 * random(*kernels, seed=1)], random(*result, seed=2)


def ours(images, kernels, stride, padding, groups):
    """`conv2d`."""
    from benchmarks.ours import by_operation
    from dl_lib.functional import conv2d

    def convolve(x, weight):
        return conv2d(x, weight, None, stride, padding, groups=groups)

    return by_operation(convolve, *arrays(images, kernels, stride, padding))


def plain(images, kernels, stride, padding, groups, weights):
    """The convolution as `jax.lax` has it."""
    import jax

    from benchmarks.ours import by_operation

    def convolve(x, weight):
        return jax.lax.conv_general_dilated(
            x, weight, (stride, stride), [(padding, padding)] * 2, feature_group_count=groups
        )

    del weights
    return by_operation(convolve, *arrays(images, kernels, stride, padding), flops=1.0)


def pytorch(images, kernels, stride, padding, groups, weights):
    """PyTorch's, contiguous or channels_last."""
    from torch.nn.functional import conv2d

    from benchmarks.pytorch import by_operation

    def convolve(x, weight):
        return conv2d(x, weight, None, stride, padding, groups=groups)

    del weights
    known = arrays(images, kernels, stride, padding)
    return by_operation(convolve, *known, variants=("channels_last",))


def row(images, kernels, stride, padding, groups, target):
    """A row of one case."""
    case = images, kernels, stride, padding, groups
    size = "×".join(map(str, kernels[2:]))
    does = (
        f"A {size} convolution of {images[0]} images of {images[1]} channels and {images[2]} by "
        f"{images[3]} pixels to {kernels[0]} channels in {groups} groups, forward and backward."
    ).replace(" in 1 groups", "")
    peers = {"PyTorch": partial(pytorch, *case), "jax.lax": partial(plain, *case)}
    return Row(does, target, partial(ours, *case), peers)


ROWS = {name: row(*case) for name, case in CASES.items()}
