"""What is added to the input instead of taking its place."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.core import Context, Module
from dl_lib.validation import require_same_shape

__all__ = ["LayerScale", "Residual"]


class Residual(Module):
    """Add what a layer makes of the input to the input itself.

    Equation
        y = x + f(x);  y = s(x) + f(x) where f changes the shape
    Args
        layer: f
        shortcut: s, such as a convolution with a kernel of side 1; None for the identity
    Returns
        a layer that maps an input to the shape that f gives it
    Raises
        ValueError: if the two summands differ in shape
    Source
        He et al. 2016, equations 1 and 2.
    Chapter
        modern_cnn/resnet
    """

    layer: Module
    shortcut: Module | None

    def __init__(self, layer: Module, shortcut: Module | None = None):
        self.layer, self.shortcut = layer, shortcut

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        branch = self.layer(x, ctx)
        kept = x if self.shortcut is None else self.shortcut(x, ctx)
        require_same_shape("the branch", branch, "the shortcut", kept)
        return kept + branch


class LayerScale(Module):
    """Multiply a residual branch by a learned number, small at first, so that x comes through.

    Equation
        y = α ⊙ x;  as a branch, x + α ⊙ f(x)
    Args
        features: size of the last axis, for a number each; None for one number
        initial: first value of α. Its paper has 0.1 up to 18 layers, 1e-5 for 24, 1e-6 beyond
    Returns
        a layer that keeps the shape of its input, (..., features)
    Raises
        ValueError: if the last axis of an input is not `features`
    Source
        Touvron et al. 2021, section 2.
    Chapter
        attention/transformer
    """

    weight: Float[Array, "..."]

    def __init__(self, features: int | None = None, initial: float = 1e-5):
        self.weight = jnp.full(() if features is None else features, initial, float)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        if self.weight.ndim and x.shape[-1:] != self.weight.shape:
            raise ValueError(f"the last axis of x must be {self.weight.size}, got shape {x.shape}")
        return self.weight * x
