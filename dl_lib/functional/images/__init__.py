"""Images made smaller, larger, bent and read: pooling, resampling, grids, keypoints."""

from dl_lib.functional.images.adaptive_pooling import (
    adaptive_avg_pool,
    adaptive_max_pool,
    global_avg_pool,
    global_max_pool,
    max_unpool,
)
from dl_lib.functional.images.grid_sampling import (
    affine_grid,
    grid_sample,
    grid_to_pixels,
    pixels_to_grid,
    spatial_transform,
)
from dl_lib.functional.images.keypoints import (
    gaussian_heatmaps,
    heatmap_argmax,
    soft_argmax,
)
from dl_lib.functional.images.pooling import (
    avg_pool,
    lp_pool,
    max_pool,
    max_pool_with_indices,
)
from dl_lib.functional.images.resampling import (
    interpolate,
    pixel_shuffle,
    pixel_unshuffle,
)

__all__ = [
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "affine_grid",
    "avg_pool",
    "gaussian_heatmaps",
    "global_avg_pool",
    "global_max_pool",
    "grid_sample",
    "grid_to_pixels",
    "heatmap_argmax",
    "interpolate",
    "lp_pool",
    "max_pool",
    "max_pool_with_indices",
    "max_unpool",
    "pixel_shuffle",
    "pixel_unshuffle",
    "pixels_to_grid",
    "soft_argmax",
    "spatial_transform",
]
