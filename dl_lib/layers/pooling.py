"""Pooling as layers, for one to three axes."""

from jaxtyping import Array, Float

from dl_lib.core import Context, Module, static
from dl_lib.functional import (
    adaptive_avg_pool,
    adaptive_max_pool,
    avg_pool,
    global_avg_pool,
    global_max_pool,
    lp_pool,
    max_pool,
)

__all__ = [
    "AdaptiveAvgPool",
    "AdaptiveMaxPool",
    "AvgPool",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "LPPool",
    "MaxPool",
]

Sizes = int | tuple[int, ...]


class MaxPool(Module):
    """Largest entry of each window.

    Equation
        y[n, c, i, j] = max_{a, b} x[n, c, s i + d a − p, s j + d b − p]
    Args
        window: k, one number for all axes after the second; or one for each of the last axes
        stride: s; None for windows side by side
        padding: p on each side, of −∞
        dilation: d
        ceil: take a last window that hangs over the end
    Returns
        a layer that maps (batch, channels, ...) to the same with smaller axes
    Raises
        ValueError: if a window does not fit into an input
    Chapter
        cnn/pooling
    """

    window: Sizes = static()
    stride: Sizes | None = static(default=None)
    padding: Sizes = static(default=0)
    dilation: Sizes = static(default=1)
    ceil: bool = static(default=False)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return max_pool(x, self.window, self.stride, self.padding, self.dilation, self.ceil)


class AvgPool(Module):
    """Mean of each window.

    Equation
        y[n, c, i, j] = (1/(kh kw)) Σ_{a, b} x[n, c, s i + a − p, s j + b − p]
    Args
        window: k, one number for all axes after the second; or one for each of the last axes
        stride: s; None for windows side by side
        padding: p zeros on each side
        ceil: take a last window that hangs over the end
        count_padding: divide by kh kw at the border too
    Returns
        a layer that maps (batch, channels, ...) to the same with smaller axes
    Raises
        ValueError: if a window does not fit into an input
    Chapter
        cnn/pooling
    """

    window: Sizes = static()
    stride: Sizes | None = static(default=None)
    padding: Sizes = static(default=0)
    ceil: bool = static(default=False)
    count_padding: bool = static(default=True)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return avg_pool(x, self.window, self.stride, self.padding, self.ceil, self.count_padding)


class LPPool(Module):
    """Length of each window as a vector, in the p-norm.

    Equation
        y = (Σ |x|ᵖ)^(1/p) over the window
    Args
        window: k, one number for all axes after the second; or one for each of the last axes
        p: p ≥ 1, or infinity
        stride: s; None for windows side by side
    Returns
        a layer that maps (batch, channels, ...) to the same with smaller axes
    Raises
        ValueError: if p is below 1, or a window does not fit into an input
    Chapter
        cnn/pooling
    """

    window: Sizes = static()
    p: float | int = static(default=2)
    stride: Sizes | None = static(default=None)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return lp_pool(x, self.window, self.p, self.stride)


class AdaptiveAvgPool(Module):
    """Means over as many windows as the output has entries, whatever the size of the input.

    Equation
        window i = x[⌊i n/o⌋ : ⌈(i + 1) n/o⌉], along each axis
    Args
        output_size: o, one number for all axes after the second; or one for each of the last axes
    Returns
        a layer that maps (batch, channels, ...) to (batch, channels, *output_size)
    Raises
        ValueError: if an output size is not positive
    Chapter
        cnn/pooling
    """

    output_size: Sizes = static()

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return adaptive_avg_pool(x, self.output_size)


class AdaptiveMaxPool(Module):
    """Maxima over as many windows as the output has entries, whatever the size of the input.

    Equation
        window i = x[⌊i n/o⌋ : ⌈(i + 1) n/o⌉], along each axis
    Args
        output_size: o, one number for all axes after the second; or one for each of the last axes
    Returns
        a layer that maps (batch, channels, ...) to (batch, channels, *output_size)
    Raises
        ValueError: if an output size is not positive
    Chapter
        cnn/pooling
    """

    output_size: Sizes = static()

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return adaptive_max_pool(x, self.output_size)


class GlobalAvgPool(Module):
    """Mean of each channel over all positions.

    Equation
        y[n, c] = (1/(H W)) Σ_{i, j} x[n, c, i, j]
    Returns
        a layer that maps (batch, channels, ...) to (batch, channels)
    Source
        Lin, Chen & Yan 2014.
    Chapter
        cnn/pooling
    """

    def __call__(self, x: Float[Array, "batch channels ..."], ctx: Context | None = None):
        return global_avg_pool(x)


class GlobalMaxPool(Module):
    """Largest entry of each channel over all positions; over time, for sequences.

    Equation
        y[n, c] = max_{i, j} x[n, c, i, j]
    Returns
        a layer that maps (batch, channels, ...) to (batch, channels)
    Chapter
        cnn/pooling
    """

    def __call__(self, x: Float[Array, "batch channels ..."], ctx: Context | None = None):
        return global_max_pool(x)
