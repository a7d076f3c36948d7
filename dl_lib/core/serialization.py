"""Parameters on disk, by name and without pickle."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from dl_lib.core.files import write_atomically
from dl_lib.core.module import modules
from dl_lib.core.names import named, with_arrays
from dl_lib.core.paths import joined

__all__ = ["from_torch", "load", "save"]


def save(path: str | os.PathLike, model: Any) -> None:
    """Write every array of a model to a safetensors file.

    The file appears whole or not at all: a process killed while it writes leaves the old one.

    Args
        path: where to write
        model: a module, or any pytree of arrays
    Raises
        OSError: if the file cannot be written; an older one stays as it was
    Chapter
        builders_guide/saving_loading
    """
    # safetensors writes the memory as it lies, so a transposed view must be laid out first.
    arrays = {name: np.asarray(leaf, order="C") for name, leaf in named(model).items()}
    write_atomically(path, to_bytes(arrays))


def load(path: str | os.PathLike, model: Any) -> Any:
    """Read a file written by `save` into a model of the same architecture.

    Args
        path: the file
        model: a module whose names, shapes and dtypes must be those of the file
    Returns
        the model with the arrays of the file; `model` itself is as it was
    Raises
        FileNotFoundError: if there is no such file
        ValueError: if the file is truncated or no safetensors file, or a shape or dtype differs
        KeyError: if names are missing or unknown
    Chapter
        builders_guide/saving_loading
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"no file {Path(path).name!r} to load a model from")
    try:
        arrays = load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{Path(path).name} is truncated or no safetensors file: {error}"
        ) from None
    return with_arrays(model, arrays)


def from_torch(model: Any, state_dict: Mapping[str, Any]) -> Any:
    """Load a PyTorch state_dict whose names are those of the model.

    A layer that keeps a weight the other way round than PyTorch lists it in `torch_transposed`.

    Args
        model: a module
        state_dict: arrays or CPU tensors by name
    Returns
        the model with these parameters
    Raises
        KeyError: if names are missing or unknown
        ValueError: if a shape differs
    Chapter
        builders_guide/saving_loading
    """
    turned = {
        joined(name, field)
        for name, node in modules(model)
        for field in getattr(node, "torch_transposed", ())
    }
    arrays = {
        name: np.asarray(value).T if name in turned else np.asarray(value)
        for name, value in state_dict.items()
        if not name.endswith("num_batches_tracked")  # a counter that our batch norm does not keep
    }
    return with_arrays(model, arrays)
