"""Curves: functions of one variable, and losses over the course of training."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_lib.plotting.layout import spread
from dl_lib.plotting.palette import line_style
from dl_lib.plotting.style import canvas, describe
from dl_lib.plotting.types import Number, Numbers

__all__ = ["functions", "learning_curves"]


def functions(
    curves: Mapping[str, Callable | Numbers],
    x: Numbers = (-3.0, 3.0),
    *,
    title: str | None = None,
    xlabel: str | None = "x",
    ylabel: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """One or several functions of one variable, each named at its right end.

    Args
        curves: name of a curve -> a function of an array, or the values on `x`; a name that is a
            role of `color` ("model", "truth", ...) gets that color
        x: the two ends of the axis, or all the places, at least three
        title: printed above
        xlabel: name of the horizontal axis
        ylabel: name of the vertical axis
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if a curve's values do not match `x` in number
    Chapter
        preliminaries/calculus
    """
    figure, ax = canvas(ax)
    places = np.asarray(x, dtype=float)
    if places.shape == (2,):
        places = np.linspace(places[0], places[1], 401)
    for number, (name, curve) in enumerate(curves.items()):
        values = np.asarray(curve(places) if callable(curve) else curve, dtype=float)
        if values.shape != places.shape:
            raise ValueError(f"{name!r}: {values.shape} values for {places.shape} places")
        ax.plot(places, values, label=name, **line_style(name, number))
    _name_at_ends(ax)
    describe(ax, title, xlabel, ylabel)
    return figure


def learning_curves(
    history: Mapping[str, Numbers],
    *,
    steps: Numbers | None = None,
    log: bool = False,
    title: str | None = None,
    xlabel: str | None = "epoch",
    ylabel: str | None = "loss",
    ax: Axes | None = None,
) -> Figure:
    """Losses (or other measures) over the course of training.

    Args
        history: name -> one number per epoch; "train", "validation" and "test" have their colors,
            and so have names that contain them, as "train loss"
        steps: where each number was taken, (epochs,); 1, 2, 3, ... where None
        log: logarithmic vertical axis
        title: printed above
        xlabel: name of the horizontal axis
        ylabel: name of the vertical axis
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if `steps` and a curve differ in length
    Chapter
        linear_networks/linear_regression
    """
    figure, ax = canvas(ax)
    for number, (name, given) in enumerate(history.items()):
        values = np.asarray(given, dtype=float)
        places = np.arange(1, len(values) + 1) if steps is None else np.asarray(steps)
        if len(places) != len(values):
            raise ValueError(f"{name!r}: {len(values)} values at {len(places)} steps")
        marker = "o" if len(values) <= 12 else None
        ax.plot(places, values, label=name, marker=marker, **line_style(name, number))
    if log:
        ax.set_yscale("log")
    if steps is None:
        ax.xaxis.get_major_locator().set_params(integer=True)
    _name_at_ends(ax)
    describe(ax, title, xlabel, ylabel)
    return figure


def _name_at_ends(ax: Axes, gap: Number = 15.0) -> None:
    """Write each line's label beside its last point, at least `gap` points from the next label."""
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    lines = [line for line in lines if np.isfinite(line.get_ydata()).any()]
    if len(lines) < 2:
        return
    ax.margins(x=0.01)
    ax.autoscale_view()
    to_points = 72 / ax.figure.dpi
    ends = [_last_finite(line) for line in lines]
    heights = [ax.transData.transform(end)[1] * to_points for end in ends]
    for index, shift in enumerate(spread(heights, gap)):
        ax.annotate(
            lines[index].get_label(),
            ends[index],
            xytext=(8, shift),
            textcoords="offset points",
            va="center",
            color=lines[index].get_color(),
            annotation_clip=False,
        )


def _last_finite(line) -> tuple[float, float]:
    """The last point of a line that has a height."""
    x, y = (np.asarray(values, dtype=float) for values in line.get_data())
    index = np.flatnonzero(np.isfinite(y))[-1]
    return x[index], y[index]
