"""The recurrence of Mamba, for which eager PyTorch has nothing but a Python loop."""

import numpy as np

from benchmarks.side import Row, random

BATCH, TIME, CHANNELS, STATE = 2, 1024, 64, 16


def arrays():
    """x, Δ, A, B and C, and a gradient of the result."""
    rng = np.random.default_rng(1)
    x, inputs, outputs = (
        random(BATCH, TIME, n, seed=n + k) for k, n in enumerate((CHANNELS, STATE, STATE))
    )
    step = rng.uniform(0.001, 0.1, (BATCH, TIME, CHANNELS)).astype(np.float32)
    decay = -rng.uniform(0.5, STATE, (CHANNELS, STATE)).astype(np.float32)
    return [x, step, decay, inputs, outputs], random(BATCH, TIME, CHANNELS, seed=9)


def ours():
    """`selective_scan`."""
    from benchmarks.ours import by_operation
    from dl_lib.functional import selective_scan

    states = 4 * BATCH * TIME * CHANNELS * STATE
    return by_operation(selective_scan, *arrays(), bytes=2 * states)  # written once, read once


def pytorch(weights):
    """A loop over time."""
    import torch

    from benchmarks.pytorch import by_operation

    def scan(x, step, decay, inputs, outputs):
        kept = torch.exp(step[..., None] * decay)
        driven = (step * x)[..., None] * inputs[:, :, None, :]
        state, states = torch.zeros_like(kept[:, 0]), []
        for time in range(x.shape[1]):
            state = kept[:, time] * state + driven[:, time]
            states.append(state)
        return torch.einsum("btcn,btn->btc", torch.stack(states, 1), outputs)

    del weights
    return by_operation(scan, *arrays())


ROWS = {
    "selective-scan": Row(
        "A selective scan over 1,024 steps, 64 channels of 16 states, forward and backward.",
        1 / 45,
        ours,
        {"PyTorch, a loop over time": pytorch},
    )
}
