"""The plane: vectors as arrows, matrices as what they do to a grid."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from dl_lib.plotting.palette import CLASSES, ROLES
from dl_lib.plotting.style import canvas, describe
from dl_lib.plotting.types import Number, Numbers

__all__ = ["linear_map", "vectors"]

LEVEL = 0.35  # an arrow rising less than this, of its length 1, has its name above or below it


def vectors(
    arrows: Mapping[str, Numbers],
    *,
    origins: Mapping[str, Numbers] | None = None,
    colors: Mapping[str, str] | None = None,
    limits: tuple[Number, Number, Number, Number] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Vectors of the plane as named arrows.

    Args
        arrows: name, which may be mathematics as "$\\mathbf{x}$", -> its two coordinates
        origins: name -> where that arrow starts, (0, 0) where not named
        colors: name -> color, the next of the cycle where not named
        limits: left, right, bottom and top of the view; None fits it to the arrows
        title: printed above
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if an arrow has not two coordinates
    Chapter
        preliminaries/linear_algebra
    """
    figure, ax = canvas(ax, figsize=(4.4, 4.0))
    placed = {}
    for name, given in arrows.items():
        arrow = np.asarray(given, dtype=float)
        if arrow.shape != (2,):
            raise ValueError(f"{name!r}: expected two coordinates, got shape {arrow.shape}")
        start = np.asarray((origins or {}).get(name, (0.0, 0.0)), dtype=float)
        placed[name] = (start, start + arrow)
    for number, (name, (start, tip)) in enumerate(placed.items()):
        shade = (colors or {}).get(name, CLASSES[number % len(CLASSES)])
        others = [ends for other, ends in placed.items() if other != name]
        _draw_arrow(ax, start, tip - start, shade, name, _free_side(start, tip, others))
    ends = [point for ends in placed.values() for point in ends]
    _frame(ax, np.array([np.zeros(2), *ends]), limits)
    describe(ax, title)
    return figure


def _free_side(start: np.ndarray, tip: np.ndarray, others: list[tuple]) -> float:
    """The side of an arrow, 1 for left and −1 for right, on which its name has more room."""
    along = tip - start
    middle, across = start + 0.55 * along, np.array([-along[1], along[0]])
    points = np.array([a + share * (b - a) for a, b in others for share in np.linspace(0, 1, 41)])
    if not len(points):
        return 1.0
    # A name is a line of text: what is in its way stands at its height, beside a steep arrow.
    way = 0 if abs(across[0]) > LEVEL * np.hypot(*across) else 1
    beside = np.abs(points[:, 1 - way] - middle[1 - way]) < 0.1 * np.ptp(points, axis=0).max()
    room = (points[beside, way] - middle[way]) * np.sign(across[way])
    left = room[room > 0].min(initial=np.inf)
    right = (-room[room < 0]).min(initial=np.inf)
    return 1.0 if left >= right else -1.0


def _draw_arrow(
    ax: Axes, start: np.ndarray, arrow: np.ndarray, shade: str, name: str, side: Number = 1.0
) -> None:
    """One arrow with its name beside its middle: on its left, or on its right if `side` is −1."""
    head = "-|>,head_width=0.32,head_length=0.6"
    look = {"arrowstyle": head, "color": shade, "linewidth": 2.2, "mutation_scale": 14}
    ax.annotate("", start + arrow, start, arrowprops=look | {"shrinkA": 0, "shrinkB": 0})
    across = side * np.array([-arrow[1], arrow[0]]) / (float(np.hypot(*arrow)) or 1.0)
    # The text is held by the end that faces the arrow, so that its length does not matter.
    held = "right" if across[0] < -LEVEL else "left" if across[0] > LEVEL else "center"
    style = {"color": shade, "ha": held, "va": "center", "fontsize": 13}
    place = tuple((7 if held != "center" else 12) * across)
    middle = start + 0.55 * arrow
    ax.annotate(name, middle, xytext=place, textcoords="offset points", **style)


def _frame(
    ax: Axes, points: np.ndarray, limits: tuple[Number, Number, Number, Number] | None
) -> None:
    """Equal units on both axes, a view around the points, and the two axes through zero."""
    if limits is None:
        low, high = points.min(axis=0), points.max(axis=0)
        margin = 0.14 * max(float((high - low).max()), 1e-9)
        limits = (low[0] - margin, high[0] + margin, low[1] - margin, high[1] + margin)
    ax.set(xlim=limits[:2], ylim=limits[2:], aspect="equal")
    ax.axhline(0, color="#a39d8f", linewidth=1, zorder=0.9)
    ax.axvline(0, color="#a39d8f", linewidth=1, zorder=0.9)
    ax.spines[:].set_visible(False)


def linear_map(
    matrix: Numbers,
    *,
    extent: int = 3,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """What a 2×2 matrix does to the plane: the grid, the unit square and the two basis vectors.

    Equation
        (x₁, x₂) ↦ A (x₁, x₂)ᵀ; the columns of A are where (1, 0) and (0, 1) go
    Args
        matrix: A, (2, 2)
        extent: the grid runs from −extent to extent before the map
        title: printed above; None prints the determinant, by which areas grow
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if `matrix` is not 2×2
    Chapter
        preliminaries/linear_algebra
    """
    A = np.asarray(matrix, dtype=float)
    if A.shape != (2, 2):
        raise ValueError(f"expected a 2×2 matrix, got shape {A.shape}")
    figure, ax = canvas(ax, figsize=(4.4, 4.4))
    ends = np.array([-extent, extent], dtype=float)
    for place in range(-extent, extent + 1):
        for line in (np.array([ends, [place, place]]), np.array([[place, place], ends])):
            ax.plot(*line, color=ROLES["grid"], linewidth=1, zorder=1)
            ax.plot(*(A @ line), color=ROLES["train"], linewidth=1, alpha=0.45, zorder=1.5)
    square = np.array([[0, 1, 1, 0], [0, 0, 1, 1]], dtype=float)
    ax.add_patch(Polygon((A @ square).T, color=ROLES["highlight"], alpha=0.35, linewidth=0))
    turn = 1.0 if np.linalg.det(A) >= 0 else -1.0  # names stay outside the square, mirrored too
    _draw_arrow(ax, np.zeros(2), A[:, 0], CLASSES[1], r"$\mathbf{a}_1$", side=-turn)
    _draw_arrow(ax, np.zeros(2), A[:, 1], CLASSES[2], r"$\mathbf{a}_2$", side=turn)
    reach = extent + 0.25
    _frame(ax, np.zeros((1, 2)), (-reach, reach, -reach, reach))
    ax.grid(False)
    describe(
        ax, title if title is not None else f"det A = {np.linalg.det(A):.2f}".replace("-", "−")
    )
    return figure
