"""The picture of a history."""

from typing import Any

import matplotlib.pyplot as plt

from dl_lib.plotting import learning_curves

__all__ = ["draw"]


def draw(history: Any, log: bool = False) -> Any:
    """Draw the losses, and beside them each metric, against the epoch.

    Args
        history: a `History` with at least one epoch
        log: logarithmic vertical axis for the losses
    Returns
        the figure
    Raises
        ValueError: if there is no epoch yet
    Chapter
        linear_networks/linear_regression
    """
    if not history.epochs:
        raise ValueError("nothing to plot: expected a history of at least 1 epoch, got 0")
    panels: dict[str, dict] = {}
    for name in history:  # "validation loss": the set, and what was measured on it
        panels.setdefault(name.partition(" ")[2], {})[name] = history[name]
    # The constrained layout leaves room for the names at the ends of the curves.
    size = (min(5.5 * len(panels), 11.0), 3.5)
    figure, axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, layout="constrained")
    for ax, (quantity, curves) in zip(axes[0], panels.items(), strict=True):
        short = {name.partition(" ")[0]: values for name, values in curves.items()}
        learning_curves(short, log=log and quantity == "loss", ylabel=quantity, ax=ax)
    return figure
