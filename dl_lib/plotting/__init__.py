"""The book's figures: one style, one color for one thing, and the drawings that chapters share.

Call `plotting.use_book_style()` once, in a notebook's import cell. Every drawing returns its
figure and takes `ax=` to draw into a figure of your own.
"""

from dl_lib.plotting.classifiers import decision_regions
from dl_lib.plotting.diagrams import arrow, box, sheet
from dl_lib.plotting.geometry import linear_map, vectors
from dl_lib.plotting.graphs import computational_graph
from dl_lib.plotting.images import heat_map, image_grid
from dl_lib.plotting.landscapes import contour_path
from dl_lib.plotting.lines import functions, learning_curves
from dl_lib.plotting.networks import network, neurons
from dl_lib.plotting.palette import class_colors, color, colormap
from dl_lib.plotting.shapes import shapes
from dl_lib.plotting.statistics import distribution, regression_line
from dl_lib.plotting.style import use_book_style

__all__ = [
    "arrow",
    "box",
    "class_colors",
    "color",
    "colormap",
    "computational_graph",
    "contour_path",
    "decision_regions",
    "distribution",
    "functions",
    "heat_map",
    "image_grid",
    "learning_curves",
    "linear_map",
    "network",
    "neurons",
    "regression_line",
    "shapes",
    "sheet",
    "use_book_style",
    "vectors",
]
