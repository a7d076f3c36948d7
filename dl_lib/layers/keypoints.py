"""Heads that find points in a map of features: one point of each kind in an image."""

from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module
from dl_lib.functional import global_avg_pool, soft_argmax
from dl_lib.layers.convolution import Conv2d
from dl_lib.layers.linear import Linear

__all__ = ["KeypointHead", "PoseRegressionHead"]


class KeypointHead(Module):
    """A heat map for each kind of point, and the mean place under its softmax.

    Equation
        h = conv₁ₓ₁(x);  (x, y) = soft_argmax(h)
    Args
        channels: of the features
        keypoints: K, how many kinds of points there are
        key: random key for the weights
    Returns
        a layer that maps (batch, channels, rows, columns) to (x, y) in pixels of the map, (batch,
        K, 2). `layer.heatmaps(x)` are the maps, (batch, K, rows, columns): to train them against
        `gaussian_heatmaps`, and to read them by `heatmap_argmax`
    Raises
        ValueError: if the channels of an input differ
    Source
        Tompson et al. 2014 for the maps, Sun et al. 2018 for the mean.
    Chapter
        vision/keypoints
    """

    conv: Conv2d

    def __init__(self, channels: int, keypoints: int, *, key: Key[Array, ""]):
        self.conv = Conv2d(channels, keypoints, 1, key=key)

    def heatmaps(
        self, x: Float[Array, "batch channels rows columns"], ctx: Context | None = None
    ) -> Float[Array, "batch keypoints rows columns"]:
        """The maps that the points are read from.

        Args
            x: features
            ctx: context
        Returns
            h, one map for each kind of point
        """
        return self.conv(x, ctx)

    def __call__(
        self, x: Float[Array, "batch channels rows columns"], ctx: Context | None = None
    ) -> Float[Array, "batch keypoints 2"]:
        return soft_argmax(self.heatmaps(x, ctx))


class PoseRegressionHead(Module):
    """Coordinates of the joints of a body by a dense layer, without a map.

    Equation
        (u, v)ₖ = W z + b, two rows for each joint;  z_c = mean of x_c over all positions
    Args
        channels: of the features
        keypoints: K, how many joints there are
        key: random key for the weights
    Returns
        a layer that maps (batch, channels, rows, columns) to (u, v), (batch, K, 2): from −1 at the
        left and upper edge of the image to 1 at the right and lower one, as in `grid_sample`, so
        that they do not depend on its size; `grid_to_pixels` gives pixels
    Raises
        ValueError: if the channels of an input differ
    Source
        Toshev & Szegedy 2014, whose coordinates run from −½ to ½ over the box of a person.
    Chapter
        vision/keypoints
    """

    dense: Linear

    def __init__(self, channels: int, keypoints: int, *, key: Key[Array, ""]):
        self.dense = Linear(channels, 2 * keypoints, key=key)

    def __call__(
        self, x: Float[Array, "batch channels rows columns"], ctx: Context | None = None
    ) -> Float[Array, "batch keypoints 2"]:
        y = self.dense(global_avg_pool(x), ctx)
        return y.reshape(x.shape[0], y.shape[-1] // 2, 2)
