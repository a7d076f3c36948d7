"""Layers for sets of points, which do not know the order of the points."""

from itertools import pairwise

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from dl_lib.core import Context, Module, static
from dl_lib.functional import max_over_points, relu
from dl_lib.initializers import zeros
from dl_lib.layers.linear import Linear
from dl_lib.layers.sequential import Sequential
from dl_lib.validation import require_same_shape

__all__ = ["PointNet", "PointTransform"]


class PointNet(Module):
    """One network for every point by itself, then the largest of each feature over all points.

    Equation
        y = max_i h(xᵢ),  h = relu ∘ dense ∘ … ∘ relu ∘ dense
    Args
        sizes: features of a point, then of each dense layer, (3, 64, 128, 1024) in the paper
        key: random key for the weights
    Returns
        a layer that maps (batch, points, in) to (batch, features); a `mask`, (batch, points), is
        True where there is a point and not padding. `layer.shared(x)` stops before the maximum,
        for a label at each point
    Raises
        ValueError: if the shapes do not fit
    Source
        Qi et al. 2017, section 4.2. Differs: no batch normalization between the layers.
    Chapter
        geometry/point_clouds
    """

    shared: Sequential

    def __init__(self, sizes: tuple[int, ...], *, key: Key[Array, ""]):
        self.shared = _rectified(sizes, key)

    def __call__(
        self,
        x: Float[Array, "batch points in"],
        ctx: Context | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
    ):
        if mask is not None:
            require_same_shape("mask", mask, "x[..., 0]", x[..., 0])
            x = jnp.where(mask[..., None], x, 0)
        return max_over_points(self.shared(x, ctx), mask)


class PointTransform(Module):
    """A linear map for each cloud, learned from the cloud, that turns it upright: T-Net.

    Equation
        A = I + reshape(W g(y) + b),  y = max_i h(xᵢ);  W and b start at zero
    Args
        features: k, of a point
        sizes: of the dense layers of h, one network for every point
        hidden: of the dense layers of g
        key: random key for the weights
    Returns
        a layer that maps (batch, points, k) to A, (batch, k, k); the turned cloud is x A. A `mask`,
        (batch, points), is True where there is a point and not padding
    Raises
        ValueError: if the shapes do not fit
    Source
        Qi et al. 2017, section 4.2 and appendix C. Differs: no batch normalization.
    Chapter
        geometry/point_clouds
    """

    cloud: PointNet
    hidden: Sequential
    output: Linear
    features: int = static()

    def __init__(
        self,
        features: int,
        sizes: tuple[int, ...] = (64, 128, 1024),
        hidden: tuple[int, ...] = (512, 256),
        *,
        key: Key[Array, ""],
    ):
        first, second, third = jax.random.split(key, 3)
        self.cloud = PointNet((features, *sizes), key=first)
        self.hidden = _rectified((sizes[-1], *hidden), second)
        width = (sizes[-1], *hidden)[-1]
        self.output = Linear(width, features**2, key=third, initializer=zeros)
        self.features = features

    def __call__(
        self,
        x: Float[Array, "batch points k"],
        ctx: Context | None = None,
        *,
        mask: Bool[Array, "..."] | None = None,
    ):
        y = self.output(self.hidden(self.cloud(x, ctx, mask=mask), ctx), ctx)
        k = self.features
        return jnp.eye(k, dtype=y.dtype) + y.reshape(*y.shape[:-1], k, k)


def _rectified(sizes, key):
    """Dense layers of these sizes, each followed by a relu."""
    layers = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers += [Linear(inputs, outputs, key=jax.random.fold_in(key, i)), relu]
    return Sequential(*layers)
