"""Stored PyTorch values for selective state spaces, by a loop over time."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recording, numbers


def scan(x, step, decay, b, c, skip):
    h = torch.zeros(x.shape[0], *decay.shape, dtype=x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        kept = torch.exp(step[:, t, :, None] * decay)
        h = kept * h + (step * x)[:, t, :, None] * b[:, t, None]
        outputs.append((h * c[:, t, None]).sum(-1))
    return torch.stack(outputs, 1) + skip * x


def mamba(x, *weights):
    w_in, taps, taps_bias, w_select, w_step, b_step, log_decay, skip, w_out = weights
    u, gate = (x @ w_in).chunk(2, -1)
    inner, length = taps.shape
    # PyTorch's kernels run forward in time, so the latest input comes last.
    u = F.conv1d(F.pad(u.transpose(1, 2), (length - 1, 0)), taps.flip(1)[:, None], groups=inner)
    u = F.silu(u.transpose(1, 2) + taps_bias)
    state = log_decay.shape[1]
    rank, b, c = (u @ w_select).split([w_step.shape[0], state, state], -1)
    step = F.softplus(rank @ w_step + b_step)
    return (scan(u, step, -torch.exp(log_decay), b, c, skip) * F.silu(gate)) @ w_out


def hold(A, B):
    """Exact for an input that stands still: x(Δ) = e^{ΔA} x(0) + A⁻¹ (e^{ΔA} − I) B u."""
    kept = torch.linalg.matrix_exp(0.3 * A)
    return torch.cat([kept, torch.linalg.solve(A, (kept - torch.eye(len(A))) @ B)], 1)


def trapezoid(A, B):
    eye = torch.eye(len(A), dtype=A.dtype)
    inverse = torch.linalg.inv(eye - 0.15 * A)
    return torch.cat([inverse @ (eye + 0.15 * A), 0.3 * inverse @ B], 1)


def recurrence(A, B, C, u, start):
    x, outputs = start, []
    for now in u:
        x = A @ x + B @ now
        outputs.append(C @ x)
    return torch.stack(outputs)


def kernel(A, B, C):
    return torch.stack([C @ torch.linalg.matrix_power(A, power) @ B for power in range(4)])


def record_systems(recording):
    for size in (2, 3):
        A, B, C = numbers(20, size, size), numbers(21, size, 2), numbers(22, 1, size)
        A -= 1.5 * np.eye(size, dtype=np.float32)
        recording.run(f"discretize/zoh/{size}", hold, A, B)
        recording.run(f"discretize/bilinear/{size}", trapezoid, A, B)
        recording.run(
            f"recurrence/{size}", recurrence, A / 3, B, C, numbers(23, 5, 2), numbers(24, size)
        )
        recording.run(f"kernel/{size}", kernel, A / 3, B, C)


def main():
    recording = Recording("state_space")
    record_systems(recording)
    step = abs(numbers(1, 2, 5, 3)) + 0.1
    decay = -abs(numbers(2, 3, 2))
    recording.run(
        "selective",
        scan,
        numbers(0, 2, 5, 3),
        step,
        decay,
        numbers(3, 2, 5, 2),
        numbers(4, 2, 5, 2),
        numbers(5, 3),
    )
    shapes = (3, 12), (6, 4), (6,), (6, 5), (1, 6), (6,), (6, 2), (6,), (6, 3)
    weights = [numbers(10 + i, *shape) / 2 for i, shape in enumerate(shapes)]
    recording.run("mamba", mamba, numbers(6, 2, 5, 3), *weights)
    x, kernel = numbers(7, 2, 6, 3), numbers(8, 3, 4)
    long = numbers(9, 3, 40) / 4
    for case, taps in (("short", kernel), ("long", long)):
        recording.run(
            f"filter/{case}",
            lambda x, k: F.conv1d(
                F.pad(x.transpose(1, 2), (k.shape[1] - 1, 0)), k.flip(1)[:, None], groups=3
            ).transpose(1, 2),
            x,
            taps,
        )
    recording.save()


if __name__ == "__main__":
    main()
