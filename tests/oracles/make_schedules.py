"""Stored PyTorch values for the schedules of dl_lib.optim: learning rates step by step."""

import numpy as np
import torch
from recording import Recording, numbers
from torch.optim import lr_scheduler

CYCLES = {
    "triangular": {"mode": "triangular", "step_size_up": 4},
    "uneven": {"mode": "triangular", "step_size_up": 3, "step_size_down": 5},
    "triangular2": {"mode": "triangular2", "step_size_up": 4, "step_size_down": 2},
    "exp_range": {"mode": "exp_range", "step_size_up": 5, "gamma": 0.95},
}
PLATEAUS = {
    "plain": {"factor": 0.5, "patience": 2},
    "rest": {"factor": 0.1, "patience": 1, "cooldown": 3, "threshold": 0.05},
    "floor": {"factor": 0.3, "patience": 0, "min_lr": 0.05},
}


def rates(make, values):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for value in values:
        if value is None:
            found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([] if value is None else [value]))
        if value is not None:
            found.append(optimizer.param_groups[0]["lr"])
    return np.asarray(found)


def main():
    recording = Recording("schedules")
    for name, settings in CYCLES.items():
        make = lambda o, s=settings: lr_scheduler.CyclicLR(  # noqa: E731
            o, base_lr=0.1, max_lr=0.7, cycle_momentum=False, **s
        )
        recording.put(f"cyclic/{name}", rates=rates(make, [None] * 40))
    for growth in (1, 2, 3):
        make = lambda o, g=growth: lr_scheduler.CosineAnnealingWarmRestarts(  # noqa: E731
            o, T_0=4, T_mult=g, eta_min=0.05
        )
        recording.put(f"restarts/{growth}", rates=rates(make, [None] * 60))
    values = np.exp(-np.minimum(np.arange(40), 12) / 6) + 0.05 * np.abs(numbers(0, 40))
    for name, settings in PLATEAUS.items():
        make = lambda o, s=settings: lr_scheduler.ReduceLROnPlateau(o, **s)  # noqa: E731
        recording.put(f"plateau/{name}", values=values, rates=rates(make, values.tolist()))
    recording.save()


if __name__ == "__main__":
    main()
