"""A data set: examples and targets, the names that belong to them, and where they came from."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, Shaped

from dl_lib.functional.numerics import widened
from dl_lib.validation import is_known

__all__ = ["Dataset", "Standardizer", "standardize"]


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples, targets, and what a reader should know about them.

    Args
        name: what to call it
        X: the inputs, one example a row, (examples, ...); images are (examples, channels, h, w)
        y: the targets, (examples,) or (examples, outputs)
        class_names: what the integers in `y` stand for; empty for regression
        feature_names: what the columns of `X` stand for
        description: what was measured, rendered or generated
        attribution: whose work it is and under which license
        extras: further arrays with one row an example, which travel along with `split`
    Raises
        ValueError: if the arrays disagree about the number of examples
        TypeError: if what should be an array is none
    Chapter
        linear_networks/linear_regression
    """

    name: str
    X: Shaped[Array, "..."]
    y: Shaped[Array, "..."]
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    description: str = ""
    attribution: str = ""
    extras: Mapping[str, Array] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        rows = {"X": self.X, "y": self.y, **self.extras}
        for name, array in rows.items():
            if not getattr(array, "ndim", 0):
                raise TypeError(f"{name}: expected an array of examples, got {array!r}")
        counts = {name: len(array) for name, array in rows.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"one example a row: expected equal lengths, got {counts}")

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        classes = f"  {len(self.class_names)} classes: " + " ".join(self.class_names[:12])
        if len(self.class_names) > 12:
            classes += " ..."
        lines = [
            f"Dataset {self.name}: {len(self):,} examples",
            f"  X  {self.X.dtype} {self.X.shape}",
            f"  y  {self.y.dtype} {self.y.shape}{classes if self.class_names else ''}",
        ]
        lines += [f"  {name}  {rows.dtype} {rows.shape}" for name, rows in self.extras.items()]
        return "\n".join(lines + [f"  {self.description}"] * bool(self.description))

    def replace(self, **changes) -> "Dataset":
        """Return a copy with some fields changed, for example `data.replace(X=data.X / 255)`."""
        return dataclasses.replace(self, **changes)

    def take(self, indices: Int[Array, " chosen"]) -> "Dataset":
        """Return the examples at these places, in this order."""
        indices = jnp.asarray(indices)
        if len(indices) and not jnp.issubdtype(indices.dtype, jnp.integer):
            raise TypeError(f"expected indices, which are integers, got {indices.dtype}")
        indices = indices.astype(int)
        low, high = (int(indices.min()), int(indices.max())) if len(indices) else (0, 0)
        if low < 0 or high >= max(len(self), 1):  # JAX would clamp in silence
            raise ValueError(f"expected indices from 0 to {len(self) - 1}, got {low} to {high}")
        extras = {name: rows[indices] for name, rows in self.extras.items()}
        return self.replace(X=self.X[indices], y=self.y[indices], extras=extras)

    def flat(self) -> "Dataset":
        """Return the same examples with each input laid out as one vector."""
        return self.replace(X=self.X.reshape(len(self), -1))

    def split(
        self, key: PRNGKeyArray, fractions: Sequence[float] = (0.8, 0.2)
    ) -> tuple["Dataset", ...]:
        """Return random disjoint parts of these sizes; together they are the whole set.

        The same key gives the same parts. Sizes are rounded so that no example is lost.
        """
        parts = np.atleast_1d(fractions)
        if parts.dtype.kind not in "iuf" or min(parts) <= 0 or not np.isclose(sum(parts), 1):
            raise ValueError(f"expected positive fractions that sum to 1, got {fractions}")
        order = jax.random.permutation(key, len(self))
        ends = np.round(np.cumsum(parts) * len(self)).astype(int)[:-1]
        if 0 in np.diff(ends, prepend=0, append=len(self)):
            raise ValueError(f"{fractions} of {len(self)} examples leave a part without any")
        return tuple(self.take(jnp.asarray(part)) for part in np.split(np.asarray(order), ends))


class Standardizer(NamedTuple):
    """Mean and standard deviation of each feature, fitted once and applied everywhere.

    Equation
        z = (x − mean) / scale
    Args
        mean: of each feature, or of each channel of images, shaped to broadcast against the inputs
        scale: standard deviation (divided by n), 1 where a feature does not vary
    Chapter
        linear_networks/linear_regression
    """

    mean: Float[Array, "..."]
    scale: Float[Array, "..."]

    @classmethod
    def fit(cls, X: Float[Array, "examples ..."]) -> "Standardizer":
        """Measure the features of `X`: columns, or channels where `X` holds images."""
        if is_known(X) and not (len(X) and np.isfinite(np.asarray(widened(X))).all()):
            what = "NaN or infinity among the features" if len(X) else "no example to measure"
            raise ValueError(f"expected finite features of one example or more, found {what}")
        X = widened(X)
        axes = (0, 2, 3) if X.ndim == 4 else 0
        mean, scale = X.mean(axes, keepdims=True), X.std(axes, keepdims=True)
        # A constant feature has no scale; rounding leaves it a tiny one.
        constant = scale <= 1e-6 * jnp.maximum(jnp.abs(mean), 1e-30)
        return cls(mean, jnp.where(constant, 1.0, scale))

    def transform(self, X: Float[Array, "examples ..."]) -> Float[Array, "examples ..."]:
        """Return z = (x − mean) / scale, in the type of X or in float32."""
        return _as_given((widened(X) - self.mean) / self.scale, X)

    def inverse(self, Z: Float[Array, "examples ..."]) -> Float[Array, "examples ..."]:
        """Return x = mean + scale · z."""
        return _as_given(self.mean + self.scale * widened(Z), Z)


def standardize(train: Dataset, *others: Dataset, targets: bool = False) -> tuple[Dataset, ...]:
    """Give the features mean 0 and standard deviation 1, as measured on the training set alone.

    The other sets are shifted and scaled by the training set's numbers: what they look like must
    not leak into what is learned.

    Equation
        z = (x − mean_train) / std_train
    Args
        train: the set that is measured
        others: sets treated with the same numbers
        targets: whether to treat real-valued targets the same way
    Returns
        the sets in the order they were given
    Raises
        ValueError: if a set has other features than the training set, the training set is empty or
            not finite, or classes are to be treated as real-valued targets
    Chapter
        linear_networks/linear_regression
    """
    if targets and train.class_names:
        raise ValueError(f"targets are the classes {' '.join(train.class_names)}, not real numbers")
    of_X = Standardizer.fit(train.X)
    of_y = Standardizer.fit(train.y) if targets else None
    result = []
    for data in (train, *others):
        if data.X.shape[1:] != train.X.shape[1:]:
            raise ValueError(f"expected features {train.X.shape[1:]}, got {data.X.shape[1:]}")
        y = of_y.transform(data.y) if targets else data.y
        result.append(data.replace(X=of_X.transform(data.X), y=y))
    return tuple(result)


def _as_given(result, given):
    """In the type of what was given, if that is one of real numbers."""
    return result.astype(given.dtype) if jnp.issubdtype(given.dtype, jnp.floating) else result
