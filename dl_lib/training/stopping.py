"""When to stop, and which model to keep."""

import dataclasses

import numpy as np

from dl_lib.training.history import History

__all__ = ["EarlyStopping"]


@dataclasses.dataclass(frozen=True)
class EarlyStopping:
    """Stop when a quantity has not improved for some epochs, and keep the model of the best one.

    Equation
        stop after epoch e if e − argmin_i q_i ≥ patience
    Args
        quantity: a column of the history
        patience: epochs without improvement before training stops
        mode: "min" for a quantity that should fall, "max" for one that should rise
        min_delta: a change that is not larger is no improvement
    Raises
        ValueError: for a patience below 1, another mode, or a negative min_delta
    Source
        Prechelt 1998, Early stopping — but when?
    Chapter
        linear_networks/weight_decay
    """

    quantity: str = "validation loss"
    patience: int = 5
    mode: str = "min"
    min_delta: float = 0.0

    def __post_init__(self):
        if self.patience < 1:
            raise ValueError(f"expected a patience of at least 1 epoch, got {self.patience}")
        if self.mode not in ("min", "max"):
            raise ValueError(f'mode must be "min" or "max", got {self.mode!r}')
        if self.min_delta < 0:
            raise ValueError(f"expected min_delta ≥ 0, got {self.min_delta}")

    def best_epoch(self, history: History) -> int:
        """Return the number of the epoch whose model is kept.

        Args
            history: the record so far
        Returns
            a number from 1, or 0 where there is no epoch yet
        """
        if not history.epochs:
            return 0
        values = history[self.quantity] * (1 if self.mode == "min" else -1)
        values = np.where(np.isnan(values), np.inf, values)  # a number is better than none
        best = 0
        for number, value in enumerate(values, 1):
            if best == 0 or value < values[best - 1] - self.min_delta:
                best = number
        return best

    def should_stop(self, history: History) -> bool:
        """Say whether the last `patience` epochs brought nothing better.

        Args
            history: the record so far
        Returns
            whether to stop
        """
        return len(history.epochs) - self.best_epoch(history) >= self.patience
