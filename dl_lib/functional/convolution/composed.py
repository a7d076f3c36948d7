"""Convolutions made of simpler ones, and kernels that are given and not learned."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact

from dl_lib.functional.activations.sigmoid import sigmoid
from dl_lib.functional.convolution._axes import add_bias
from dl_lib.functional.convolution.plain import conv2d
from dl_lib.functional.numerics import root, through_float32
from dl_lib.validation import require_axes

__all__ = ["depthwise_separable_conv2d", "gated_conv2d", "pointwise_conv", "sobel"]

Sizes = int | tuple[int, ...]
SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))


def pointwise_conv(
    x: Inexact[Array, "batch in *positions"],
    weight: Inexact[Array, "..."],
    bias: Inexact[Array, "..."] | None = None,
) -> Inexact[Array, "batch out *positions"]:
    """Convolution with a kernel of one entry: a dense layer at every position.

    Equation
        y[n, o, i, j] = b[o] + Σ_c W[o, c] x[n, c, i, j]
    Args
        x: (batch, in, ...)
        weight: W, (out, in)
        bias: (out,); None for no bias
    Returns
        (batch, out, ...)
    Raises
        ValueError: if the channels do not fit
    Source
        Lin, Chen & Yan 2014.
    Chapter
        cnn/padding_stride_channels
    """
    if weight.ndim != 2 or weight.shape[1] != x.shape[1]:
        raise ValueError(f"weight must be (out, {x.shape[1]}) for x {x.shape}, got {weight.shape}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias must have shape {weight.shape[:1]}, got {bias.shape}")
    return add_bias(jnp.einsum("oc,nc...->no...", weight, x), bias, x.ndim - 2)


def depthwise_separable_conv2d(
    x: Inexact[Array, "batch in height width"],
    depthwise: Inexact[Array, "..."],
    pointwise: Inexact[Array, "..."],
    depthwise_bias: Inexact[Array, "..."] | None = None,
    pointwise_bias: Inexact[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
) -> Inexact[Array, "..."]:
    """Convolve each channel for itself, then mix the channels at each position.

    Equation
        z[n, c, i, j] = b[c] + Σ_{a, b} D[c, a, b] x[n, c, i + a, j + b]
        y[n, o, i, j] = b'[o] + Σ_c W[o, c] z[n, c, i, j]
    Args
        x: (batch, in, height, width)
        depthwise: D, (in, 1, kh, kw)
        pointwise: W, (out, in)
        depthwise_bias: (in,) or None
        pointwise_bias: (out,) or None
        stride: as in `conv2d`, of the first step
        padding: as in `conv2d`, of the first step
        dilation: as in `conv2d`, of the first step
    Returns
        (batch, out, height', width')
    Raises
        ValueError: if the channels do not fit
    Source
        Howard et al. 2017.
    Chapter
        modern_cnn/resnet
    """
    channels = x.shape[1]
    z = conv2d(x, depthwise, depthwise_bias, stride, padding, dilation, groups=channels)
    return pointwise_conv(z, pointwise, pointwise_bias)


def gated_conv2d(
    x: Float[Array, "batch in height width"],
    weight: Float[Array, "..."],
    gate: Float[Array, "..."],
    bias: Float[Array, "..."] | None = None,
    gate_bias: Float[Array, "..."] | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
) -> Float[Array, "..."]:
    """Convolution whose outputs a second convolution lets through or holds back.

    Equation
        y = (K ∗ x + b) ⊙ σ(G ∗ x + b')
    Args
        x: (batch, in, height, width)
        weight: K, (out, in, kh, kw)
        gate: G, of the shape of K
        bias: (out,) or None
        gate_bias: (out,) or None
        stride: as in `conv2d`
        padding: as in `conv2d`
        dilation: as in `conv2d`
    Returns
        (batch, out, height', width')
    Raises
        ValueError: if the channels do not fit
    Source
        Yu et al. 2019.
    Chapter
        cnn/convolution_variants
    """
    value = conv2d(x, weight, bias, stride, padding, dilation)
    return value * sigmoid(conv2d(x, gate, gate_bias, stride, padding, dilation))


@through_float32
def sobel(
    x: Float[Array, "..."],
) -> tuple[Float[Array, "..."], Float[Array, "..."], Float[Array, "..."]]:
    """Slopes of brightness by the kernels of Sobel, without padding.

    Equation
        Gx = [[−1, 0, 1], [−2, 0, 2], [−1, 0, 1]],  Gy = Gxᵀ,  magnitude sqrt(Gx² + Gy²)
    Args
        x: (batch, channels, height, width), each channel for itself
    Returns
        slope along the columns, along the rows, and their magnitude, each
        (batch, channels, height − 2, width − 2); the gradient of the magnitude is 0 where it is 0
    Raises
        ValueError: if x is no batch of images, or the image is smaller than 3 × 3
    Source
        Sobel & Feldman 1968.
    Chapter
        cnn/convolution
    """
    require_axes("x", x, "batch, channels, height, width")
    channels = x.shape[1]
    kernel = jnp.asarray(SOBEL, x.dtype)
    both = jnp.tile(jnp.stack([kernel, kernel.T])[:, None], (channels, 1, 1, 1))
    slopes = conv2d(x, both, groups=channels)  # (batch, 2 · channels, ...), pair after pair
    horizontal, vertical = slopes[:, 0::2], slopes[:, 1::2]
    return horizontal, vertical, root(horizontal**2 + vertical**2)
