"""Features of boxes: one small map of a fixed size for each box of an image."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from dl_lib.functional.boxes.coordinates import require_boxes
from dl_lib.functional.numerics import through_float32
from dl_lib.functional.vectors.indexing import require_index
from dl_lib.validation import require_axes, require_positive

__all__ = ["roi_align", "roi_pool"]


@through_float32
def roi_align(
    features: Float[Array, "batch channels height width"],
    boxes: Float[Array, "rois coordinates"],
    images: Int[Array, "rois"],
    size: tuple[int, int],
    scale: float | int = 1.0,
    samples: int = 2,
    aligned: bool = True,
) -> Float[Array, "rois channels rows columns"]:
    """Average of interpolated features in each bin of a grid laid over a box.

    Equation
        y_rs = (1/k²) Σ F(p),  over k × k points p spread evenly in bin (r, s),
        F(p) bilinear between the four features around p
    Args
        features: (batch, channels, height, width)
        boxes: corners in pixels of the image, (rois, 4)
        images: which image of the batch each box lies in, (rois,)
        size: (rows, columns) of the grid
        scale: size of the features over size of the image
        samples: k, along each axis
        aligned: the first feature's middle is at ½ pixel, which is right; False puts it at 0 and
            makes every box one feature wide at least, as the first releases did
    Returns
        (rois, channels, rows, columns); 0 for samples more than a feature outside the map
    Raises
        ValueError: if the shapes do not fit, k or the size is not positive, or there is no such
            image; under jit the features of one that is not there are NaN
    Source
        He et al. 2017, Mask R-CNN. As torchvision, which has no gradient for the boxes.
    Chapter
        vision/object_detection
    """
    images = _require_regions(features, boxes, images, size)
    require_positive("samples", samples)
    start = boxes * scale - (0.5 if aligned else 0.0)
    rows, columns = size
    lengths = features.shape[2:]
    smallest = None if aligned else 1.0

    def weights(first: Array, last: Array, bins: int, length: int) -> Float[Array, "rois bins n"]:
        extent = last - first
        extent = extent if smallest is None else jnp.maximum(extent, smallest)
        share = (jnp.arange(bins * samples) + 0.5) / (bins * samples)
        points = first[:, None] + extent[:, None] * share
        return _bilinear(points, length).reshape(-1, bins, samples, length).mean(axis=2)

    # Interpolation and average are products of one part for each axis: y = A F Bᵀ.
    vertical = weights(start[:, 1], start[:, 3], rows, lengths[0])
    horizontal = weights(start[:, 0], start[:, 2], columns, lengths[1])
    return _per_box(
        lambda f, a, b: jnp.einsum("rh,chw,sw->crs", a, f, b),
        features,
        images,
        vertical,
        horizontal,
    )


@through_float32
def roi_pool(
    features: Float[Array, "batch channels height width"],
    boxes: Float[Array, "rois coordinates"],
    images: Int[Array, "rois"],
    size: tuple[int, int],
    scale: float | int = 1.0,
) -> Float[Array, "rois channels rows columns"]:
    """Largest feature in each bin of a grid of whole features laid over a box.

    Equation
        y_rs = max F over the features from ⌊r h / R⌋ to ⌈(r + 1) h / R⌉ − 1 below the top, and
        likewise across;  h = round(bottom) − round(top) + 1
    Args
        features: (batch, channels, height, width)
        boxes: corners in pixels of the image, (rois, 4)
        images: which image of the batch each box lies in, (rois,)
        size: (R, S), rows and columns of the grid
        scale: size of the features over size of the image
    Returns
        (rois, channels, rows, columns); 0 for bins outside the map. There is no gradient for the
        boxes, whose corners are rounded
    Raises
        ValueError: if the shapes do not fit, the size is not positive, or there is no such image;
            under jit the features of one that is not there are NaN
    Source
        Girshick 2015, Fast R-CNN. As torchvision.
    Chapter
        vision/object_detection
    """
    images = _require_regions(features, boxes, images, size)
    # Halves go away from 0 here, not to the even number.
    scaled = boxes * scale
    whole = (jnp.sign(scaled) * jnp.floor(jnp.abs(scaled) + 0.5)).astype(jnp.int32)
    vertical = _bins(whole[:, 1], whole[:, 3], size[0], features.shape[2])
    horizontal = _bins(whole[:, 0], whole[:, 2], size[1], features.shape[3])

    def pool(f: Array, rows: Array, columns: Array) -> Float[Array, "channels rows columns"]:
        across = jnp.max(jnp.where(columns, f[:, :, None], -jnp.inf), axis=3)
        down = jnp.where(rows[..., None], across[:, None], -jnp.inf)
        empty = ~(rows.any(axis=1)[:, None] & columns.any(axis=1))
        return jnp.where(empty, 0, jnp.max(down, axis=2))

    return _per_box(pool, features, images, vertical, horizontal)


def _require_regions(features: Array, boxes: Array, images: Array, size: tuple[int, int]) -> Array:
    require_axes("features", features, "batch, channels, height, width")
    require_axes("boxes", boxes, "rois, 4")
    require_boxes(boxes=boxes)
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"size must be two positive numbers, got {size}")
    if images.shape != boxes.shape[:1]:
        raise ValueError(f"images has shape {images.shape} but boxes has shape {boxes.shape}")
    return require_index("images", images, len(features))


def _per_box(function, features: Array, images: Array, *parts: Array) -> Array:
    # One box after another: all bins of all boxes at once would not fit into memory.
    return jax.lax.map(
        lambda one: function(jnp.take(features, one[0], axis=0, mode="fill"), *one[1:]),
        (images, *parts),
    )


def _bilinear(points: Float[Array, "rois points"], length: int) -> Float[Array, "rois points n"]:
    inside = (points >= -1) & (points <= length)
    points = jnp.clip(points, 0, length - 1)
    distance = jnp.abs(points[..., None] - jnp.arange(length))
    return jnp.where(inside[..., None], jnp.maximum(0, 1 - distance), 0)


def _bins(
    first: Int[Array, "rois"], last: Int[Array, "rois"], bins: int, length: int
) -> Bool[Array, "rois bins n"]:
    extent = jnp.maximum(last - first + 1, 1)[:, None]
    number = jnp.arange(bins)
    start = first[:, None] + number * extent // bins
    end = first[:, None] - (-(number + 1) * extent // bins)
    place = jnp.arange(length)
    return (place >= start[..., None]) & (place < end[..., None])
