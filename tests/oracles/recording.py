"""Runs PyTorch in float64 on stored inputs and keeps outputs and gradients in one file."""

from pathlib import Path

import numpy as np
import torch

__all__ = ["Recording", "numbers", "plain_torchvision"]

HERE = Path(__file__).resolve().parent
_KEPT = []


def numbers(seed, *shape):
    """Normal numbers that float32 holds exactly, so that both precisions start from the same."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def plain_torchvision():
    """Let torchvision be imported for its Python part, where its compiled part does not load."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    _KEPT.append(library)  # what it defined goes with it


class Recording:
    """Cases of one family: inputs, outputs, and gradients of the output times a cotangent."""

    def __init__(self, family):
        self.path = HERE / f"{family}.npz"
        self.arrays = {}

    def put(self, case, **arrays):
        for name, array in arrays.items():
            self.arrays[f"{case}/{name}"] = np.asarray(array)

    def run(self, case, function, *inputs, fixed=()):
        """Store input0, input1, ..., output, cotangent, gradient0, ...

        Integers and the inputs whose numbers are `fixed` have no gradient.
        """
        tensors = []
        for i, array in enumerate(map(np.asarray, inputs)):
            floating = np.issubdtype(array.dtype, np.floating)
            tensor = torch.tensor(array, dtype=torch.float64 if floating else torch.int64)
            tensors.append(tensor.requires_grad_(floating and i not in fixed))
        output = function(*tensors)
        cotangent = np.cos(np.arange(output.numel())).reshape(output.shape).astype(np.float32)
        output.backward(torch.tensor(cotangent, dtype=torch.float64))
        self.put(case, output=output.detach().numpy(), cotangent=cotangent)
        for i, (array, tensor) in enumerate(zip(inputs, tensors, strict=True)):
            self.put(case, **{f"input{i}": array})
            if tensor.requires_grad:
                self.put(case, **{f"gradient{i}": tensor.grad.numpy()})

    def save(self):
        np.savez_compressed(self.path, **self.arrays)
        size = self.path.stat().st_size
        assert size <= 300_000, f"{self.path.name} has {size} bytes"
        print(f"{self.path.name}: {len(self.arrays)} arrays, {size} bytes")
