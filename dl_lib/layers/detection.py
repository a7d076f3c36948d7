"""Heads of detectors: what slides over a map of features and asks for objects."""

import jax
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import relu
from dl_lib.initializers import normal
from dl_lib.layers.convolution import Conv2d
from dl_lib.validation import require_axes

__all__ = ["RegionProposalHead"]


class RegionProposalHead(Module):
    """At every position, for every anchor: is there an object, and where exactly.

    Equation
        h = relu(conv₃ₓ₃(x));  logits = conv₁ₓ₁(h);  offsets = conv₁ₓ₁(h)
    Args
        channels: of the features
        anchors: A, how many there are at each position
        key: random key for the weights, N(0, 0.01²)
    Returns
        a layer that maps (batch, channels, height, width) to the logits, (batch, n), and the
        offsets, (batch, n, 4), with n = height · width · A in the order of `grid_anchors`
    Raises
        ValueError: if the channels of an input differ
    Source
        Ren et al. 2015, section 3.1.
    Chapter
        vision/object_detection
    """

    conv: Conv2d
    logits: Conv2d
    offsets: Conv2d
    anchors: int = static()

    def __init__(self, channels: int, anchors: int, *, key: Key[Array, ""]):
        first, second, third = jax.random.split(key, 3)
        settings = {"initializer": normal(0.01)}
        self.conv = Conv2d(channels, channels, 3, padding=1, key=first, **settings)
        self.logits = Conv2d(channels, anchors, 1, key=second, **settings)
        self.offsets = Conv2d(channels, 4 * anchors, 1, key=third, **settings)
        self.anchors = anchors

    def __call__(
        self, x: Float[Array, "..."], ctx: Context | None = None
    ) -> tuple[Float[Array, "batch n"], Float[Array, "batch n 4"]]:
        require_axes("x", x, "batch, channels, height, width")
        batch, _, height, width = x.shape
        hidden = relu(self.conv(x, ctx))

        def by_anchor(y: Float[Array, "..."], numbers: int) -> Float[Array, "..."]:
            # (n, A · numbers, H, W) -> (n, H, W, A, numbers) -> (n, H · W · A, numbers)
            y = y.reshape(batch, self.anchors, numbers, height, width)
            return y.transpose(0, 3, 4, 1, 2).reshape(batch, height * width * self.anchors, numbers)

        logits = by_anchor(self.logits(hidden, ctx), 1)[..., 0]
        return logits, by_anchor(self.offsets(hidden, ctx), 4)
