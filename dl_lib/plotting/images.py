"""Pictures of arrays: grids of images, and matrices as heat maps."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_lib.plotting.palette import ROLES, colormap
from dl_lib.plotting.style import bare, canvas, describe
from dl_lib.plotting.types import Number, Numbers, Pair

__all__ = ["heat_map", "image_grid"]


def image_grid(
    images: Numbers,
    labels: Sequence | None = None,
    *,
    columns: int | None = None,
    label_colors: Sequence[str] | None = None,
    title: str | None = None,
    size: Number | None = None,
) -> Figure:
    """A grid of images, each with a label below it, all on the same scale of gray.

    Args
        images: (n, height, width), or (n, channels, height, width) with 1 or 3 channels; color
            channels between 0 and 1, or integers between 0 and 255
        labels: n texts, or anything that `str` turns into one
        columns: images in a row; 8, or fewer where n is small, where None
        label_colors: n colors for the labels, such as `color("validation")` for a mistake
        title: printed above the grid
        size: width of one image in inches; what fits the page where None
    Returns
        the figure
    Raises
        ValueError: if `images` has another shape, or `labels` another length
    Chapter
        linear_networks/softmax_regression
    """
    import matplotlib.pyplot as plt

    pictures = _channels_last(np.asarray(images))
    count = len(pictures)
    if labels is not None and len(labels) != count:
        raise ValueError(f"{len(labels)} labels for {count} images")
    columns = columns or min(count, 8)
    rows = -(-count // columns)
    size = min(1.3, 5.6 / columns) if size is None else size
    shape = (size * columns, rows * (size + (0.3 if labels is not None else 0.06)))
    figure, axes = plt.subplots(rows, columns, figsize=shape, squeeze=False)
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    low, high = float(pictures.min()), float(pictures.max())
    for index, ax in enumerate(axes.flat):
        bare(ax)
        if index >= count:
            continue
        ax.imshow(pictures[index], cmap="gray", vmin=low, vmax=high)
        if labels is not None:
            shade = label_colors[index] if label_colors is not None else ROLES["ink"]
            ax.set_xlabel(str(labels[index]), color=shade, fontsize=10, labelpad=2)
    if title is not None:
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
    return figure


def _channels_last(images: np.ndarray) -> np.ndarray:
    """(n, height, width) as it is; (n, channels, height, width) with the channels at the end."""
    if images.ndim == 3:
        return images
    if images.ndim == 4 and images.shape[1] in (1, 3):
        return (
            np.moveaxis(images, 1, -1).squeeze(-1)
            if images.shape[1] == 1
            else np.moveaxis(images, 1, -1)
        )
    raise ValueError(
        f"expected (n, height, width) or (n, 1 or 3, height, width), got {images.shape}"
    )


def heat_map(
    matrix: Numbers,
    *,
    numbers: bool | str | None = None,
    rows: Sequence | None = None,
    columns: Sequence | None = None,
    limits: Pair | None = None,
    bar: bool = False,
    title: str | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A matrix as colored cells, with its numbers written in them where there is room.

    Args
        matrix: (rows, columns)
        numbers: write the numbers or not, or a format such as ".2f"; None writes them up to 10
            columns and 12 rows
        rows: a name per row
        columns: a name per column
        limits: the numbers at the two ends of the color scale; None takes the matrix's own. Where
            the lower one is negative, zero is paper, negative orange and positive blue
        bar: draw the color scale beside it
        title: printed above
        xlabel: what the columns are
        ylabel: what the rows are
        ax: axes to draw on; fresh ones where None
    Returns
        the figure
    Raises
        ValueError: if `matrix` is not a matrix, or the names differ from it in number
    Chapter
        preliminaries/linear_algebra
    """
    values = np.asarray(matrix)
    if values.ndim != 2:
        raise ValueError(f"expected a matrix, got shape {values.shape}")
    height, width = values.shape
    for names, count, what in ((rows, height, "rows"), (columns, width, "columns")):
        if names is not None and len(names) != count:
            raise ValueError(f"{len(names)} names for {count} {what}")
    figure, ax = canvas(ax, figsize=_heat_map_size(height, width))
    low, high = limits or _color_limits(values)
    shades = colormap("diverging" if low < 0 else "sequential")
    picture = ax.imshow(values, cmap=shades, vmin=low, vmax=high)
    bare(ax)
    if rows is not None:
        ax.set_yticks(range(height), rows)
    if columns is not None:
        _name_columns(ax, [str(name) for name in columns], _cell_size(height, width))
    if numbers or (numbers is None and width <= 10 and height <= 12):
        _write_numbers(ax, values, numbers, picture)
    if bar:
        figure.colorbar(picture, ax=ax, shrink=0.85).outline.set_visible(False)
    describe(ax, title, xlabel, ylabel)
    return figure


def _cell_size(height: int, width: int) -> float:
    """Inches of a cell: well above half an inch while that fits into the page."""
    return min(0.62, 5.0 / width, 5.0 / height)


def _heat_map_size(height: int, width: int) -> tuple[float, float]:
    """Inches of the figure around a matrix."""
    cell = _cell_size(height, width)
    return max(cell * width + 0.7, 2.4), max(cell * height + 0.6, 1.6)


def _name_columns(ax: Axes, names: list[str], cell: float) -> None:
    """The names below the columns, slanted where they are wider than a cell."""
    ax.set_xticks(range(len(names)), names)
    if 0.115 * max(len(name) for name in names) > cell:
        ax.tick_params(axis="x", labelrotation=45)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")


def _color_limits(values: np.ndarray) -> tuple[float, float]:
    """From zero to the largest number, or symmetric about zero where there are negative ones."""
    finite = values[np.isfinite(values)]
    most = float(np.abs(finite).max()) if finite.size else 0.0
    return (-most if (finite < 0).any() else 0.0), most or 1.0


def _write_numbers(ax: Axes, values: np.ndarray, numbers: bool | str | None, picture) -> None:
    """Each number in its cell, in ink or paper, whichever stands out."""
    form = numbers if isinstance(numbers, str) else _number_format(values)
    size = 11 if values.shape[1] <= 6 else 9
    for (row, column), value in np.ndenumerate(values):
        red, green, blue, _ = picture.cmap(picture.norm(value))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
        shade = ROLES["paper"] if dark else ROLES["ink"]
        text = format(value.item(), form).replace("-", "−")
        ax.text(column, row, text, ha="center", va="center", color=shade, fontsize=size)


def _number_format(values: np.ndarray) -> str:
    """Whole numbers as they are, others with two decimals."""
    whole = not np.issubdtype(values.dtype, np.floating) or np.all(values == np.round(values))
    return ".0f" if whole else ".2f"
