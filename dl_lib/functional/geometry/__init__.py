"""Functions on graphs, meshes and sets of points."""

from dl_lib.functional.geometry.graphs import (
    graph_convolution,
    normalize_adjacency,
)
from dl_lib.functional.geometry.meshes import (
    edge_neighbors,
    mesh_convolution,
)
from dl_lib.functional.geometry.point_clouds import (
    append_maximum,
    max_over_points,
)

__all__ = [
    "append_maximum",
    "edge_neighbors",
    "graph_convolution",
    "max_over_points",
    "mesh_convolution",
    "normalize_adjacency",
]
