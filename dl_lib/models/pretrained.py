"""Parameters that somebody else has trained."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dl_lib.core import Module, from_torch, named
from dl_lib.models._torch_names import torch_names

__all__ = ["load_torch"]


def load_torch(model: Module, state_dict: Mapping[str, Any]) -> Module:
    """Load torchvision's parameters and buffers into the same network of ours, by name.

    The number of classes, and whatever else changes a shape, must be the same on both sides:
    GoogLeNet is `GoogLeNet(batch_norm=True, largest=3, last_window=2)` there, AlexNet
    `AlexNet(widths=(64, 192, 384, 256, 256), stem=(11, 4, 2))`. `from_torch` loads what has our
    names.

    Args
        model: an AlexNet, VGG, GoogLeNet, ResNet, ResNeXt, DenseNet, AnyNet, RegNet or
            VisionTransformer, or its shapes from `jax.eval_shape`
        state_dict: arrays or CPU tensors by torchvision's names, as `torch.load` or safetensors'
            `load_file` gives them
    Returns
        the model with these parameters; `model` itself is as it was
    Raises
        TypeError: if torchvision has no such network
        KeyError: if names are missing or unknown
        ValueError: if a shape or type differs
    Chapter
        modern_cnn/resnet
    """
    theirs = torch_names(model)
    given = dict(_unpacked(state_dict))
    missing = sorted(set(theirs.values()) - set(given))
    unknown = sorted(set(given) - set(theirs.values()))
    if missing or unknown:
        raise KeyError(f"names that do not match: missing {missing}, unknown {unknown}")
    arrays = {
        ours: _as_of_a_layer(leaf, theirs[ours], given[theirs[ours]])
        for ours, leaf in named(model).items()
    }
    return from_torch(model, arrays)


def _unpacked(state_dict):
    """Names and arrays, but counters of steps; queries, keys and values lie in one array there."""
    for name, value in state_dict.items():
        array = np.asarray(value)
        if name.endswith(("in_proj_weight", "in_proj_bias")):
            for part, rows in zip(("query", "key", "value"), np.array_split(array, 3), strict=True):
                yield f"{name}[{part}]", rows
        elif not name.endswith("_batches_tracked"):
            yield name, array


def _as_of_a_layer(leaf, name, array):
    """Their array as a layer of PyTorch keeps it, which `from_torch` turns where ours differs."""
    shape = leaf.shape
    if name in {"encoder.pos_embedding", "class_token"}:
        shape = *(1,) * (3 - leaf.ndim), *leaf.shape  # which has an axis for the batch there
    elif leaf.ndim == 2:
        shape = leaf.shape[::-1]  # a dense layer keeps (out, in) there
        if array.shape[2:] == (1, 1) or (name == "conv_proj.weight" and array.ndim == 4):
            array = array.reshape(len(array), -1)  # and may be a convolution of 1×1 or of patches
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")
    if array.dtype != leaf.dtype:
        raise ValueError(f"{name}: expected dtype {leaf.dtype}, got {array.dtype}")
    return array.reshape(leaf.shape) if array.ndim > leaf.ndim else array
