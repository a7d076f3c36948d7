"""Networks: as boxes with the shapes that flow between them, and as neurons."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from dl_lib.plotting.diagrams import arrow, box, sheet, tint
from dl_lib.plotting.palette import CLASSES, ROLES
from dl_lib.plotting.types import Number

__all__ = ["network", "neurons"]

# One color per kind of layer, found by a word in its name.
KINDS = {
    "conv": CLASSES[0],
    "pool": CLASSES[2],
    "norm": CLASSES[4],
    "linear": CLASSES[1],
    "dense": CLASSES[1],
    "embedding": CLASSES[3],
    "attention": CLASSES[3],
    "recurrent": CLASSES[8],
    "lstm": CLASSES[8],
    "gru": CLASSES[8],
}


def network(
    layers: Sequence[tuple[str, Sequence[int] | str]],
    *,
    rows: int = 6,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A network as a chain of boxes, with the shape that leaves each box beside its arrow.

    Args
        layers: (name, shape of what comes out) in order, the input first; the color of a box comes
            from the kind of layer that its name mentions
        rows: boxes in a column; a longer chain goes on upwards in the next column
        title: printed above
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if `layers` is empty
    Chapter
        linear_networks/softmax_regression
    """
    if not layers:
        raise ValueError("a network has at least one layer, got none")
    width = max(1.3, 0.3 + 0.098 * max(len(name) for name, _ in layers))
    step, height, across = 0.82, 0.42, width + 0.75
    rows = min(rows, len(layers))
    columns = -(-len(layers) // rows)
    # Where the chain goes up again, the shape that leaves its last box stands above that box.
    top = height / 2 + 0.1 + (0.4 if title else 0) + (0.25 if columns > 1 else 0)
    bottom = -(rows - 1) * step - height / 2 - 0.32
    left, right = -width / 2 - 0.12, (columns - 1) * across + max(width / 2, 0.95) + 0.12
    figure, ax = sheet(ax, left, right, bottom, top)
    places = [_snake(index, rows) for index in range(len(layers))]
    centers = [(column * across, -row * step) for column, row in places]
    for (name, _), (x, y) in zip(layers, centers, strict=True):
        box(ax, x, y, width, height, name, _kind_color(name), fontsize=11)
    for index, (_, shape) in enumerate(layers):
        x, y = centers[index]
        after = centers[index + 1] if index + 1 < len(layers) else None
        text = shape if isinstance(shape, str) else " × ".join(str(size) for size in shape)
        style = {"color": ROLES["muted"], "fontsize": 10, "va": "center"}
        way = -1 if places[index][0] % 2 == 0 else 1
        if after is not None and after[0] == x:
            start, end = y + way * height / 2, after[1] - way * height / 2
            arrow(ax, [(x, start), (x, end)], ROLES["muted"])
            ax.text(x + 0.12, (start + end) / 2, text, ha="left", **style)
            continue
        ax.text(x, y + way * (height / 2 + 0.16), text, ha="center", **style)
        if after is not None:
            arrow(ax, [(x + width / 2, y), (after[0] - width / 2, y)], ROLES["muted"])
    if title is not None:
        ax.text(left + 0.12, top - 0.1, title, va="top", fontsize=13)
    return figure


def _kind_color(name: str) -> str:
    """The color of the kind of layer that a name mentions."""
    return next((shade for word, shade in KINDS.items() if word in name.lower()), ROLES["muted"])


def _snake(index: int, rows: int) -> tuple[int, int]:
    """Column and row of the box `index`: down the first column, up the second, and so on."""
    column, row = divmod(index, rows)
    return column, row if column % 2 == 0 else rows - 1 - row


def neurons(
    sizes: Sequence[int],
    *,
    labels: Sequence[str] | None = None,
    most: int = 6,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A fully connected network as circles and the connections between them.

    Args
        sizes: neurons in each layer, inputs first
        labels: a text per layer, written below it; the size where None
        most: circles drawn in a layer; a larger layer gets dots in its middle
        title: printed above
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if `labels` and `sizes` differ in length
    Chapter
        linear_networks/linear_regression
    """
    labels = [str(size) for size in sizes] if labels is None else list(labels)
    if len(labels) != len(sizes):
        raise ValueError(f"{len(labels)} labels for {len(sizes)} layers")
    across, step, size = 1.7, 0.56, 0.38
    tallest = max(min(count, most) for count in sizes)
    top = (tallest - 1) * step / 2 + size / 2 + 0.12
    bottom = -top - 0.35
    right = (len(sizes) - 1) * across
    figure, ax = sheet(ax, -0.75, right + 0.75, bottom, top + (0.4 if title else 0))
    heights = [_neuron_heights(count, most, step) for count in sizes]
    for layer in range(len(sizes) - 1):
        ends = [
            [(layer * across, y0), ((layer + 1) * across, y1)]
            for y0 in heights[layer]
            for y1 in heights[layer + 1]
        ]
        ax.add_collection(LineCollection(ends, colors=tint(ROLES["muted"], 0.55), linewidths=0.9))
    for layer, (count, text) in enumerate(zip(sizes, labels, strict=True)):
        shade = ROLES["train"] if layer == 0 else ROLES["model"]
        for y in heights[layer]:
            box(ax, layer * across, y, size, size, "", shade)
        if count > most:
            ax.text(layer * across, 0, "⋮", ha="center", va="center", fontsize=16)
        style = {"ha": "center", "va": "bottom", "fontsize": 11}
        ax.text(layer * across, bottom + 0.08, text, **style)
    if title is not None:
        ax.text(-0.65, top + 0.32, title, va="top", fontsize=13)
    return figure


def _neuron_heights(count: int, most: int, step: Number) -> list[float]:
    """Heights of a layer's circles, centered; a gap in the middle stands for those left out."""
    shown = min(count, most)
    heights = [step * ((shown - 1) / 2 - place) for place in range(shown)]
    if count <= most:
        return heights
    keep = shown // 2 if shown % 2 else shown // 2 - 1
    return [*heights[:keep], *heights[shown - keep :]]
