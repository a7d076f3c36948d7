"""Attention modules for convolutional networks."""

import jax
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, decays
from dl_lib.functional import (
    channel_attention,
    feature_attention,
    spatial_attention,
    squeeze_excitation,
)
from dl_lib.initializers import he_uniform, xavier_uniform
from dl_lib.layers.linear import Linear

__all__ = ["ChannelAttention", "FeatureAttention", "SpatialAttention", "SqueezeExcitation"]


class _Gate(Module):
    """A small network that every channel's gate comes from."""

    first: Linear
    second: Linear

    def __init__(
        self,
        channels: int,
        reduction: int = 16,
        *,
        key: Key[Array, ""],
        hidden: int | None = None,
    ):
        if hidden is None and not 1 <= reduction <= channels:
            raise ValueError(
                f"reduction must lie in 1..{channels}, the number of channels, got {reduction}"
            )
        hidden = channels // reduction if hidden is None else hidden
        keys = jax.random.split(key)
        self.first = Linear(channels, hidden, key=keys[0])
        self.second = Linear(hidden, channels, key=keys[1], initializer=xavier_uniform())

    def _arrays(self):
        return self.first.weight, self.second.weight, self.first.bias, self.second.bias


class SqueezeExcitation(_Gate):
    """Squeeze-and-excitation: a gate for each channel, from the means of all channels.

    Equation
        y_c = s_c x_c,  s = σ(relu(z W₁ + b₁) W₂ + b₂),  z = mean of x over height and width
    Args
        channels: of the images
        reduction: r; the network in between has ⌊channels / r⌋ units
        key: random key for the weights
        hidden: how many it has instead, whatever r is; None for ⌊channels / r⌋
    Returns
        a layer that keeps the shape of its input, (batch, channels, height, width)
    Raises
        ValueError: if r is not between 1 and the channels, or the channels of an input differ
    Source
        Hu, Shen & Sun 2018.
    Chapter
        modern_cnn/attention_modules
    """

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return squeeze_excitation(x, *self._arrays())


class ChannelAttention(_Gate):
    """The channel attention of CBAM: gates from means and maxima.

    Equation
        y_c = s_c x_c,  s = σ(f(mean of x) + f(max of x)),  f(z) = relu(z W₁ + b₁) W₂ + b₂
    Args
        channels: of the images
        reduction: r; the network in between has ⌊channels / r⌋ units
        key: random key for the weights
        hidden: how many it has instead, whatever r is; None for ⌊channels / r⌋
    Returns
        a layer that keeps the shape of its input, (batch, channels, height, width)
    Raises
        ValueError: if r is not between 1 and the channels, or the channels of an input differ
    Source
        Woo et al. 2018, equation 2.
    Chapter
        modern_cnn/attention_modules
    """

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return channel_attention(x, *self._arrays())


class SpatialAttention(Module):
    """The spatial attention of CBAM: a gate for each place.

    Equation
        y[c, i, j] = s[i, j] x[c, i, j],  s = σ(K ∗ [mean of x over c, max of x over c])
    Args
        kernel_size: side of K, odd
        key: random key for the kernel
    Returns
        a layer that keeps the shape of its input, (batch, channels, height, width)
    Raises
        ValueError: if the kernel's side is even
    Source
        Woo et al. 2018, equation 3.
    Chapter
        modern_cnn/attention_modules
    """

    weight: Float[Array, "one two kh kw"] = decays()

    def __init__(self, kernel_size: int = 7, *, key: Key[Array, ""]):
        if kernel_size % 2 == 0:
            raise ValueError(f"only a kernel of odd side keeps the size, got {kernel_size}")
        self.weight = he_uniform()(key, (1, 2, kernel_size, kernel_size))

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        return spatial_attention(x, self.weight)


class FeatureAttention(Module):
    """A gate for each feature, from all features of the same example.

    Equation
        y = σ(x W + b) ⊙ x
    Args
        features: size of the last axis of the input
        key: random key for the weights
    Returns
        a layer that keeps the shape of its input, (..., features)
    Raises
        ValueError: if the last axis of an input is not `features`
    Chapter
        modern_cnn/attention_modules
    """

    score: Linear

    def __init__(self, features: int, *, key: Key[Array, ""]):
        self.score = Linear(features, features, key=key, initializer=xavier_uniform())

    def __call__(self, x: Float[Array, "... features"], ctx: Context | None = None):
        return feature_attention(x, self.score(x))
