"""What each step sees: arrays in a new order every epoch, or batches that stream in."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dl_lib.data.minibatch import batch_count, epoch_indices
from dl_lib.validation import whole_number

__all__ = ["Plan", "Stream", "as_arrays", "is_stream", "not_finite", "optional_number"]


def as_arrays(data: Any, name: str = "data") -> tuple[Any, int]:
    """Put a pytree of arrays, or the fields X and y, on the device and count the examples."""
    if hasattr(data, "X") and hasattr(data, "y"):
        data = (data.X, data.y)
    arrays = jax.tree_util.tree_map_with_path(
        lambda path, leaf: _as_array(leaf, name + jax.tree_util.keystr(path)), data
    )
    shapes = [leaf.shape for leaf in jax.tree.leaves(arrays)]
    if not shapes or () in shapes:
        raise ValueError(f"{name}: expected arrays with one row an example, got shapes {shapes}")
    lengths = sorted({shape[0] for shape in shapes})
    if len(lengths) > 1:
        raise ValueError(f"{name}: expected one number of examples, got arrays of shapes {shapes}")
    if lengths[0] == 0:
        raise ValueError(f"{name}: expected at least one example, got shapes {shapes}")
    return arrays, lengths[0]


def _as_array(leaf, name):
    if isinstance(leaf, bool | int | float | complex | str | bytes):
        hint = "" if isinstance(leaf, str | bytes) else "; np.array(...) makes one of a list"
        raise TypeError(f"{name}: expected an array, got the {type(leaf).__name__} {leaf!r}{hint}")
    _require_fit(name, leaf)
    try:
        return jnp.asarray(leaf)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected arrays such as (X, y), got {error}") from None


def _require_fit(name, leaf):
    """Refuse numbers that are lost when JAX narrows an array, as int64 to int32."""
    given = getattr(leaf, "dtype", None)
    if not isinstance(given, np.dtype) or not jnp.issubdtype(given, jnp.number):
        return
    narrow = jax.dtypes.canonicalize_dtype(given)
    if narrow != given and not _fits(values := np.asarray(leaf), narrow):
        raise ValueError(
            f"{name}: {given} values from {values.min()} to {values.max()} do not fit into {narrow}"
        )


def _fits(values, dtype):
    if values.size == 0:
        return True
    if jnp.issubdtype(dtype, jnp.integer):
        return jnp.iinfo(dtype).min <= values.min() and values.max() <= jnp.iinfo(dtype).max
    return not np.any(np.isfinite(values) & (np.abs(values) > float(jnp.finfo(dtype).max)))


def not_finite(data: Any, name: str = "data") -> str | None:
    """Say which array holds an infinite number or NaN, and in which row, if any does."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(data):
        if jnp.issubdtype(leaf.dtype, jnp.inexact):
            rows = np.asarray(jnp.isfinite(leaf)).reshape(len(leaf), -1).all(1)
            if not rows.all():
                row = int(np.argmin(rows))
                values = np.asarray(leaf[row]).ravel()
                value = values[~np.isfinite(values)][0]
                return f"{name}{jax.tree_util.keystr(path)} has {value} in row {row}"
    return None


class Plan(NamedTuple):
    """Which rows of the arrays each step of an epoch sees."""

    data: Any
    examples: int
    batch_size: int | None  # None for all rows at every step
    key: Any  # decides the order of the examples and all noise
    drop_last: bool = False

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        if self.batch_size is None:
            return 1
        return batch_count(self.examples, self.batch_size, self.drop_last)

    def sizes(self, steps: int) -> np.ndarray:
        """Count the examples of each of the first minibatches of an epoch."""
        size = self.batch_size or self.examples
        return np.minimum(size, self.examples - size * np.arange(steps, dtype=np.int64))

    def rows(self, epoch: int, steps: int) -> tuple[Any, Any]:
        """Choose the whole minibatches of an epoch, and the smaller last one or None."""
        if self.batch_size is None:
            return None, None
        rows = _order(self.key, epoch, self.examples, self.batch_size, self.drop_last)
        rows = np.asarray(rows)[:steps]
        whole = self.examples // self.batch_size
        left_over = rows[whole][: self.examples % self.batch_size] if len(rows) > whole else None
        return rows[:whole], left_over

    def batches(self, epoch: int, steps: int) -> Iterator[tuple[Any, Any]]:
        """Walk over pairs of arrays and the rows of them that a step takes, None for all."""
        rows, left_over = self.rows(epoch, steps)
        for row in [None] if rows is None else rows:
            yield self.data, row
        if left_over is not None:
            yield self.data, left_over

    def not_finite(self) -> str | None:
        """Say where the data hold an infinite number or NaN, if they do."""
        return not_finite(self.data)


@partial(jax.jit, static_argnums=(2, 3, 4))
def _order(key, epoch, examples, batch_size, drop_last):
    key = jax.random.fold_in(jax.random.fold_in(key, 1), epoch)
    return epoch_indices(key, examples, batch_size, drop_last=drop_last)


def is_stream(data: Any) -> bool:
    """Tell what yields batches, or a function that gives such a thing, from arrays."""
    plain = hasattr(data, "__array__") or (hasattr(data, "X") and hasattr(data, "y"))
    if plain or isinstance(data, str | bytes) or not jax.tree_util.all_leaves([data]):
        return False
    return callable(data) or hasattr(data, "__iter__")


class Stream:
    """Batches that come while training runs: from an iterator, an iterable or data(epoch)."""

    data, examples, batch_size = None, None, None

    def __init__(self, source: Any, steps: int | None, key: Any):
        self.source, self.steps, self.key = source, steps, key
        self.goes_on = not hasattr(source, "__next__")  # an iterator cannot begin an epoch again
        self._last, self._sizes = [], []

    def sizes(self, steps: int) -> np.ndarray:
        """Count the examples of each of the batches of the last epoch."""
        return np.asarray(self._sizes[:steps])

    def batches(self, epoch: int, steps: int | None) -> Iterator[tuple[Any, Any]]:
        """Walk over pairs of a batch and None, since a step takes all of it."""
        again = self.source if hasattr(self.source, "__iter__") else self.source(epoch)
        self._sizes = []
        for batch in itertools.islice(iter(again), steps):
            arrays, size = as_arrays(batch, f"batch {len(self._sizes) + 1} of epoch {epoch}")
            self._sizes.append(size)
            self._last = [*self._last[-1:], arrays]
            yield arrays, None
        if len(self._sizes) < (steps if self.steps else 1) and steps != 0:
            wanted = f"{steps} batches" if self.steps else "a batch"
            raise ValueError(
                f"expected {wanted} in epoch {epoch}, but the data gave {len(self._sizes)}"
            )

    def not_finite(self) -> str | None:
        """Say where one of the last two batches holds an infinite number or NaN, if it does."""
        found = [not_finite(batch, "a batch") for batch in self._last]
        return next(filter(None, found), None)


def optional_number(name: str, value: Any) -> int | None:
    """Read a count that is at least 1, as a plain integer; None stays None."""
    return None if value is None else whole_number(name, value)
