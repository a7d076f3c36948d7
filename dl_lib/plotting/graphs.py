"""Computational graphs: what is computed from what, with values and gradients."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_lib.plotting.diagrams import arrow, box, sheet
from dl_lib.plotting.layout import layers_of, place_in_layers
from dl_lib.plotting.palette import ROLES
from dl_lib.plotting.types import Number

__all__ = ["computational_graph"]

HEIGHT = 0.46  # of a node, in inches


def computational_graph(
    edges: Sequence[tuple[str, ...]],
    *,
    labels: Mapping[str, str] | None = None,
    values: Mapping[str, object] | None = None,
    gradients: Mapping[str, object] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A computation from left to right: inputs as boxes, operations as circles.

    Args
        edges: (source, target), or (source, target, text) with a text such as a local derivative;
            what is never a target is an input
        labels: node -> what stands in it, where that is not its name ("multiply1" -> "×")
        values: node -> number or text, written above it
        gradients: node -> number or text, written below it in the color of gradients
        title: printed above
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if the edges run in a circle, or a node named elsewhere is in no edge
    Chapter
        preliminaries/autodiff
    """
    pairs = [(edge[0], edge[1]) for edge in edges]
    column = layers_of(pairs)
    for given in (labels, values, gradients):
        unknown = set(given or {}) - set(column)
        if unknown:
            raise ValueError(f"no edge has a node {sorted(unknown)}; the nodes are {list(column)}")
    numbered = values is not None or gradients is not None
    height = place_in_layers(pairs, gap=1.05 if numbered else 0.72)
    computed = {target for _, target in pairs}
    texts = {node: (labels or {}).get(node, node) for node in column}
    widths = {node: _node_width(texts[node], node in computed) for node in column}
    centers = _column_centers(column, widths, any(len(edge) > 2 for edge in edges))
    margin = 0.34 if numbered else 0.1
    # An edge that passes between nodes needs less room than a node.
    reach = {key: HEIGHT / 2 + margin if len(key) == 1 else 0.12 for key in height}
    right = max(centers[column[node]] + widths[node] / 2 for node in column) + 0.12
    bottom = min(height[key] - reach[key] for key in height)
    top = max(height[key] + reach[key] for key in height) + (0.35 if title else 0)
    figure, ax = sheet(ax, -0.12, right, bottom, top)
    for edge in edges:
        _draw_edge(ax, edge, column, centers, height, widths)
    for node, text in texts.items():
        x, y = centers[column[node]], height[node,]
        shade = ROLES["muted"] if node in computed else ROLES["train"]
        box(ax, x, y, widths[node], HEIGHT, text, shade)
        above, below = (values or {}).get(node), (gradients or {}).get(node)
        _note(ax, x, y + HEIGHT / 2 + 0.05, above, ROLES["ink"], "bottom")
        _note(ax, x, y - HEIGHT / 2 - 0.05, below, ROLES["gradient"], "top")
    if title is not None:
        ax.text(0.0, ax.get_ylim()[1] - 0.08, title, va="top", fontsize=13)
    return figure


def _node_width(text: str, computed: bool) -> float:
    """Inches for a node: a circle for an operation's sign, a box for a name."""
    length = len(text.replace("$", "").replace("\\mathbf", "").replace("{", "").replace("}", ""))
    return HEIGHT if length <= (3 if computed else 1) else 0.26 + 0.105 * length


def _column_centers(column: Mapping[str, int], widths: Mapping[str, float], texts: bool) -> list:
    """Where each column stands: as close as its widest node and the arrows allow."""
    widest = [
        max(widths[node] for node in column if column[node] == layer)
        for layer in range(max(column.values()) + 1)
    ]
    space = 0.85 if texts else 0.5
    ends = np.cumsum(np.array(widest) + space) - space
    return [float(end - width / 2) for end, width in zip(ends, widest, strict=True)]


def _draw_edge(ax: Axes, edge: tuple[str, ...], column, centers, height, widths) -> None:
    """The arrow from one node to another, around the nodes of the columns between."""
    source, target, *text = edge
    between = [
        (centers[layer], height[source, target, layer])
        for layer in range(column[source] + 1, column[target])
    ]
    start = (centers[column[source]] + widths[source] / 2, height[source,])
    end = (centers[column[target]] - widths[target] / 2, height[target,])
    points = [start, *between, end]
    arrow(ax, points, ROLES["muted"])
    if text:
        (x0, y0), (x1, y1) = points[0], points[1]
        paper = {"facecolor": ROLES["paper"], "edgecolor": "none", "pad": 1.5}
        style = {"color": ROLES["gradient"], "fontsize": 10, "bbox": paper, "zorder": 3}
        ax.text((x0 + x1) / 2, (y0 + y1) / 2, text[0], ha="center", va="center", **style)


def _note(ax: Axes, x: Number, y: Number, content: object, shade: str, side: str) -> None:
    """A number or a text above or below a node; nothing where there is none."""
    if content is None:
        return
    text = content if isinstance(content, str) else f"{float(content):.3g}"
    ax.text(x, y, text.replace("-", "−"), ha="center", va=side, color=shade, fontsize=11, zorder=4)
