"""How a run ends before its time: nothing gets better, or the loss is no number any more."""

import dataclasses
from typing import Any, SupportsIndex

import numpy as np
from jaxtyping import ScalarLike

from dl_lib.training.history import History
from dl_lib.validation import whole_number

__all__ = ["DivergenceError", "EarlyStopping"]


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
    patience: SupportsIndex = 5
    mode: str = "min"
    min_delta: ScalarLike = 0.0

    def __post_init__(self):
        object.__setattr__(self, "patience", whole_number("patience", self.patience))
        if self.mode not in ("min", "max"):
            raise ValueError(f'mode must be "min" or "max", got {self.mode!r}')
        if not self.min_delta >= 0:
            raise ValueError(f"expected min_delta ≥ 0, got {self.min_delta}")
        object.__setattr__(self, "min_delta", float(self.min_delta))

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


class DivergenceError(FloatingPointError):
    """Training went where the loss or a parameter is infinite or NaN.

    Nothing is lost: the error carries the model of the last good epoch and the record until then.

    Args
        model: the model after the last epoch in which all was finite
        history: the record of the epochs until then
        losses: the loss of each step of the epoch that went wrong
        what: went wrong, where it was not the loss
        cause: what was infinite or NaN before training, in the data or the model, if known
    Chapter
        optimization/gradient_descent
    """

    def __init__(
        self,
        model: Any,
        history: History,
        losses: np.ndarray,
        what: str = "a parameter became infinite or NaN",
        cause: str | None = None,
    ):
        self.model, self.history, self.losses = model, history, losses
        self.epoch = len(history.epochs) + 1
        bad = np.flatnonzero(~np.isfinite(losses))
        self.step = int(bad[0]) + 1 if bad.size else len(losses)
        if bad.size:
            what = f"the loss became {losses[bad[0]]}"
        else:
            what = f"{what} (the loss was still {losses[-1]:.4g})"
        advice = "a smaller learning rate or clip_norm=... may help"
        super().__init__(
            f"{what} in epoch {self.epoch}, step {self.step}; {cause or advice}. "
            f"The error has the .model and .history after epoch {self.epoch - 1}, and the .losses "
            f"of epoch {self.epoch}"
        )
