"""Checkpoints: training that was interrupted goes on as if nothing had happened."""

import dataclasses
import hashlib
import json
import os
import re
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, SupportsIndex

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from dl_lib.core import named, with_arrays
from dl_lib.core.files import write_atomically
from dl_lib.validation import whole_number

__all__ = ["Checkpoints", "read_checkpoint", "restored", "write_checkpoint"]


@dataclasses.dataclass(frozen=True)
class Checkpoints:
    """A folder where `fit` writes its state, and from which it goes on when it is called again.

    Args
        folder: where; made when it is not there
        every: epochs between two checkpoints
        keep: how many of the newest to keep
    Raises
        ValueError: if `every` or `keep` is below 1
        TypeError: if the folder is no path, or a number is not whole
    Chapter
        builders_guide/saving_loading
    """

    folder: str | os.PathLike
    every: SupportsIndex = 1
    keep: SupportsIndex = 2

    def __post_init__(self):
        if not isinstance(self.folder, str | os.PathLike):
            raise TypeError(f"expected the path of a folder for checkpoints, got {self.folder!r}")
        for name in ("every", "keep"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))

    def write(self, epoch: int, arrays: Any, facts: Mapping[str, Any]) -> None:
        """Write a checkpoint and remove those that are too many.

        Args
            epoch: number of the epoch that has ended
            arrays: pytree of arrays
            facts: all else that training needs to go on, as JSON
        Raises
            OSError: if it cannot be written; those before stay as they were
        """
        write_checkpoint(self._path(epoch), arrays, {**facts, "epoch": epoch})
        for old in self._found()[self.keep :]:
            old.unlink(missing_ok=True)

    def open(self, arrays: Any, facts: Mapping[str, Any]) -> None:
        """Make the folder, and clear away what a killed process left half-written.

        Args
            arrays: pytree of arrays as they will be written
            facts: all else as it will be
        Raises
            OSError: if the folder cannot be made, or nothing can be written there
            TypeError: if an array or a fact is of a kind that cannot be written
        """
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        for partial in Path(self.folder).glob("epoch_*.safetensors*.part"):
            partial.unlink(missing_ok=True)
        tempfile.TemporaryFile(dir=self.folder).close()
        for name, leaf in named(arrays).items():
            kind = _plain(leaf).dtype
            try:
                to_bytes({name: np.zeros(0, kind)})
            except (KeyError, TypeError, ValueError, SafetensorError):
                raise TypeError(f"{name} is {kind}, which a checkpoint cannot hold") from None
        json.dumps(facts)

    def newest(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Read the newest checkpoint that is whole, warning of newer ones that are not.

        Returns
            arrays by name and the facts, or None where nothing was written yet
        Raises
            ValueError: if there are checkpoints and every one is damaged
        """
        found = self._found()
        for path in found:
            try:
                return read_checkpoint(path)
            except ValueError as error:
                warnings.warn(f"{error}; going back to the one before", stacklevel=3)
        if found:
            raise ValueError(f"none of the {len(found)} checkpoints is whole; remove the folder")
        return None

    def _path(self, epoch):
        return Path(self.folder) / f"epoch_{epoch:06}.safetensors"

    def _found(self):
        paths = Path(self.folder).glob("epoch_*.safetensors")
        numbers = {path: re.fullmatch(r"epoch_(\d+)\.safetensors", path.name) for path in paths}
        return sorted((p for p, m in numbers.items() if m), key=lambda p: -int(numbers[p][1]))


def write_checkpoint(path: str | os.PathLike, arrays: Any, facts: Mapping[str, Any]) -> None:
    """Write arrays and facts into one safetensors file with a checksum, whole or not at all.

    Args
        path: the file
        arrays: pytree of arrays; random keys among them are allowed
        facts: what JSON can hold
    Raises
        OSError: if it cannot be written; an older file stays as it was
    Chapter
        builders_guide/saving_loading
    """
    plain = {name: np.asarray(_plain(leaf), order="C") for name, leaf in named(arrays).items()}
    text = json.dumps(facts)
    facts = {"facts": text, "sha256": _digest(plain, text)}
    write_atomically(path, to_bytes(plain, metadata=facts))


def read_checkpoint(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_checkpoint` wrote.

    Args
        path: the file
    Returns
        arrays by name, and the facts
    Raises
        ValueError: if the file is truncated, changed, or no checkpoint
    Chapter
        builders_guide/saving_loading
    """
    name = Path(path).name
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            facts = file.metadata() or {}
    except SafetensorError as error:
        raise ValueError(f"{name} is truncated or no checkpoint: {error}") from None
    if "facts" not in facts or facts.get("sha256") != _digest(arrays, facts["facts"]):
        raise ValueError(f"{name} is damaged: its content does not match its checksum")
    return arrays, json.loads(facts["facts"])


def restored(template: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Fill a tree with the arrays of a checkpoint.

    Args
        template: a tree of the same structure
        arrays: by name
    Returns
        the tree with these arrays
    Raises
        ValueError: if names, shapes or dtypes differ: another model or optimizer was trained
    Chapter
        builders_guide/saving_loading
    """
    plain = jax.tree.map(_plain, template)
    try:
        filled = with_arrays(plain, arrays)
    except (KeyError, ValueError) as error:
        raise ValueError(f"the checkpoint is of another model or optimizer: {error}") from None
    return jax.tree.map(_like, template, filled)


def _like(old, new):
    if not _is_key(old):
        return new
    return jax.random.wrap_key_data(new, impl=jax.random.key_impl(old))


def _plain(leaf):
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _is_key(leaf):
    return jax.dtypes.issubdtype(getattr(leaf, "dtype", None), jax.dtypes.prng_key)


def _digest(arrays, text):
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
