"""PyTorch's values for what is made of convolutions."""

import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers

SOBEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=torch.float64)


def pointwise(x, w, b):
    return F.conv2d(x, w[:, :, None, None], b)


def separable(x, d, w, b, c):
    z = F.conv2d(x, d, b, stride=2, padding=1, groups=x.shape[1])
    return pointwise(z, w, c)


def gated(x, w, g, b, c):
    return F.conv2d(x, w, b, padding=1) * torch.sigmoid(F.conv2d(x, g, c, padding=1))


def sobel(x):
    gx, gy = (F.conv2d(x, k[None, None].repeat(2, 1, 1, 1), groups=2) for k in (SOBEL, SOBEL.T))
    return torch.sqrt(gx**2 + gy**2)


def main():
    recording = Recording("composed_convolution")
    x = numbers(0, 2, 2, 5, 4)
    w, b, c = numbers(1, 3, 2), numbers(2, 3), numbers(3, 2)
    recording.run("pointwise", pointwise, x, w, b)
    recording.run("separable", separable, x, numbers(4, 2, 1, 3, 3), w, c, b)
    recording.run("gated", gated, x, numbers(5, 3, 2, 3, 3), numbers(6, 3, 2, 3, 3), b, 2 * b)
    recording.run("sobel", sobel, x)
    recording.save()


if __name__ == "__main__":
    main()
