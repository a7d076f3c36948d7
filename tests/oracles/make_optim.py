"""Stored PyTorch values for dl_lib.optim and dl_lib.initializers: 20 steps on a quadratic."""

import numpy as np
import torch
from recording import Recording, numbers

CASES = {
    "sgd/plain": (torch.optim.SGD, {"lr": 0.1}),
    "sgd/momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "sgd/nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "sgd/weight_decay": (torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.5}),
    "adagrad/default": (torch.optim.Adagrad, {"lr": 0.5, "eps": 1e-3}),
    "adagrad/initial": (torch.optim.Adagrad, {"lr": 0.5, "initial_accumulator_value": 0.1}),
    "rmsprop/default": (torch.optim.RMSprop, {"lr": 0.05, "alpha": 0.9, "eps": 1e-3}),
    "adam/default": (torch.optim.Adam, {"lr": 0.1}),
    "adam/large_eps": (torch.optim.Adam, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-2}),
    "amsgrad/default": (torch.optim.Adam, {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.7)}),
    "adadelta/default": (torch.optim.Adadelta, {"lr": 1.0, "rho": 0.9, "eps": 1e-5}),
    "adadelta/large_eps": (torch.optim.Adadelta, {"lr": 0.5, "rho": 0.7, "eps": 1e-2}),
    "adamw/default": (torch.optim.AdamW, {"lr": 0.1, "weight_decay": 0.3}),
}


def main():
    recording = Recording("optim")
    start = {"weight": numbers(0, 2, 3), "bias": numbers(1, 3)}
    curvature = {"weight": numbers(2, 2, 3) ** 2 + 0.1, "bias": numbers(3, 3) ** 2 + 0.1}
    recording.put("start", **start)
    recording.put("curvature", **curvature)
    for case, (optimizer_class, settings) in CASES.items():
        params = {k: torch.tensor(v, dtype=torch.float64) for k, v in start.items()}
        for tensor in params.values():
            tensor.requires_grad_(True)
        optimizer = optimizer_class(list(params.values()), **settings)
        path = {name: [] for name in params}
        for _ in range(20):
            optimizer.zero_grad()
            # ½ Σ c (θ − 1)²
            parts = [(torch.tensor(curvature[k]) * (p - 1) ** 2).sum() for k, p in params.items()]
            (sum(parts) / 2).backward()
            optimizer.step()
            for name, tensor in params.items():
                path[name].append(tensor.detach().numpy().copy())
        recording.put(case, **{name: np.stack(steps) for name, steps in path.items()})
    grads = [torch.tensor(x, dtype=torch.float64) for x in (numbers(4, 2, 3), numbers(5, 4))]
    for limit in (0.5, 100.0):
        tensors = [torch.zeros_like(g).requires_grad_(True) for g in grads]
        for tensor, grad in zip(tensors, grads, strict=True):
            tensor.grad = grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(tensors, limit)
        recording.put(
            f"clip_by_global_norm/{limit}",
            norm=norm.numpy(),
            input0=grads[0].numpy(),
            input1=grads[1].numpy(),
            output0=tensors[0].grad.numpy(),
            output1=tensors[1].grad.numpy(),
        )
    for shape in ((5, 7), (4, 3, 3, 2), (6, 2, 5)):
        # PyTorch stores a dense weight as (out, in), so its axes are given to it swapped.
        weight = torch.zeros(shape[::-1] if len(shape) == 2 else shape)
        fans = torch.nn.init._calculate_fan_in_and_fan_out(weight)
        recording.put(f"fans/{len(shape)}", shape=shape, fans=fans)
    recording.save()


if __name__ == "__main__":
    main()
