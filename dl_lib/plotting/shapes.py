"""Shapes that meet: the matrices of an equation as rectangles, equal sizes in equal colors."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dl_lib.plotting.diagrams import sheet, tint
from dl_lib.plotting.palette import class_colors, color
from dl_lib.plotting.types import Number

__all__ = ["shapes"]

THIN, GAP, MARGIN = 0.3, 0.46, 0.4  # inches: a size of one, room beside and around


def shapes(
    terms: Sequence[str | tuple[str, str, str]],
    sizes: Mapping[str, Number],
    ax: Axes | None = None,
) -> tuple[Figure, Axes]:
    """The shapes of an equation, drawn: rows down, columns across, each size in a color of its own.

    Args
        terms: of the equation from left to right: (name, rows, columns) is a rectangle, "" for a
            size of one; a text is what stands between them, such as "=" or "+"
        sizes: inches for each size that is named
        ax: axes to draw on; fresh ones where None
    Returns
        the figure and the axes
    Raises
        ValueError: if a term names a size that `sizes` does not have
    Chapter
        linear_networks/softmax_regression
    """
    named = [size for term in terms if isinstance(term, tuple) for size in term[1:] if size]
    if missing := set(named) - set(sizes):
        raise ValueError(f"sizes must name {sorted(missing)}, got {sorted(sizes)}")
    inches = {"": THIN, **sizes}
    order = list(dict.fromkeys(named))
    shade = dict(zip(order, class_colors(max(1, len(order))), strict=False))
    widths = [inches[term[2]] if isinstance(term, tuple) else 0.0 for term in terms]
    height = max((inches[term[1]] for term in terms if isinstance(term, tuple)), default=THIN)
    span = sum(widths) + GAP * (len(terms) - 1)
    view = (-MARGIN, span + MARGIN, -height / 2 - 0.12, height / 2 + MARGIN)
    figure, ax = sheet(ax, *view)
    left = 0.0
    for term, width in zip(terms, widths, strict=True):
        if isinstance(term, tuple):
            _matrix(ax, left, width, inches[term[1]], term, shade)
        else:
            ax.text(left, 0, term, ha="center", va="center", fontsize=14, color=color("ink"))
        left += width + GAP
    return figure, ax


def _matrix(ax: Axes, left: float, width: float, height: float, term, shade) -> None:
    """One rectangle: its name inside, its rows at the left edge, its columns above."""
    name, rows, columns = term
    look = {"facecolor": tint(color("data")), "edgecolor": color("ink"), "linewidth": 1.2}
    ax.add_patch(Rectangle((left, -height / 2), width, height, **look))
    ax.text(left + width / 2, 0, name, ha="center", va="center", fontsize=13)
    edge = {"linewidth": 4, "solid_capstyle": "butt", "zorder": 4}
    if rows:
        ax.plot([left, left], [-height / 2, height / 2], color=shade[rows], **edge)
        ax.text(left - 0.07, 0, rows, ha="right", va="center", fontsize=10, color=shade[rows])
    if columns:
        top = height / 2
        ax.plot([left, left + width], [top, top], color=shade[columns], **edge)
        middle = left + width / 2
        ax.text(middle, top + 0.07, columns, ha="center", fontsize=10, color=shade[columns])
