"""PyTorch's side of a row: eager, as its tutorials write it, in each variant that may be faster."""

import copy
import os
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from benchmarks.side import Side

__all__ = ["Tie", "by_loop", "by_operation", "in_layout", "in_order", "tensor", "timed"]

ON_GPU = os.environ.get("BENCHMARKS_PLATFORM", "cpu") != "cpu"
DEVICE = torch.device("cuda" if ON_GPU else "cpu")  # raises where this PyTorch has no GPU
if not ON_GPU and hasattr(os, "sched_getaffinity"):
    torch.set_num_threads(len(os.sched_getaffinity(0)))  # it may count half of them


class Tie(NamedTuple):
    """A parameter of PyTorch and the arrays of ours that it holds, one below the other."""

    parameter: nn.Parameter
    names: tuple[str, ...]
    transposed: bool = False
    rows: slice = slice(None)


def tensor(array, **options):
    """A tensor on the device."""
    return torch.tensor(np.ascontiguousarray(array), device=DEVICE, **options)


def timed(function):
    """The work as a function of no arguments that waits until a GPU is done."""

    def work():
        result = function()
        if ON_GPU:
            torch.cuda.synchronize()
        return result

    return work


def in_layout(array, layout):
    """Images in a memory format; other arrays as they are."""
    return array.contiguous(memory_format=layout) if array.ndim == 4 else array


def load(ties, weights):
    """Begin with our weights."""
    with torch.no_grad():
        for tie in ties:
            parts = [weights[name] for name in tie.names]
            whole = np.concatenate([part.T if tie.transposed else part for part in parts])
            tie.parameter[tie.rows].copy_(tensor(whole))


def gradients(ties):
    """The gradients by our names and in our shapes."""
    found = {}
    for tie in ties:
        whole = tie.parameter.grad[tie.rows].cpu().numpy()
        parts = np.split(whole, len(tie.names))
        found |= {
            name: (part.T if tie.transposed else part).copy()
            for name, part in zip(tie.names, parts, strict=True)
        }
    return found


def in_order(module, weights):
    """Ties for layers that stand in the same order here and there."""
    names, ties = iter(weights), []
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            ties += [Tie(layer.weight, (next(names),)), Tie(layer.bias, (next(names),))]
            next(names), next(names)  # the running statistics, which begin alike
        elif isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.LayerNorm):
            ties.append(Tie(layer.weight, (next(names),), isinstance(layer, nn.Linear)))
            ties += [Tie(layer.bias, (next(names),))] if layer.bias is not None else []
    return ties


def by_loop(module, ties, weights, loss, data, batch_size, optimizer, variants=(), clip=None):
    """An epoch of training in a loop over slices, or over a DataLoader, and its like.

    `data` are the inputs and the target; `optimizer` makes one of parameters; `variants` are
    "channels_last", "fused" (the optimizer) or "DataLoader".
    """
    module = module.to(DEVICE)
    load(ties, weights)
    *inputs, target = (tensor(array) for array in data)

    def answer():
        value = loss(module(*(x[:batch_size] for x in inputs)), target[:batch_size])
        value.backward()
        return {"value": value.detach().cpu().numpy()} | gradients(ties)

    def trainer(module, layout=torch.contiguous_format, **options):
        module = copy.deepcopy(module).to(memory_format=layout)
        steps = optimizer(module.parameters(), **options)

        def train(*batch):
            *x, y = batch
            steps.zero_grad()
            value = loss(module(*x), y)
            value.backward()
            if clip:
                nn.utils.clip_grad_norm_(module.parameters(), clip)
            steps.step()
            return value.detach()

        return train

    def sliced(train, layout=torch.contiguous_format):
        arrays = [in_layout(array, layout) for array in (*inputs, target)]

        def epoch():
            order = torch.randperm(len(target), device=DEVICE).split(batch_size)
            losses = [train(*(in_layout(a[rows], layout) for a in arrays)) for rows in order]
            return float(torch.stack(losses).mean())

        return timed(epoch)

    def loaded(train):
        data = torch.utils.data.TensorDataset(*inputs, target)
        loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True)
        return timed(lambda: float(torch.stack([train(*batch) for batch in loader]).mean()))

    work = {"": sliced(trainer(module))}
    if "channels_last" in variants:
        work["channels_last"] = sliced(trainer(module, torch.channels_last), torch.channels_last)
    if "fused" in variants:
        work["fused optimizer"] = sliced(trainer(module, fused=True))
    if "DataLoader" in variants:
        work["DataLoader"] = loaded(trainer(module))
    return Side(work, answer)


def by_operation(function, arguments, cotangent, variants=()):
    """An operation forward, and backward in all its arguments."""

    def both(layout=torch.contiguous_format):
        leaves = [in_layout(tensor(array), layout).requires_grad_() for array in arguments]
        gradient = in_layout(tensor(cotangent), layout)

        def work():
            y = function(*leaves)
            return y, torch.autograd.grad(y, leaves, gradient)

        return work

    plain = both()

    def answer():
        y, found = plain()
        named = {f"gradient {place}": g.cpu().numpy() for place, g in enumerate(found)}
        return {"value": y.detach().cpu().numpy()} | named

    work = {"": timed(plain)}
    if "channels_last" in variants:
        work["channels_last"] = timed(both(torch.channels_last))
    return Side(work, answer)
