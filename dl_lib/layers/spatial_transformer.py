"""A layer that looks at an image and turns it before the next one does."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.core import Context, Module, static
from dl_lib.functional import spatial_transform
from dl_lib.initializers import zeros
from dl_lib.layers.linear import Linear

__all__ = ["SpatialTransformer"]


class SpatialTransformer(Module):
    """Move each image by an affine map that a small network finds in it.

    The network learns from the loss of what comes behind: nobody says which way is upright. It
    starts at the identity, W = 0, so that at first the layer changes nothing.

    Equation
        θ = I + reshape(W f(x) + b),  I = [[1, 0, 0], [0, 1, 0]];  y = T(x, θ), `spatial_transform`
    Args
        localization: f, a module that maps images to (batch, features)
        features: how many numbers f gives for an image
        size: height and width of the output; None for those of the input
        padding: what lies outside of an image, "zeros" or the "border" repeated
        align_corners: whether −1 and 1 are the centers of the corner pixels, or their outer edges
    Returns
        a layer that maps (batch, channels, height, width) to the moved images; `layer.theta(x)`
        are the maps, (batch, 2, 3)
    Raises
        ValueError: if f gives another number of features, or the padding is unknown
    Source
        Jaderberg et al. 2015, section 3.
    Chapter
        vision/spatial_transformer
    """

    localization: Module
    output: Linear
    size: tuple[int, int] | None = static()
    padding: str = static()
    align_corners: bool = static()

    def __init__(
        self,
        localization: Module,
        features: int,
        size: tuple[int, int] | None = None,
        padding: str = "zeros",
        align_corners: bool = False,
    ):
        self.localization = localization
        self.output = Linear(features, 6, key=jax.random.key(0), initializer=zeros)
        self.size, self.padding, self.align_corners = size, padding, align_corners

    def theta(
        self, x: Float[Array, "batch channels height width"], ctx: Context | None = None
    ) -> Float[Array, "batch 2 3"]:
        """The affine maps of the images, from places of the output to places of the input.

        Args
            x: images
            ctx: context, for the localization
        Returns
            θ, (batch, 2, 3)
        """
        change = self.output(self.localization(x, ctx), ctx)
        return jnp.eye(2, 3, dtype=change.dtype) + change.reshape(x.shape[0], 2, 3)

    def __call__(
        self, x: Float[Array, "batch channels height width"], ctx: Context | None = None
    ) -> Float[Array, "batch channels rows columns"]:
        return spatial_transform(x, self.theta(x, ctx), self.size, self.padding, self.align_corners)
