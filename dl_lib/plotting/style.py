"""The look of every figure in the book: paper, type, and as little else as will do."""

import sys

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dl_lib.plotting.palette import CLASSES, ROLES

__all__ = ["bare", "canvas", "describe", "legend_below", "use_book_style"]

# A figure is read on a phone at a little over half its size: 12 points there are 10 pixels.
STYLE = {
    "figure.figsize": (5.6, 3.5),
    "figure.dpi": 120,
    "savefig.dpi": 200,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.constrained_layout.h_pad": 0.1,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "lines.markersize": 6,
    "lines.solid_capstyle": "round",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.linewidth": 0.8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "image.cmap": "cividis",
    "image.interpolation": "nearest",
    "axes.unicode_minus": True,
    "svg.fonttype": "none",
}


def use_book_style() -> None:
    """Make every figure drawn from now on look like a figure of this book.

    One call in a notebook's import cell. It sets Matplotlib's `rcParams` and nothing else:
    `matplotlib.rcdefaults()` takes it back.

    Args
        none
    Returns
        nothing
    Source
        Okabe & Ito 2008, Color Universal Design, for the palette.
    Chapter
        preliminaries/tensors
    """
    _draw_once()
    matplotlib.rcParams.update(STYLE)
    matplotlib.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=CLASSES),
            "figure.facecolor": ROLES["paper"],
            "axes.facecolor": ROLES["paper"],
            "savefig.facecolor": ROLES["paper"],
            "text.color": ROLES["ink"],
            "axes.labelcolor": ROLES["ink"],
            "axes.titlecolor": ROLES["ink"],
            "axes.edgecolor": "#a39d8f",
            "xtick.color": "#a39d8f",
            "ytick.color": "#a39d8f",
            "xtick.labelcolor": ROLES["ink"],
            "ytick.labelcolor": ROLES["ink"],
            "grid.color": ROLES["grid"],
        }
    )


def canvas(ax: Axes | None, **figure_options) -> tuple[Figure, Axes]:
    """The given axes and their figure, or fresh ones.

    Args
        ax: axes to draw on, or None
        figure_options: for `plt.subplots`, where `ax` is None
    Returns
        the figure and the axes
    Chapter
        preliminaries/calculus
    """
    if ax is not None:
        return ax.figure, ax
    import matplotlib.pyplot as plt

    return plt.subplots(**figure_options)


def describe(
    ax: Axes, title: str | None, xlabel: str | None = None, ylabel: str | None = None
) -> None:
    """Set those of title and axis labels that are given.

    Args
        ax: axes to write on
        title: printed above
        xlabel: name of the horizontal axis
        ylabel: name of the vertical axis
    Returns
        nothing
    Chapter
        preliminaries/calculus
    """
    if title is not None:
        ax.set_title(title)
    if xlabel is not None:
        ax.set_xlabel(xlabel)
    if ylabel is not None:
        ax.set_ylabel(ylabel)


def bare(ax: Axes) -> None:
    """Take away ticks, grid and spines: the drawing says it all.

    Args
        ax: axes to clear
    Returns
        nothing
    Chapter
        preliminaries/linear_algebra
    """
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)


def legend_below(ax: Axes) -> None:
    """The legend below the axes where they have the figure to themselves, else inside them.

    Args
        ax: axes whose labeled artists it names
    Returns
        nothing
    Chapter
        preliminaries/probability
    """
    handles, labels = ax.get_legend_handles_labels()
    if len(ax.figure.axes) > 1:
        ax.legend(handles, labels)
        return
    style = {"ncols": len(labels), "columnspacing": 1.4, "handlelength": 1.4}
    ax.figure.legend(handles, labels, loc="outside lower center", **style)


def _draw_once() -> None:
    """Keep a notebook from drawing each figure twice, the first time to find margins to crop.

    The layout of this style leaves no margins.
    """
    inline = sys.modules.get("matplotlib_inline.config")
    if inline is not None:
        inline.InlineBackend.instance().print_figure_kwargs = {"bbox_inches": None}
