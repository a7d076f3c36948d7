"""What a classifier makes of the plane."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from dl_lib.plotting.diagrams import tint
from dl_lib.plotting.palette import ROLES, class_colors
from dl_lib.plotting.style import canvas, describe
from dl_lib.plotting.types import Numbers

__all__ = ["decision_regions"]

MARKERS = "os^DvPX*<>"  # a second sign of the class, for print and for eyes that see no color


def decision_regions(
    predict: Callable,
    X: Numbers,
    y: Numbers,
    *,
    names: Sequence[str] | None = None,
    resolution: int = 201,
    title: str | None = None,
    coordinates: tuple[str, str] = ("$x_1$", "$x_2$"),
    ax: Axes | None = None,
) -> Figure:
    """The regions of the plane that a classifier gives to each class, and the data on top.

    Args
        predict: function of points (m, 2) that gives class indices (m,), or scores (m, classes) of
            which the largest wins
        X: the points of the data, (n, 2)
        y: their classes 0, 1, 2, ..., (n,)
        names: a name per class, for the legend
        resolution: points per axis at which `predict` is asked, all in one call
        title: printed above
        coordinates: names of the two axes
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if `X` is not (n, 2), `y` is not (n,), or what stands in it is no class
    Chapter
        linear_networks/softmax_regression
    """
    X, y = np.asarray(X, dtype=np.float32), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"expected X (n, 2) and y (n,), got {X.shape} and {y.shape}")
    if strange := sorted({*y.tolist()} - {*range(len(MARKERS))}):  # points that would not be drawn
        raise ValueError(f"expected classes 0 to {len(MARKERS) - 1}, got {strange[:3]}")
    figure, ax = canvas(ax, figsize=(5.0, 4.2))
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.08 * (high - low)
    axes = [np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin, strict=True)]
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2).astype(np.float32)
    answer = np.asarray(predict(points))
    regions = answer.argmax(axis=1) if answer.ndim == 2 else answer
    count = int(max(y.max(), regions.max())) + 1
    shades = class_colors(count)
    fill = {"cmap": ListedColormap([tint(shade) for shade in shades]), "shading": "nearest"}
    square = (resolution, resolution)
    ax.pcolormesh(*axes, regions.reshape(square), vmin=-0.5, vmax=count - 0.5, **fill)
    for index in np.unique(regions) if count > 2 else [1]:
        lead = _margin_of(answer, int(index)).reshape(square)
        ax.contour(*axes, lead, levels=[0.0], colors=ROLES["ink"], linewidths=1.2)
    for index in range(count):
        members = X[y == index]
        label = names[index] if names is not None else f"class {index}"
        ax.scatter(
            *members.T,
            s=34,
            color=shades[index],
            marker=MARKERS[index],
            edgecolor=ROLES["paper"],
            linewidth=0.7,
            label=label,
        )
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handletextpad=0.2, borderaxespad=0.2)
    ax.grid(False)
    describe(ax, title, *coordinates)
    return figure


def _margin_of(answer: np.ndarray, index: int) -> np.ndarray:
    """By how much a class leads the others: zero on its border, and smooth where scores are."""
    if answer.ndim == 1:
        return np.where(answer == index, 1.0, -1.0)
    others = np.delete(answer, index, axis=1).max(axis=1)
    return answer[:, index] - others
