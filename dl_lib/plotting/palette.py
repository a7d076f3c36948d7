"""One color for one thing, throughout the book."""

from matplotlib.colors import LinearSegmentedColormap

__all__ = ["class_colors", "color", "colormap", "line_style"]

# Figures carry their own paper, so that they read the same on a light page, on a dark page and in
# print. Okabe and Ito's palette, darkened where it was too faint for thin lines on paper.
ROLES = {
    "paper": "#fbf9f4",
    "ink": "#22262e",
    "muted": "#6a6f78",
    "grid": "#e6e1d6",
    "train": "#0072b2",
    "validation": "#d55e00",
    "test": "#00825f",
    "data": "#6b727c",
    "model": "#7a3bd0",
    "truth": "#22262e",
    "gradient": "#a86a00",
    "error": "#d55e00",
    "highlight": "#e6a700",
}
CLASSES = [
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e6a700",
    "#56b4e9",
    "#6b3a1e",
    "#3c3f46",
    "#6a35d6",
    "#1d2a6b",
]


def color(role: str) -> str:
    """The color that one thing has throughout the book.

    Args
        role: "train", "validation", "test", "data", "model", "truth", "gradient", "error",
            "highlight", or one of the neutrals "paper", "ink", "muted", "grid"
    Returns
        the color as "#rrggbb"
    Raises
        ValueError: if the book has no color for `role`
    Chapter
        preliminaries/tensors
    """
    if role not in ROLES:
        raise ValueError(f"no color for {role!r}; the roles are {', '.join(ROLES)}")
    return ROLES[role]


def class_colors(count: int) -> list[str]:
    """Colors for classes 0, 1, 2, ..., told apart by readers who see no red or no green as well.

    Args
        count: how many classes, at most 10
    Returns
        that many colors as "#rrggbb"
    Raises
        ValueError: if `count` is less than 1 or more than 10
    Source
        Okabe & Ito 2008, Color Universal Design, extended to ten.
    Chapter
        linear_networks/softmax_regression
    """
    if not 1 <= count <= len(CLASSES):
        raise ValueError(f"colors for 1 to {len(CLASSES)} classes, not {count}")
    return CLASSES[:count]


def colormap(kind: str = "sequential") -> LinearSegmentedColormap:
    """The book's map from numbers to colors, light paper for little and deep color for much.

    Args
        kind: "sequential" for amounts, "diverging" for signed numbers, orange below zero and blue
            above
    Returns
        a Matplotlib colormap whose lightness is monotone (on either side of zero)
    Raises
        ValueError: if `kind` is neither
    Chapter
        preliminaries/linear_algebra
    """
    blues = ["#f3f1ea", "#c3d8e6", "#7fb2d3", "#2f83b7", "#0b4f7d", "#062c49"]
    oranges = ["#5c2600", "#a34700", "#d97a33", "#eebb94"]
    if kind == "sequential":
        return LinearSegmentedColormap.from_list("book_sequential", blues)
    if kind == "diverging":
        both = [*oranges, "#f7f5ee", "#a9cbe0", "#4f97c5", "#0b5d94", "#063a5f"]
        return LinearSegmentedColormap.from_list("book_diverging", both)
    raise ValueError(f"kind is 'sequential' or 'diverging', not {kind!r}")


def line_style(name: str, number: int) -> dict:
    """The color of the role that a name mentions, else the next of the cycle; truth is dashed.

    Args
        name: of a curve, such as "model" or "validation loss"
        number: which curve of the figure it is, from 0
    Returns
        keyword arguments for `Axes.plot`
    Chapter
        preliminaries/calculus
    """
    roles = ("train", "validation", "test", "data", "model", "truth", "gradient")
    role = next((role for role in roles if role in name.lower().split()), None)
    if role is None:
        return {"color": CLASSES[number % len(CLASSES)]}
    return {"color": ROLES[role], "linestyle": "--" if role == "truth" else "-"}
