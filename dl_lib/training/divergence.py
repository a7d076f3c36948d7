"""What `fit` raises when the loss is no number any more."""

from typing import Any

import numpy as np

from dl_lib.training.history import History

__all__ = ["DivergenceError"]


class DivergenceError(FloatingPointError):
    """Training went where the loss or a parameter is infinite or NaN.

    Nothing is lost: the error carries the model of the last good epoch and the record until then.

    Args
        model: the model after the last epoch in which all was finite
        history: the record of the epochs until then
        losses: the loss of each step of the epoch that went wrong
    Chapter
        optimization/gradient_descent
    """

    def __init__(self, model: Any, history: History, losses: np.ndarray):
        self.model, self.history, self.losses = model, history, losses
        self.epoch = len(history.epochs) + 1
        bad = np.flatnonzero(~np.isfinite(losses))
        self.step = int(bad[0]) + 1 if bad.size else len(losses)
        what = (
            f"the loss became {losses[bad[0]]}"
            if bad.size
            else f"a parameter became infinite or NaN (the loss was still {losses[-1]:.4g})"
        )
        super().__init__(
            f"{what} in epoch {self.epoch}, step {self.step}; a smaller learning rate or "
            f"clip_norm=... may help. The error has the .model and .history after epoch "
            f"{self.epoch - 1}, and the .losses of epoch {self.epoch}"
        )
