"""Drawings in inches: boxes, arrows and the smooth lines between them."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from dl_lib.plotting.palette import ROLES
from dl_lib.plotting.style import bare, canvas
from dl_lib.plotting.types import Number, Pair

__all__ = ["arrow", "box", "sheet", "tint"]


def sheet(
    ax: Axes | None, left: Number, right: Number, bottom: Number, top: Number
) -> tuple[Figure, Axes]:
    """Axes on which one unit is one inch, so that text and boxes fit each other.

    Args
        ax: axes to draw on, then the inch is whatever fits; fresh ones where None
        left: the view's left end
        right: the view's right end
        bottom: the view's lower end
        top: the view's upper end
    Returns
        the figure and the axes
    Chapter
        preliminaries/autodiff
    """
    fresh = ax is None
    figure, ax = canvas(ax, figsize=(right - left, top - bottom))
    if fresh:
        figure.set_layout_engine("none")
        ax.set_position((0, 0, 1, 1))
    bare(ax)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    return figure, ax


def tint(shade: str, amount: Number = 0.18) -> str:
    """A color thinned with paper.

    Args
        shade: any Matplotlib color
        amount: how much of it is left, 0 to 1
    Returns
        the color as "#rrggbb"
    Chapter
        preliminaries/autodiff
    """
    pairs = zip(to_rgb(shade), to_rgb(ROLES["paper"]), strict=True)
    return to_hex([amount * part + (1 - amount) * paper for part, paper in pairs])


def box(
    ax: Axes,
    x: Number,
    y: Number,
    width: Number,
    height: Number,
    text: str,
    shade: str,
    **text_options,
) -> None:
    """A rounded box around a text; as wide as high it is a circle.

    Args
        ax: axes to draw on
        x: its center
        y: its center
        width: in inches
        height: in inches
        text: what stands in it
        shade: color of its line; it is filled with a tint of it
        text_options: for `Axes.text`
    Returns
        nothing
    Chapter
        preliminaries/autodiff
    """
    look = {"facecolor": tint(shade), "edgecolor": shade, "linewidth": 1.6, "zorder": 3}
    if width <= height:
        shape = Circle((x, y), height / 2, **look)
    else:
        corner = (x - width / 2, y - height / 2)
        rounded = "round,pad=0,rounding_size=0.08"
        shape = FancyBboxPatch(corner, width, height, boxstyle=rounded, **look)
    ax.add_patch(shape)
    style = {"ha": "center", "va": "center", "fontsize": 12, "zorder": 4} | text_options
    ax.text(x, y, text, **style)


def arrow(ax: Axes, points: Sequence[Pair], shade: str) -> None:
    """An arrow through points, level at each of them, straight between two of one height.

    Args
        ax: axes to draw on
        points: from the start to the tip, at least two
        shade: its color
    Returns
        nothing
    Chapter
        preliminaries/autodiff
    """
    vertices, codes = [points[0]], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 == x1 or y0 == y1:
            vertices += [(x1, y1)]
            codes += [Path.LINETO]
        else:
            middle = (x0 + x1) / 2
            vertices += [(middle, y0), (middle, y1), (x1, y1)]
            codes += [Path.CURVE4] * 3
    tip = "-|>,head_width=3,head_length=6"
    look = {"color": shade, "linewidth": 1.5, "zorder": 2, "mutation_scale": 1}
    ax.add_patch(FancyArrowPatch(path=Path(vertices, codes), arrowstyle=tip, **look))
