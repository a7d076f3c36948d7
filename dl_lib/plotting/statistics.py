"""Distributions as bars, and points with the line fitted to them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_lib.plotting.palette import ROLES, line_style
from dl_lib.plotting.style import canvas, describe, legend_below
from dl_lib.plotting.types import Numbers

__all__ = ["distribution", "regression_line"]


def distribution(
    probabilities: Numbers | Mapping[str, Numbers],
    outcomes: Sequence[str] | None = None,
    *,
    numbers: bool = False,
    title: str | None = None,
    xlabel: str | None = None,
    ylabel: str | None = "probability",
    ax: Axes | None = None,
) -> Figure:
    """One distribution over a few outcomes, or several side by side, as bars.

    Args
        probabilities: (outcomes,), or name -> such an array; any heights will do
        outcomes: a name per outcome; 0, 1, 2, ... where None
        numbers: write each height above its bar
        title: printed above
        xlabel: what the outcomes are
        ylabel: what the heights are
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if the distributions and `outcomes` differ in length
    Chapter
        preliminaries/probability
    """
    named = isinstance(probabilities, Mapping)
    several = probabilities if named else {"": probabilities}
    heights = {name: np.asarray(values, dtype=float) for name, values in several.items()}
    count = len(next(iter(heights.values())) if outcomes is None else outcomes)
    for values in heights.values():
        if values.shape != (count,):
            raise ValueError(f"{values.size} heights for {count} outcomes")
    figure, ax = canvas(ax)
    width = 0.8 / len(heights)
    for number, (name, values) in enumerate(heights.items()):
        places = np.arange(len(values)) + (number - (len(heights) - 1) / 2) * width
        bars = ax.bar(
            places, values, 0.92 * width, label=name, color=line_style(name, number)["color"]
        )
        if numbers:
            ax.bar_label(bars, fmt="%.3g", padding=2, fontsize=10)
    ax.set_xticks(range(count), range(count) if outcomes is None else outcomes)
    ax.grid(False, axis="x")
    if named:
        legend_below(ax)
    describe(ax, title, xlabel, ylabel)
    return figure


def regression_line(
    x: Numbers,
    y: Numbers,
    line: Callable | Numbers,
    *,
    truth: Callable | Numbers | None = None,
    residuals: bool = False,
    title: str | None = None,
    xlabel: str | None = "x",
    ylabel: str | None = "y",
    ax: Axes | None = None,
) -> Figure:
    """Points, the line (or curve) fitted to them, and how far they are from it.

    Equation
        ŷ = w x + b
    Args
        x: one feature of each example, (n,)
        y: its target, (n,)
        line: the model as (w, b), or as a function of an array
        truth: what the data came from, in the same form, drawn dashed
        residuals: draw y − ŷ as a thin line at every point
        title: printed above
        xlabel: name of the feature
        ylabel: name of the target
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if `x` and `y` are not two vectors of one length
    Chapter
        linear_networks/linear_regression
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"expected x and y of one shape (n,), got {x.shape} and {y.shape}")
    figure, ax = canvas(ax)
    model = _as_function(line)
    if residuals:
        ax.vlines(
            x,
            y,
            np.asarray(model(x)),
            color=ROLES["error"],
            linewidth=1.2,
            alpha=0.8,
            label="residual",
        )
    ax.scatter(
        x,
        y,
        s=30,
        color=ROLES["data"],
        edgecolor=ROLES["paper"],
        linewidth=0.7,
        label="data",
        zorder=3,
    )
    places = np.linspace(x.min(), x.max(), 201)
    if truth is not None:
        ax.plot(
            places, np.asarray(_as_function(truth)(places)), label="truth", **line_style("truth", 0)
        )
    ax.plot(places, np.asarray(model(places)), color=ROLES["model"], label="model", zorder=4)
    legend_below(ax)
    describe(ax, title, xlabel, ylabel)
    return figure


def _as_function(line: Callable | Numbers) -> Callable:
    """(w, b) as the function w x + b; a function as it is."""
    if callable(line):
        return line
    slope, intercept = line
    return lambda x: float(slope) * x + float(intercept)
