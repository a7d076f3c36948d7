"""Vision Transformer: an image is a sequence of patches, and an encoder reads it."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from dl_lib.core import Context, Module, edit, static
from dl_lib.functional import gelu
from dl_lib.layers import ClassToken, Linear, PatchEmbedding, PositionalEmbedding
from dl_lib.layers.dropout import drop_in_training
from dl_lib.models.transformer import TransformerEncoder

__all__ = ["VisionTransformer"]


class VisionTransformer(Module):
    """Patches and a token for the class, with learned positions, through an encoder (ViT).

    Equation
        z = [c; x₁ W; …; x_n W] + P,  y = encoder(z),  scores = y₀ W_h + b_h;  xᵢ the patches
    Args
        classes: how many numbers come out
        in_channels: of the images
        size: side of the images, which are square
        patch: side of a patch; divides the size
        width: d, of all vectors; the networks of the encoder have 4d hidden units
        heads: of each attention; divides the width
        depth: how many layers the encoder has
        key: random key for the parameters
        rate: probability of dropping, as in `TransformerEncoderLayer`, and an entry of z
        class_token: whether there is a c, whose vector answers; otherwise the mean of all does
    Returns
        a network that maps (batch, in_channels, size, size) to logits, (batch, classes)
    Raises
        ValueError: if the patches do not fill the images, an image is too large, or the heads do
            not divide the width
    Source
        Dosovitskiy et al. 2021. The defaults are ViT-B/16; ViT-L/16 has width=1024, heads=16 and
        depth=24. Differs: the head does not begin at zero.
    Chapter
        attention/vision_transformer
    """

    patches: PatchEmbedding
    class_token: ClassToken | None
    positions: PositionalEmbedding
    encoder: TransformerEncoder
    head: Linear
    rate: float = static()

    def __init__(
        self,
        classes: int = 1000,
        in_channels: int = 3,
        size: int = 224,
        patch: int = 16,
        width: int = 768,
        heads: int = 12,
        depth: int = 12,
        *,
        key: Key[Array, ""],
        rate: float = 0.0,
        class_token: bool = True,
    ):
        if size % patch:
            raise ValueError(f"patches of side {patch} do not fill images of side {size}")
        first, second, third, last = jax.random.split(key, 4)
        length = (size // patch) ** 2 + class_token
        options = {"activation": gelu, "norm_first": True, "rate": rate}
        encoder = TransformerEncoder(width, heads, 4 * width, depth, key=third, **options)
        self.patches = PatchEmbedding(in_channels, patch, width, key=first)
        self.class_token = ClassToken(width) if class_token else None
        self.positions = PositionalEmbedding(length, width, key=second)
        self.encoder = edit(encoder, {"*norm.eps": 1e-6})  # as the paper's code has it
        self.head = Linear(width, classes, key=last)
        self.rate = float(rate)

    def __call__(
        self, x: Float[Array, "batch channels height columns"], ctx: Context | None = None
    ):
        h = self.patches(x, ctx)  # (batch, patches, width)
        if self.class_token is not None:
            h = self.class_token(h, ctx)  # (batch, 1 + patches, width)
        h = drop_in_training(self.positions(h, ctx), self.rate, ctx)
        h = self.encoder(h, ctx)
        return self.head(jnp.mean(h, axis=1) if self.class_token is None else h[:, 0], ctx)
