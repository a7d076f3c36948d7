"""PyTorch's values for convolutions of every kind, unfolding, folding and padding."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers

CONV = {
    # name: (shape of x, shape of the weight, arguments)
    "conv1d/plain": ((2, 3, 7), (4, 3, 3), {}),
    "conv1d/all": ((2, 4, 9), (6, 2, 3), {"stride": 2, "padding": 3, "dilation": 2, "groups": 2}),
    "conv1d/unbatched_same": ((3, 7), (4, 3, 4), {"padding": "same"}),
    "conv2d/dilated": ((2, 3, 7, 6), (4, 3, 3, 2), {"dilation": (2, 1), "padding": (1, 2)}),
    "conv2d/groups": ((1, 4, 5, 5), (6, 2, 3, 3), {"groups": 2, "stride": (1, 2)}),
    "conv2d/depthwise": ((2, 3, 5, 4), (6, 1, 3, 3), {"groups": 3, "padding": 1}),
    "conv2d/same_even": ((1, 2, 5, 6), (3, 2, 2, 4), {"padding": "same", "dilation": (1, 2)}),
    "conv2d/unbatched": ((2, 5, 4), (3, 2, 3, 3), {"padding": 1}),
    "conv3d/plain": ((1, 2, 3, 4, 4), (3, 2, 2, 3, 2), {}),
    "conv3d/all": (
        (1, 2, 4, 5, 4),
        (4, 1, 2, 2, 3),
        {"stride": (1, 2, 1), "padding": (0, 1, 1), "dilation": (2, 1, 1), "groups": 2},
    ),
    "conv_transpose1d/plain": ((2, 3, 4), (3, 2, 3), {}),
    "conv_transpose1d/all": (
        (2, 4, 4),
        (4, 3, 3),
        {"stride": 3, "padding": 2, "output_padding": 2, "dilation": 2, "groups": 2},
    ),
    "conv_transpose1d/wide": ((1, 2, 4), (2, 2, 3), {"output_padding": 1, "dilation": 2}),
    "conv_transpose1d/unbatched": ((3, 4), (3, 2, 3), {"stride": 2}),
    "conv_transpose2d/gan": ((1, 3, 3, 3), (3, 2, 4, 4), {"stride": 2, "padding": 1}),
    "conv_transpose2d/all": (
        (2, 4, 3, 4),
        (4, 1, 3, 2),
        {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2), "groups": 2},
    ),
    "conv_transpose2d/cropped": ((1, 2, 5, 5), (2, 2, 2, 2), {"padding": 2}),
    "conv_transpose3d/plain": ((1, 2, 2, 3, 2), (2, 3, 2, 2, 2), {}),
    "conv_transpose3d/all": (
        (1, 2, 2, 3, 2),
        (2, 2, 2, 3, 2),
        {"stride": (1, 2, 2), "padding": (0, 1, 0), "output_padding": (0, 1, 1), "dilation": 1},
    ),
}
MODES = {"reflect": "reflect", "replicate": "replicate", "circular": "circular"}
PADDED = {1: (2, 5), 2: (2, 3, 5), 3: (1, 2, 4, 3, 5)}
UNFOLDED = {
    "plain": ((4, 5), {"kernel_size": (2, 3)}),
    "strided": ((7, 6), {"kernel_size": (3, 2), "stride": 2, "padding": 1, "dilation": (2, 1)}),
}


def run_convolutions(recording):
    for case, (shape, weight, arguments) in CONV.items():
        function = getattr(F, case.split("/")[0])
        outputs = weight[0]
        if "transpose" in case:
            outputs = weight[1] * arguments.get("groups", 1)
        arrays = numbers(0, *shape), numbers(1, *weight), numbers(2, outputs)
        recording.run(case, lambda *a, f=function, k=arguments: f(*a, **k), *arrays)
    for mode in MODES:
        layer = torch.nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode=mode).double()

        def function(x, w, b, layer=layer):
            return torch.func.functional_call(layer, {"weight": w, "bias": b}, x)

        arrays = numbers(3, 1, 2, 4, 5), numbers(4, 3, 2, 3, 3), numbers(5, 3)
        recording.run(f"conv2d_mode/{mode}", function, *arrays)


def run_windows(recording):
    for case, (size, arguments) in UNFOLDED.items():
        x = numbers(6, 2, 3, *size)
        recording.run(f"unfold/{case}", lambda x, k=arguments: F.unfold(x, **k), x)
        columns = F.unfold(torch.tensor(x), **arguments).numpy()
        folded = lambda u, s=size, k=arguments: F.fold(u, s, **k)  # noqa: E731
        recording.run(f"fold/{case}", folded, columns)
    for axes, shape in PADDED.items():
        widths = (2, 1, 1, 2, 1, 0)[: 2 * axes]  # the last axis first
        x = numbers(7, *(shape if axes != 2 else (1, *shape)))
        for mode in MODES:
            padded = lambda x, m=mode, w=widths: F.pad(x, w, m)  # noqa: E731
            recording.run(f"pad/{axes}/{mode}", padded, x if axes != 1 else x[None])
        constant = lambda x, w=widths: F.pad(x, w, "constant", 2.5)  # noqa: E731
        recording.run(f"pad/{axes}/constant", constant, x)


def put_complex(recording):
    x, w = (
        numbers(s, *n) + 1j * numbers(s + 1, *n) for s, n in ((8, (1, 2, 4, 4)), (10, (3, 2, 2, 2)))
    )
    y = F.conv2d(torch.tensor(x), torch.tensor(w), stride=2, padding=1)
    recording.put("complex", x=x.astype(np.complex64), w=w.astype(np.complex64), y=y.numpy())


def main():
    recording = Recording("convolution")
    run_convolutions(recording)
    run_windows(recording)
    put_complex(recording)
    recording.save()


if __name__ == "__main__":
    main()
