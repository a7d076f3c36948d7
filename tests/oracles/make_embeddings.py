"""Stored PyTorch values for positions, embeddings and patches."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def turned(x, positions, base):
    """Rotary positions as a product of complex numbers."""
    frequency = base ** (-torch.arange(0, x.shape[-1], 2, dtype=torch.float64) / x.shape[-1])
    angle = positions[..., None] * frequency
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2)


def sinusoidal(length, width, base):
    table = torch.zeros(length, width + 1, dtype=torch.float64)
    position = torch.arange(length, dtype=torch.float64)[:, None]
    even = width + width % 2
    rate = torch.exp(torch.arange(0, even, 2, dtype=torch.float64) * (-np.log(base) / even))
    table[:, 0:even:2] = torch.sin(position * rate)
    table[:, 1 : even + 1 : 2] = torch.cos(position * rate)
    return table[:, :width]


def main():
    recording = Recording("embeddings")
    for length, width, base in ((5, 6, 10000.0), (4, 5, 100.0)):
        recording.put(f"sinusoidal/{width}", table=sinusoidal(length, width, base))
    recording.run(
        "rotary/counted", lambda x: turned(x, torch.arange(3), 10000.0), numbers(0, 2, 3, 4)
    )
    recording.run(
        "rotary/given", lambda x, i: turned(x, i, 10.0), numbers(1, 2, 3, 4), np.array([7, 0, 90])
    )
    ids = np.array([[1, 3, 0], [2, 2, 1]])
    weight = numbers(2, 4, 3)
    recording.run("embedding/plain", lambda w, i: F.embedding(i, w), weight, ids)
    weight = weight.copy()
    weight[2] = 0
    recording.run("embedding/padding", lambda w, i: F.embedding(i, w, 2), weight, ids)
    recording.run("embedding/scaled", lambda w, i: F.embedding(i, w) * 3**0.5, weight, ids)
    # A distance from −2 to 2, farther ones as the farthest: rows of a table with a column a head.
    rows = (np.arange(4) - np.arange(5)[:, None]).clip(-2, 2) + 2
    bias = lambda w, i: F.embedding(i, w).permute(2, 0, 1)  # noqa: E731
    recording.run("relative_bias", bias, numbers(6, 5, 3), rows)
    recording.run(
        "patches",
        lambda x, w, b: (
            F.conv2d(x, w.T.reshape(5, 3, 2, 2), b, stride=2).flatten(2).transpose(1, 2)
        ),
        numbers(3, 2, 3, 4, 6),
        numbers(4, 12, 5),
        numbers(5, 5),
    )
    recording.save()


if __name__ == "__main__":
    main()
