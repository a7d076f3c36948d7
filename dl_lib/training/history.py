"""What happened during training."""

import csv
import io
import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import ScalarLike

from dl_lib.core.files import write_atomically

__all__ = ["Epoch", "History"]

HEAD = ["epoch", "step", "quantity", "value"]


class Epoch(NamedTuple):
    """What happened in one epoch.

    Args
        losses: the loss of each step, before the step
        measures: numbers measured over the epoch or after it, by name
    Chapter
        linear_networks/linear_regression
    """

    losses: tuple[float, ...]
    measures: Mapping[str, float]


class History(Mapping):
    """The record of a training run: one number per epoch for each quantity, one loss per step.

    `history["validation loss"]` is an array with one number per epoch, `history.losses` has one per
    step. A history does not change; `history.append(...)` gives a longer one.

    Args
        epochs: what happened in each epoch
    Chapter
        linear_networks/linear_regression
    """

    def __init__(self, epochs: tuple[Epoch, ...] = ()):
        self._epochs = tuple(epochs)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """What happened in each epoch."""
        return self._epochs

    @property
    def losses(self) -> np.ndarray:
        """Loss of every step, (steps,)."""
        return np.array([loss for epoch in self._epochs for loss in epoch.losses])

    def __getitem__(self, quantity: str) -> np.ndarray:
        if quantity not in iter(self):
            raise KeyError(f"no {quantity!r} was recorded; there is {', '.join(self) or 'nothing'}")
        return np.array([epoch.measures[quantity] for epoch in self._epochs])

    def __iter__(self) -> Iterator[str]:
        return iter(self._epochs[0].measures if self._epochs else ())

    def __len__(self) -> int:
        return len(self._epochs[0].measures) if self._epochs else 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self._epochs == other._epochs

    __hash__ = None

    def append(self, losses: Any, measures: Mapping[str, ScalarLike]) -> "History":
        """Return a history with one more epoch.

        Args
            losses: the loss of each step
            measures: one number for each quantity
        Returns
            the longer history
        Raises
            ValueError: if the quantities are not those of the epochs before
        """
        if self._epochs and list(measures) != list(self):
            raise ValueError(f"expected the quantities {list(self)}, got {list(measures)}")
        measures = {name: float(value) for name, value in measures.items()}
        return History((*self._epochs, Epoch(tuple(map(float, losses)), measures)))

    def __repr__(self) -> str:
        """Return a table with one line per epoch, at most twelve."""
        if not self._epochs:
            return "History of no epochs"
        names = list(self)
        numbers = range(1, len(self._epochs) + 1)
        if len(numbers) > 12:  # the first, the last, and some in between
            numbers = sorted({round(1 + i * (len(numbers) - 1) / 11) for i in range(12)})
        rows = [["epoch", *names]]
        for number in numbers:
            measures = self._epochs[number - 1].measures
            rows.append([str(number), *(f"{measures[name]:.4g}" for name in names)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.rjust, row, widths)) for row in rows]
        return "\n".join(lines)

    def plot(self, *, log: bool = False) -> Any:
        """Draw the losses, and beside them every other quantity, against the epoch.

        Args
            log: logarithmic vertical axis for the losses
        Returns
            the figure
        Raises
            ValueError: if there is no epoch yet
        """
        import matplotlib.pyplot as plt  # takes half a second to import

        from dl_lib.plotting import learning_curves

        if not self._epochs:
            raise ValueError("nothing to plot: expected a history of at least 1 epoch, got 0")
        panels: dict[str, dict] = {}
        for name in self:  # "validation loss": the set, and what was measured on it
            panels.setdefault(name.partition(" ")[2], {})[name] = self[name]
        # The constrained layout leaves room for the names at the ends of the curves.
        size = (min(5.5 * len(panels), 11.0), 3.5)
        figure, axes = plt.subplots(
            1, len(panels), figsize=size, squeeze=False, layout="constrained"
        )
        for ax, (quantity, curves) in zip(axes[0], panels.items(), strict=True):
            short = {name.partition(" ")[0]: values for name, values in curves.items()}
            learning_curves(short, log=log and quantity == "loss", ylabel=quantity, ax=ax)
        return figure

    def to_text(self) -> str:
        """Return the history as the text of a CSV file: epoch, step, quantity, value.

        Measures of a whole epoch have no step. Every digit is kept.

        Returns
            the text
        """
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(HEAD)
        step = 0
        for number, epoch in enumerate(self._epochs, 1):
            for loss in epoch.losses:
                step += 1
                table.writerow([number, step, "loss", repr(loss)])
            table.writerows([number, "", n, repr(v)] for n, v in epoch.measures.items())
        return text.getvalue()

    @classmethod
    def from_text(cls, text: str) -> "History":
        """Read what `to_text` wrote.

        Args
            text: the text of a CSV file
        Returns
            the history
        Raises
            ValueError: if the text is no such table
        """
        head, *rows = csv.reader(io.StringIO(text))
        if head != HEAD:
            raise ValueError(f"expected the columns {HEAD}, got {head}")
        epochs: dict[str, tuple[list, dict]] = {}
        for number, step, quantity, value in rows:
            losses, measures = epochs.setdefault(number, ([], {}))
            if step:
                losses.append(float(value))
            else:
                measures[quantity] = float(value)
        return cls(tuple(Epoch(tuple(losses), measures) for losses, measures in epochs.values()))

    def to_csv(self, path: str | os.PathLike) -> None:
        """Write `to_text` to a file.

        Args
            path: the file
        """
        write_atomically(path, self.to_text().encode())

    @classmethod
    def from_csv(cls, path: str | os.PathLike) -> "History":
        """Read what `to_csv` wrote.

        Args
            path: the file
        Returns
            the history
        """
        with open(path, encoding="utf-8") as file:
            return cls.from_text(file.read())
