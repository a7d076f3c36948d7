"""Functions of two variables from above, and the ways down."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from dl_lib.plotting.palette import CLASSES, ROLES
from dl_lib.plotting.style import canvas, describe, legend_below
from dl_lib.plotting.types import Numbers, Pair

__all__ = ["contour_path"]

SHADES = [CLASSES[1], ROLES["ink"], CLASSES[8], CLASSES[6]]
# Fainter than the book's other map, so that a path in ink can be followed over its deep end.
FAINT = LinearSegmentedColormap.from_list(
    "book_faint", ["#f3f1ea", "#c3d8e6", "#7fb2d3", "#5b9cc4"]
)


def contour_path(
    function: Callable,
    path: Numbers | Mapping[str, Numbers] | None = None,
    *,
    x: Pair = (-2.0, 2.0),
    y: Pair = (-2.0, 2.0),
    levels: int | Numbers = 14,
    log: bool = False,
    minimum: Pair | None = None,
    title: str | None = None,
    coordinates: tuple[str, str] = ("$x_1$", "$x_2$"),
    ax: Axes | None = None,
) -> Figure:
    """Contours of a function of two variables, and the steps that optimizers took over them.

    Args
        function: function of two arrays of one shape that gives an array of that shape
        path: the places visited, (steps, 2), or name -> such an array; a ring marks the start
        x: the two ends of the horizontal axis
        y: the two ends of the vertical axis
        levels: how many contours, or their heights
        log: space the contours evenly in the logarithm of the height above the lowest point
        minimum: a place to mark with a star
        title: printed above
        coordinates: names of the two axes
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if a path is not (steps, 2)
    Chapter
        preliminaries/calculus
    """
    figure, ax = canvas(ax, figsize=(5.4, 4.2))
    across, up = np.meshgrid(np.linspace(*x, 161), np.linspace(*y, 161))
    heights = np.asarray(function(across, up), dtype=float)
    shown = np.log10(heights - heights.min() + 1e-3 * np.ptp(heights)) if log else heights
    ax.contourf(across, up, shown, levels=levels, cmap=FAINT)
    ax.contour(
        across, up, shown, levels=levels, colors=ROLES["paper"], linewidths=0.7, linestyles="solid"
    )
    if minimum is not None:
        ax.plot(
            *minimum,
            marker="*",
            markersize=15,
            color=ROLES["highlight"],
            markeredgecolor=ROLES["ink"],
            linestyle="none",
            zorder=5,
        )
    paths = path if isinstance(path, Mapping) else {} if path is None else {"_path": path}
    for number, (name, places) in enumerate(paths.items()):
        _draw_path(ax, name, np.asarray(places, dtype=float), SHADES[number % len(SHADES)])
    if isinstance(path, Mapping):
        legend_below(ax)
    ax.set(xlim=x, ylim=y)
    ax.grid(False)
    describe(ax, title, *coordinates)
    return figure


def _draw_path(ax: Axes, name: str, places: np.ndarray, shade: str) -> None:
    """The places joined by lines, with a ring around the first."""
    if places.ndim != 2 or places.shape[1] != 2:
        raise ValueError(f"a path is (steps, 2), got {places.shape}")
    edge = {"markeredgecolor": ROLES["paper"], "markeredgewidth": 0.6}
    ax.plot(*places.T, color=shade, marker="o", markersize=4.5, linewidth=1.8, label=name, **edge)
    ring = {"markerfacecolor": "none", "markeredgecolor": shade, "markeredgewidth": 2}
    ax.plot(*places[0], marker="o", markersize=10, linestyle="none", **ring)
