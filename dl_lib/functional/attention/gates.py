"""Attention inside convolutional networks: channels and places are weighted by gates."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from dl_lib.functional.activations.rectifiers import relu
from dl_lib.functional.activations.sigmoid import sigmoid
from dl_lib.functional.activations.softmax import softmax
from dl_lib.functional.convolution.plain import conv2d
from dl_lib.functional.vectors.linear_maps import linear
from dl_lib.validation import require_axes

__all__ = ["channel_attention", "feature_attention", "spatial_attention", "squeeze_excitation"]

Images = Float[Array, "..."]  # (batch, channels, height, width)
LAYOUT = "batch, channels, height, width"
Weight = Float[Array, "..."]


def squeeze_excitation(
    x: Images, first: Weight, second: Weight, first_bias: Weight | None, second_bias: Weight | None
) -> Images:
    """Squeeze-and-excitation: a gate for each channel, from the means of all channels.

    Equation
        y_c = s_c x_c,  s = σ(relu(z W₁ + b₁) W₂ + b₂),  z = mean of x over height and width
    Args
        x: (batch, channels, height, width)
        first: W₁, (channels, hidden)
        second: W₂, (hidden, channels)
        first_bias: b₁, (hidden,); None for 0
        second_bias: b₂, (channels,); None for 0
    Returns
        same shape as `x`
    Raises
        ValueError: if the weights do not fit the channels
    Source
        Hu, Shen & Sun 2018, equations 2 to 4.
    Chapter
        modern_cnn/attention_modules
    """
    require_axes("x", x, LAYOUT)
    squeezed = jnp.mean(x, axis=(2, 3))
    hidden = relu(linear(squeezed, first, first_bias))
    return x * _gate(x, linear(hidden, second, second_bias))


def channel_attention(
    x: Images, first: Weight, second: Weight, first_bias: Weight | None, second_bias: Weight | None
) -> Images:
    """The channel attention of CBAM: as squeeze-and-excitation, from means and maxima.

    Equation
        y_c = s_c x_c,  s = σ(f(mean of x) + f(max of x)),  f(z) = relu(z W₁ + b₁) W₂ + b₂
    Args
        x: (batch, channels, height, width)
        first: W₁, (channels, hidden)
        second: W₂, (hidden, channels)
        first_bias: b₁, (hidden,); None for 0
        second_bias: b₂, (channels,); None for 0
    Returns
        same shape as `x`
    Raises
        ValueError: if the weights do not fit the channels
    Source
        Woo et al. 2018, equation 2. With the mean alone it is `squeeze_excitation`.
    Chapter
        modern_cnn/attention_modules
    """
    require_axes("x", x, LAYOUT)
    pooled = jnp.stack([jnp.mean(x, axis=(2, 3)), jnp.max(x, axis=(2, 3))])
    scores = linear(relu(linear(pooled, first, first_bias)), second, second_bias).sum(axis=0)
    return x * _gate(x, scores)


def spatial_attention(
    x: Images, weight: Float[Array, "one two kh kw"], bias: Weight | None = None
) -> Images:
    """The spatial attention of CBAM: a gate for each place, from the mean and maximum there.

    Equation
        y[c, i, j] = s[i, j] x[c, i, j],  s = σ(K ∗ [mean of x over c, max of x over c] + b)
    Args
        x: (batch, channels, height, width)
        weight: K, (1, 2, kh, kw); padding keeps the size
        bias: b, (1,); None for 0
    Returns
        same shape as `x`
    Raises
        ValueError: if the kernel is not of this shape
    Source
        Woo et al. 2018, equation 3.
    Chapter
        modern_cnn/attention_modules
    """
    if weight.shape[:2] != (1, 2):
        raise ValueError(f"the kernel must have shape (1, 2, kh, kw), got {weight.shape}")
    require_axes("x", x, LAYOUT)
    pooled = jnp.stack([jnp.mean(x, axis=1), jnp.max(x, axis=1)], axis=1)
    return x * sigmoid(conv2d(pooled, weight, bias, padding="same"))


def feature_attention(
    x: Float[Array, "..."], scores: Float[Array, "..."], gate: str = "sigmoid"
) -> Float[Array, "..."]:
    """Weight features by scores: each on its own, or against each other.

    Equation
        y = α ⊙ x,  α = σ(scores) or softmax(scores)
    Args
        x: features on the last axis
        scores: a shape that broadcasts to that of `x`
        gate: "sigmoid", or "softmax" over the last axis
    Returns
        same shape as `x`
    Raises
        ValueError: if the gate is neither, or the scores do not broadcast to x
    Chapter
        modern_cnn/attention_modules
    """
    gates = {"sigmoid": sigmoid, "softmax": softmax}
    if gate not in gates:
        raise ValueError(f'gate must be "sigmoid" or "softmax", got {gate!r}')
    y = gates[gate](scores) * x
    if y.shape != x.shape or scores.shape[-1:] != x.shape[-1:]:
        raise ValueError(f"scores of shape {scores.shape} do not broadcast to x {x.shape}")
    return y


def _gate(x, scores):
    """Scores of the channels as factors from 0 to 1 that fit the image."""
    if scores.shape != x.shape[:2]:
        raise ValueError(f"the weights give scores of shape {scores.shape} for x {x.shape}")
    return sigmoid(scores)[:, :, None, None]
