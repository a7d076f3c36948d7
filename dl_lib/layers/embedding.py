"""Vectors for tokens and patches."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from dl_lib.core import Context, Module, decays, static
from dl_lib.functional import take
from dl_lib.initializers import Initializer
from dl_lib.layers.linear import Linear
from dl_lib.validation import require_axes

__all__ = ["ClassToken", "Embedding", "PatchEmbedding"]


class Embedding(Module):
    """A learned vector for each number of a vocabulary.

    Equation
        yᵢ = W[idᵢ], the same as onehot(idᵢ) W;  times sqrt(d) if scaled
    Args
        vocabulary: how many ids there are
        width: d, length of each vector
        key: random key for the vectors
        padding: an id whose vector is 0 and stays 0; None for no such id
        scaled: multiply by sqrt(d), which gives entries of variance 1 at the beginning
        initializer: how W is drawn, `init(key, shape)`; None for N(0, 1/d)
    Returns
        a layer that maps integers of any shape to that shape and (d,); `layer.attend(x)` gives the
        scores x Wᵀ of all ids, for an output layer that shares the vectors
    Raises
        ValueError: if a known id is out of range; under jit its vector is NaN
    Chapter
        rnn/rnn
    """

    weight: Float[Array, "vocabulary width"] = decays()
    padding: int | None = static()
    scaled: bool = static()

    def __init__(
        self,
        vocabulary: int,
        width: int,
        *,
        key: Key[Array, ""],
        padding: int | None = None,
        scaled: bool = False,
        initializer: Initializer | None = None,
    ):
        if padding is not None and not 0 <= padding < vocabulary:
            raise ValueError(f"padding must lie in 0..{vocabulary - 1}, got {padding}")
        draw = initializer or jax.nn.initializers.normal(width**-0.5)
        self.weight = draw(key, (vocabulary, width))
        if padding is not None:
            self.weight = self.weight.at[padding].set(0)
        self.padding, self.scaled = padding, scaled

    def __call__(self, x: Int[Array, "..."], ctx: Context | None = None):
        y = take(self.weight, x)
        if self.padding is not None:  # zero whatever is stored, so that nothing is learned there
            y = jnp.where((x == self.padding)[..., None], 0, y)
        return y * self.weight.shape[1] ** 0.5 if self.scaled else y

    def attend(self, x: Float[Array, "... width"]) -> Float[Array, "... vocabulary"]:
        """Score every id by its dot product with x.

        Args
            x: (..., d)
        Returns
            (..., vocabulary)
        """
        return x @ self.weight.T


class PatchEmbedding(Module):
    """Cut images into patches and project each: a convolution whose stride is its kernel.

    Equation
        yᵢ = flatten(patchᵢ) W + b, patches row by row
    Args
        channels: of the image
        patch: side p of a patch
        width: of the vectors
        key: random key for the weights
    Returns
        a layer that maps (batch, channels, height, width) to (batch, height · width / p², width)
    Raises
        ValueError: if p does not divide height and width
    Source
        Dosovitskiy et al. 2021, equation 1.
    Chapter
        attention/vision_transformer
    """

    projection: Linear
    patch: int = static()

    def __init__(self, channels: int, patch: int, width: int, *, key: Key[Array, ""]):
        self.projection = Linear(channels * patch * patch, width, key=key)
        self.patch = patch

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        require_axes("x", x, "batch, channels, height, width")
        batch, channels, height, width = x.shape
        p = self.patch
        if height % p or width % p:
            raise ValueError(f"patches of side {p} do not fill an image of shape {x.shape}")
        rows, columns = height // p, width // p
        x = x.reshape(batch, channels, rows, p, columns, p).transpose(0, 2, 4, 1, 3, 5)
        return self.projection(x.reshape(batch, rows * columns, channels * p * p))


class ClassToken(Module):
    """Put a learned vector before each sequence, to gather what the class depends on.

    Equation
        Y = [c; x₁; …; x_T]
    Args
        width: of the vectors; the new one starts at zero
    Returns
        a layer that maps (batch, time, width) to (batch, 1 + time, width)
    Raises
        ValueError: if the widths differ
    Source
        Devlin et al. 2019; Dosovitskiy et al. 2021.
    Chapter
        attention/vision_transformer
    """

    weight: Float[Array, "width"]

    def __init__(self, width: int):
        self.weight = jnp.zeros(width)

    def __call__(self, x: Float[Array, "..."], ctx: Context | None = None):
        require_axes("x", x, "batch, time, width")
        if x.shape[-1] != self.weight.size:
            raise ValueError(f"x of shape {x.shape} must have width {self.weight.size}")
        token = jnp.broadcast_to(self.weight, (x.shape[0], 1, x.shape[2]))
        return jnp.concatenate([token, x], axis=1)
