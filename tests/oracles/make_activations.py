"""Stored PyTorch values for the activations: rectifiers, hard ones, gates."""

import torch
import torch.nn.functional as F  # noqa: N812
from make_functional import EXTREME
from recording import Recording, numbers

ELEMENTWISE = {
    "celu": F.celu,
    "celu_2": lambda x: F.celu(x, 2.0),
    "elu": F.elu,
    "elu_half": lambda x: F.elu(x, 0.5),
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "hardshrink": F.hardshrink,
    # F.hardsigmoid has 1/6 rounded to float32 in its gradient, whatever the dtype.
    "hardsigmoid": lambda x: F.relu6(x + 3) / 6,
    "hardswish": F.hardswish,
    "hardtanh": F.hardtanh,
    "hardtanh_wide": lambda x: F.hardtanh(x, -2.0, 3.0),
    "leaky_relu": F.leaky_relu,
    "leaky_relu_steep": lambda x: F.leaky_relu(x, 1.5),
    "mish": F.mish,
    "relu6": F.relu6,
    "rrelu": F.rrelu,
    "selu": F.selu,
    "silu": F.silu,
    "softplus_2": lambda x: F.softplus(x, 2.0, threshold=1e9),
    "threshold": lambda x: F.threshold(x, 0.1, 20.0),
}


def main():
    recording = Recording("activations")
    for name, function in ELEMENTWISE.items():
        # Beyond 350 the softplus of PyTorch overflows when its threshold is out of the way.
        extreme = EXTREME.clip(-300, 300) if name == "softplus_2" else EXTREME
        recording.run(f"{name}/extreme", function, extreme)
        recording.run(f"{name}/image", function, numbers(0, 2, 3, 4) * 3)
    for case, size in {"shared": 1, "channels": 3}.items():
        recording.run(f"prelu/{case}", F.prelu, numbers(1, 2, 3, 4), numbers(2, size))
    for axis in (-1, 1):
        recording.run(f"glu/{axis}", lambda x, a=axis: F.glu(x, a), numbers(3, 3, 4, 6))
    x, beta = numbers(4, 3, 4), numbers(5)
    recording.run("swish/learned", lambda x, b: x * torch.sigmoid(b * x), x, beta)
    recording.save()


if __name__ == "__main__":
    main()
